//! PD5002: no key length in common.

use super::asked;
use super::ras_seen;
use super::stopped_at_encryption;
use crate::base::addr::Dir;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::negotiation::Mppe;
use crate::model::negotiation::Reply;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD5002",
        name: "mppe-strength-mismatch",
        title: "No common key length",
        severity: Fault,
        yields_to: [],
        page: "pd5002_mppe_strength_mismatch.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = stopped_at_encryption(c)?;
    let (end, by) = c.closing()?;
    let [client, server] = Dir::BOTH.map(|d| wants(call, d));
    if client.is_empty() || server.is_empty() {
        return None;
    }
    let shared = client.iter().any(|a| server.iter().any(|b| a.shares_key_length(*b)));
    let agreed = Dir::BOTH.into_iter().any(|d| {
        call.ccp
            .side(d)
            .answered(Reply::Ack)
            .any(|a| Side::mppe_of(&a.options).is_some_and(Mppe::encrypts))
    });
    if shared || agreed {
        return None;
    }
    let say = |list: &[Mppe]| list.last().map(ToString::to_string).unwrap_or_default();
    let (c_wants, s_wants) = (say(&client), say(&server));
    let refusal = Dir::BOTH
        .into_iter()
        .flat_map(|d| &call.ccp.side(d).answers)
        .filter(|a| a.reply != Reply::Ack)
        .min_by_key(|a| a.mark.frame);
    let mut hit = Hit::new(Certainty::Certain, format!("no common key length: the client wants {c_wants}, the server {s_wants}"))
        .detail(format!("Both sides ask for encryption, but for different key lengths: the client {c_wants}, the server {s_wants}. Neither gives way, and the {} ends the link.", by.sender()))
        .frame_if(call.ccp.side(Dir::ToServer).requests.first().map(|r| r.mark), format!("the client asks for {c_wants}"))
        .frame_if(call.ccp.side(Dir::ToClient).requests.first().map(|r| r.mark), format!("the server asks for {s_wants}"));
    if let Some(a) = refusal {
        hit = hit.culprit(a.mark, "the other side's key length is refused");
    }
    hit = hit.frame(end, format!("the {} ends the link", by.sender())).explicit();
    if let Some(text) = ras_seen(call) {
        hit = hit.saw(text);
    }
    Some(hit)
}

/// Key lengths that a side asks for or suggests by Nak.
fn wants(call: &Call, dir: Dir) -> Vec<Mppe> {
    let mut all = asked(call, dir);
    let naks = call.ccp.side(dir.flip()).answered(Reply::Nak);
    all.extend(naks.filter_map(|a| Side::mppe_of(&a.options)).filter(|m| m.encrypts()));
    all
}
