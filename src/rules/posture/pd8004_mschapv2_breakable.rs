//! PD8004: an MS-CHAPv2 handshake is in the capture; the password hash can be recovered from it.

use super::exchange::Exchange;
use crate::model::auth::Method;
use crate::model::conversation::Conversation;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD8004",
        name: "mschapv2-breakable",
        title: "MS-CHAPv2 handshake captured: recoverable offline",
        severity: Notice,
        yields_to: [],
        page: "pd8004_mschapv2_breakable.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let e = Exchange::by(c, &[Method::MsChapV2, Method::EapMsChapV2])?;
    let user = e.user();
    let mut hit = Hit::new(
        e.certainty(),
        format!("this capture is a secret: the password hash of \"{user}\" can be recovered from it"),
    )
    .detail("Challenge and Response of MS-CHAPv2 are in clear, outside any TLS. The Response is made by DES, and one search through 2⁵⁶ keys finds the password hash, however good the password is; with the hash the recorded data can be read too. This lies in the protocol, not in this network.")
    .frame(e.challenge.mark, "Challenge")
    .culprit(e.response.mark, format!("MS-CHAPv2 Response of \"{user}\""));
    hit.missing = e.missing();
    Some(hit)
}
