//! PD9004: PPP control packets whose lengths contradict themselves.

use super::severity;
use crate::base::addr::Dir;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD9004",
        name: "malformed-ppp-control",
        title: "LCP, CHAP, CCP or IPCP packet malformed",
        severity: Fault,
        yields_to: ["PD9003"],
        page: "pd9004_malformed_ppp_control.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    c.calls.iter().find_map(|call| malformed(c, call))
}

fn malformed(c: &Conversation, call: &Call) -> Option<Hit> {
    let (dir, d) = Dir::BOTH
        .into_iter()
        .filter_map(|dir| Some((dir, call.malformed[dir.index()]?)))
        .min_by_key(|(_, d)| d.first.frame)?;
    let who = dir.sender();
    let both: u32 = call.malformed.iter().flatten().map(|d| d.count).fold(0, u32::saturating_add);
    let what = call.malformed_what;
    let origin = if call.malformed.iter().all(Option::is_some) {
        "Both sides' packets are concerned, so something on the path damages them rather than one peer's software."
    } else {
        "Only packets of this side are concerned: its software, or the path in this direction."
    };
    let mut hit = Hit::new(
        Certainty::Certain,
        format!("{both} PPP control packets cannot be read: {what} from the {who}"),
    )
    .detail(format!("The first is {what}, sent by the {who}; {both} in all. The capture holds them whole. A receiver drops such a packet without a word (RFC 1661 §5), so the negotiation waits for its repetition. {origin}"))
    .culprit(d.first, what);
    if d.last != d.first {
        hit = hit.frame(d.last, "the newest of them");
    }
    hit.severity = Some(severity(c, d.first, d.last));
    Some(hit.missing("A capture at the other end, taken at the same time, tells a damaged path from a broken sender."))
}
