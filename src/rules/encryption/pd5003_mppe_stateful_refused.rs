//! PD5003: both sides encrypt, but disagree over stateful mode.

use super::asked;
use super::ras_seen;
use super::says_encryption;
use super::stopped_at_encryption;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::negotiation::Answer;
use crate::model::negotiation::Mppe;
use crate::model::negotiation::Reply;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD5003",
        name: "mppe-stateful-refused",
        title: "Disagreement over stateful mode",
        severity: Fault,
        yields_to: ["PD5004"],
        page: "pd5003_mppe_stateful_refused.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = stopped_at_encryption(c)?;
    let (end, by) = c.closing()?;
    let opened = call.ccp.opened().is_some();
    let asker = Dir::BOTH.into_iter().find(|d| !opened && only_stateful(call, *d))?;
    let (who, other) = (asker.sender(), asker.receiver());
    let side = call.ccp.side(asker);
    let wanted = *asked(call, asker).last()?;
    // The refuser can encrypt with that key length, in the other mode: so the mode is what divides them.
    let counter = offers_stateless(call, asker.flip(), wanted)?;
    let refusal = refusal(side, wanted);
    let (mark, how, certainty) = match refusal {
        Some((mark, how)) if (end.at - mark.at).abs() <= LATER => (mark, how, Certainty::Certain),
        // Whatever the refuser answered is not in the capture, but it says that CCP failed.
        None if says_encryption(call) => (end, "closes over encryption", Certainty::Likely),
        _ => return None,
    };
    let mut hit = Hit::new(certainty, format!("the {who} wants stateful MPPE, the {other} accepts stateless only"))
        .detail(format!("The {who} asks for {wanted}, the {other} for {counter}: the key length fits, the mode does not. The {other} {how}, the {who} never offers stateless mode, and the {} ends the link.", by.sender()))
        .frame_if(side.requests.first().map(|r| r.mark), format!("the {who} asks for {wanted}"))
        .frame_if(call.ccp.side(asker.flip()).requests.first().map(|r| r.mark), format!("the {other} asks in turn"))
        .culprit(mark, format!("the {other} {how}"));
    if end != mark {
        hit = hit.frame(end, format!("the {} ends the link", by.sender()));
    }
    hit.evidence.sort_by_key(|e| e.mark);
    if let Some(text) = ras_seen(call) {
        hit = hit.saw(text);
    }
    Some(hit.explicit())
}

/// Every request for encryption of this side leaves the stateless bit out.
fn only_stateful(call: &Call, dir: Dir) -> bool {
    let all = asked(call, dir);
    !all.is_empty() && all.iter().all(|m| !m.stateless)
}

/// What a side asks for, or suggests by Nak, in stateless mode with a key length of `wanted`.
fn offers_stateless(call: &Call, dir: Dir, wanted: Mppe) -> Option<Mppe> {
    let naks = call.ccp.side(dir.flip()).answered(Reply::Nak);
    let suggested = naks.filter_map(|a| Side::mppe_of(&a.options));
    asked(call, dir)
        .into_iter()
        .chain(suggested)
        .find(|m| m.stateless && m.shares_key_length(wanted))
}

/// A Reject of the stateful option, or a Nak with the stateless bit that changed nothing.
fn refusal(side: &Side, wanted: Mppe) -> Option<(Mark, &'static str)> {
    let fits = |a: &&Answer, stateless: bool| {
        Side::mppe_of(&a.options)
            .is_some_and(|m| m.stateless == stateless && m.shares_key_length(wanted))
    };
    if let Some(a) = side.answered(Reply::Reject).find(|a| fits(a, false)) {
        return Some((a.mark, "rejects the stateful option"));
    }
    let nak = side.answered(Reply::Nak).find(|a| fits(a, true))?;
    let again = side.requests.iter().filter(|r| r.mark > nak.mark).count();
    (again >= 2).then_some((nak.mark, "asks for stateless mode (Nak), in vain"))
}

/// The link is closed within this time of the refusal.
const LATER: Span = Span::from_secs(30);
