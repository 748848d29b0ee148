//! PD8001: the password is sent in clear by PAP.

use crate::base::text::lossy;
use crate::model::auth::Credential;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD8001",
        name: "pap-cleartext",
        title: "Password sent in clear by PAP",
        severity: Warning,
        yields_to: [],
        page: "pd8001_pap_cleartext.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let attempts = c.calls.iter().flat_map(|call| &call.attempts);
    let mut sent =
        attempts.flat_map(|a| a.responses.iter().map(move |r| (a, r))).filter_map(|(a, r)| match r
            .credential
        {
            Credential::Password { length } => Some((a, r, length)),
            _ => None,
        });
    let (attempt, request, length) = sent.next()?;
    let user = lossy(&request.name);
    let sender = attempt.toward.receiver();
    Some(
        Hit::new(
            Certainty::Certain,
            format!("the password of \"{user}\" crosses the network in clear (PAP)"),
        )
        .detail(format!("The {sender} sent a PAP Authenticate-Request: user name and password ({length} octets) as they are. Whoever holds this capture, or listened on the path, can read it; this report does not print it."))
        .culprit(
            request.mark,
            format!("PAP Authenticate-Request, user \"{user}\", password of {length} octets"),
        ),
    )
}
