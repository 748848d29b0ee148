//! PD8006: MPPE with 40 or 56 bits, in stateful mode, or compression alone.

use crate::base::addr::Dir;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::negotiation::Mppe;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD8006",
        name: "weak-mppe",
        title: "40/56-bit or stateful MPPE",
        severity: Warning,
        yields_to: [],
        page: "pd8006_weak_mppe.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    c.calls.iter().find_map(of_call)
}

fn of_call(call: &Call) -> Option<Hit> {
    call.ccp.opened()?;
    let weak = Dir::BOTH.map(|dir| {
        // What is sent in a direction is what its receiver asked for and its sender acknowledged.
        let side = call.ccp.side(dir.flip());
        let mppe = Side::mppe_of(&side.agreed)?;
        weakness(mppe).map(|w| (dir, mppe, w, side.acked))
    });
    let found: Vec<_> = weak.into_iter().flatten().collect();
    let (_, mppe, words, _) = found.first()?;
    let both = found.len() == 2 && found.iter().all(|(_, m, ..)| m == mppe);
    let told: Vec<String> = if both {
        vec![format!("both directions use {mppe}")]
    } else {
        let one =
            |(dir, m, ..): &(Dir, Mppe, _, _)| format!("data to the {} uses {m}", dir.receiver());
        found.iter().map(one).collect()
    };
    let mut hit = Hit::new(Certainty::Certain, format!("weak encryption: {mppe}"))
        .detail(format!("By the Configure-Acks of CCP {}. {words}", told.join(", ")));
    for (dir, mppe, _, acked) in &found {
        if let Some(mark) = acked {
            hit = hit.culprit(*mark, format!("the {} acknowledges {mppe}", dir.sender()));
        }
    }
    Some(hit)
}

/// Why a set of agreed bits is weak; `None`: 128 bits, stateless.
const fn weakness(m: Mppe) -> Option<&'static str> {
    match (m.strongest(), m.stateless) {
        (None, _) if m.compression => Some("That is compression alone: nothing is encrypted."),
        (Some(40), _) => Some("40 bits are searched through in little time on any computer."),
        (Some(56), _) => Some("56 bits are searched through on hired hardware."),
        (Some(_), false) => Some(
            "In stateful mode each lost packet costs those after it until a Reset, and keys change only every 256 packets.",
        ),
        _ => None,
    }
}
