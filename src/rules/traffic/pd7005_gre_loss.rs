//! PD7005: sequence numbers are missing at or before the capture point.

use super::loss;
use super::loss::Loss;
use super::percent;
use crate::base::addr::Dir;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::Severity;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD7005",
        name: "gre-loss",
        title: "Packet loss in the tunnel",
        severity: Warning,
        yields_to: ["PD7001"],
        page: "pd7005_gre_loss.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    let losses: Vec<Loss> = Dir::BOTH
        .into_iter()
        .filter_map(|dir| loss::before_here(c, call, dir))
        .filter(counts)
        .collect();
    let worst = losses.iter().max_by_key(|l| l.lost * 1000 / l.numbers)?;
    let at_receiver = losses.iter().all(|l| c.point.is_at(l.dir.flip()));
    let gaps = loss::capture_has_gaps(c);
    let certainty = match (gaps, at_receiver) {
        (true, _) => Certainty::Possible,
        (false, true) => Certainty::Certain,
        (false, false) => Certainty::Likely,
    };
    let mut hit = Hit::new(
        certainty,
        format!(
            "{} of the {}'s packets in the tunnel are lost ({} of {})",
            percent(worst.lost, worst.numbers),
            worst.dir.sender(),
            worst.lost,
            worst.numbers
        ),
    )
    .detail(detail(c, call, &losses));
    for l in &losses {
        let who = l.dir.sender();
        hit = hit
            .frame_if(l.first.before, format!("the {who}'s packet before the first hole"))
            .culprit(l.first.after, format!("the {who}'s next one: {} missing", l.first.length));
    }
    let heavy = worst.numbers >= MANY && worst.lost * 100 >= worst.numbers * HEAVY;
    if heavy && !gaps {
        hit.severity = Some(Severity::Fault);
    }
    if gaps {
        hit = hit.missing("The capture lacks octets of the control connection too, so it may have dropped these packets itself: capture again with a larger buffer.");
    } else if losses.len() == 1 {
        let other = worst.dir.flip();
        hit = hit.missing(format!(
            "Loss of what the {} sends shows at the {}'s side only: capture there too.",
            other.sender(),
            worst.dir.sender()
        ));
    }
    Some(hit)
}

/// Whether it is more than a stray packet.
fn counts(l: &Loss) -> bool {
    let share = if l.numbers >= MANY { 1 } else { HEAVY };
    l.numbers >= FEW && l.lost >= 5 && l.bursts >= 3 && l.lost * 100 >= l.numbers * share
}

fn detail(c: &Conversation, call: &Call, losses: &[Loss]) -> String {
    let mut text = Vec::new();
    for l in losses {
        text.push(format!(
            "Of {} packets that the {} numbered, {} never came to this point, in {} holes of at most {}.",
            l.numbers,
            l.dir.sender(),
            l.lost,
            l.bursts,
            l.longest
        ));
    }
    let repeated: u32 = call
        .lcp
        .sides
        .iter()
        .map(|s| s.request_count.saturating_sub(s.answer_count))
        .fold(0, u32::saturating_add);
    if repeated > 0 {
        text.push(format!(
            "While the link came up, {repeated} LCP requests stayed without an answer."
        ));
    }
    text.push(format!("None of the missing numbers was acknowledged by itself, so they are lost before this point, which lies {}.", c.point.place.words()));
    text.join(" ")
}

/// From so many numbers on, the catalogue's shares apply.
const MANY: u64 = 200;
/// Fewer tell nothing.
const FEW: u64 = 30;
/// Percent that make it a fault, and that a short capture must show.
const HEAVY: u64 = 5;
