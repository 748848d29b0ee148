//! PD8003: MS-CHAPv1 is used.

use super::exchange::Exchange;
use crate::model::auth::Credential;
use crate::model::auth::Method;
use crate::model::conversation::Conversation;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD8003",
        name: "mschapv1",
        title: "MS-CHAPv1 used; LM response and weak change-password exposed",
        severity: Warning,
        yields_to: [],
        page: "pd8003_mschapv1.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let e = Exchange::by(c, &[Method::MsChapV1])?;
    let user = e.user();
    let lm = e
        .attempt
        .responses
        .iter()
        .find(|r| matches!(r.credential, Credential::MsChapV1 { lm_present: true, .. }));
    let (also, how) = match lm {
        Some(_) => (
            ", with the LM response",
            " The Response holds the LM response too: from it the password comes out in two halves of seven characters, without regard to case.",
        ),
        None => ("", " The LM response is left out, which is the better half."),
    };
    let changed = match e.attempt.password_change {
        Some(_) => {
            " A password change was sent as well; the old form of it hands the hashes over (RFC 2433 §9)."
        }
        None => "",
    };
    let response = lm.unwrap_or(e.response);
    let mut hit = Hit::new(
        e.certainty(),
        format!("user \"{user}\" authenticates by MS-CHAPv1{also}"),
    )
    .detail(format!("The {} answered an MS-CHAPv1 Challenge. The server does not prove itself, and MPPE gets one key for both directions; keys of 40 and 56 bits are the same in every session.{how}{changed}", e.prover()))
    .frame(e.challenge.mark, "Challenge of 8 octets")
    .culprit(response.mark, format!("MS-CHAPv1 Response of \"{user}\"{also}"))
    .frame_if(e.attempt.password_change, "change of the password");
    hit.missing = e.missing();
    Some(hit)
}
