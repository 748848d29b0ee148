//! PD5001: one side requires encryption, the other has none.

use super::asked;
use super::ras_seen;
use super::says_encryption;
use super::stopped_at_encryption;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::auth::Method;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::negotiation::Reply;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD5001",
        name: "mppe-refused",
        title: "One side requires encryption, the other has none",
        severity: Fault,
        yields_to: ["PD5002", "PD5003", "PD5004"],
        page: "pd5001_mppe_refused.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = stopped_at_encryption(c)?;
    // Without key material encryption cannot start whatever both sides want.
    if call.attempt().is_some_and(|a| !a.method.gives_keys() && a.method != Method::None) {
        return None;
    }
    let (end, by) = c.closing()?;
    let refusal = Dir::BOTH.into_iter().find_map(|asker| refused(call, asker).map(|r| (asker, r)));
    let (asker, (mark, how)) = refusal?;
    if end.at - mark.at > LATER || (!says_encryption(call) && by != asker) {
        return None;
    }
    let wanted = asked(call, asker).first().map(ToString::to_string).unwrap_or_default();
    let (who, other) = (asker.sender(), asker.receiver());
    let said = call
        .terminate_texts()
        .next()
        .map(|(t, text)| format!(" The {} says \"{text}\".", t.dir.sender()))
        .unwrap_or_default();
    // What is missing may be the other's own request or Nak, which tell of a key length or a mode.
    let lacks = call.lacks_before(end);
    let certainty = if lacks { Certainty::Likely } else { Certainty::Certain };
    let mut hit = Hit::new(certainty, format!("the {who} requires encryption ({wanted}), the {other} refuses it"))
        .detail(format!("Authentication went well. The {who} asks for {wanted} in CCP; the {other} {how}, and the link is closed {} later.{said}", (end.at - mark.at).abs()))
        .frame_if(call.ccp.side(asker).requests.first().map(|r| r.mark), format!("the {who} asks for {wanted}"))
        .culprit(mark, format!("the {other} {how}"))
        .frame(end, format!("the {} ends the link", by.sender()))
        .explicit();
    if lacks {
        hit = hit.missing("A numbered GRE packet before the end of the link is not in this capture. If it belongs to CCP, the sides may differ over key length (PD5002) or mode (PD5003) alone.");
    }
    if let Some(text) = ras_seen(call) {
        hit = hit.saw(text);
    }
    Some(hit)
}

/// How the request of one side for encryption was turned down.
fn refused(call: &Call, asker: Dir) -> Option<(Mark, &'static str)> {
    if asked(call, asker).is_empty() {
        return None;
    }
    let reject = call
        .ccp
        .side(asker)
        .answered(Reply::Reject)
        .find(|a| Side::mppe_of(&a.options).is_some())
        .map(|a| (a.mark, "rejects the option"));
    let protocol = call
        .ccp
        .rejected
        .filter(|(_, by)| *by == asker.flip())
        .map(|(m, _)| (m, "rejects CCP as a whole"));
    let terminated = call
        .ccp
        .terminated
        .iter()
        .find(|(_, by)| *by == asker.flip())
        .filter(|_| call.ccp.opened().is_none())
        .map(|(m, _)| (*m, "terminates CCP"));
    reject.or(protocol).or(terminated)
}

/// The link is closed within this time of the refusal.
const LATER: Span = Span::from_secs(30);
