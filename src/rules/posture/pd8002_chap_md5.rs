//! PD8002: CHAP-MD5 is used.

use super::exchange::Exchange;
use crate::model::auth::Method;
use crate::model::conversation::Conversation;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD8002",
        name: "chap-md5",
        title: "CHAP-MD5 used (no MPPE possible, offline guessing)",
        severity: Warning,
        yields_to: [],
        page: "pd8002_chap_md5.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let e = Exchange::by(c, &[Method::ChapMd5])?;
    let user = e.user();
    let mut hit = Hit::new(
        e.certainty(),
        format!("user \"{user}\" authenticates by CHAP-MD5: no keys for encryption, and open to guessing"),
    )
    .detail(format!("The {} answered a CHAP-MD5 Challenge. The method yields no keys, so MPPE cannot follow. Challenge and Response are in clear: whoever has them tries passwords offline, as fast as MD5 runs.", e.prover()))
    .frame(e.challenge.mark, "Challenge")
    .culprit(e.response.mark, format!("CHAP-MD5 Response of \"{user}\""));
    hit.missing = e.missing();
    Some(hit)
}
