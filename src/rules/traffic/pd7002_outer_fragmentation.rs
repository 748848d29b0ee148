//! PD7002: tunnel packets travel in IP fragments.

use super::percent;
use crate::base::addr::Dir;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD7002",
        name: "outer-fragmentation",
        title: "Tunnel packets are fragmented",
        severity: Warning,
        yields_to: [],
        page: "pd7002_outer_fragmentation.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    let fragmented: Vec<Dir> = Dir::BOTH
        .into_iter()
        .filter(|d| {
            let g = &call.gre[d.index()];
            g.fragmented >= MANY && g.fragmented * 100 >= g.packets
        })
        .collect();
    let share = |d: Dir| {
        let g = &call.gre[d.index()];
        format!(
            "{} of the {}'s {} packets ({})",
            g.fragmented,
            d.sender(),
            g.packets,
            percent(g.fragmented, g.packets)
        )
    };
    let said: Vec<String> = fragmented.iter().map(|d| share(*d)).collect();
    let first = *fragmented.first()?;
    let where_ = if fragmented.iter().any(|d| c.point.is_at(*d)) {
        "On the sender's own side they are fragmented already: its host or tunnel makes packets larger than its own interface carries."
    } else {
        "A router before this point, or the sender itself, cuts them up."
    };
    let mut hit = Hit::new(
        Certainty::Certain,
        format!("tunnel packets come in IP fragments: {}", said.join(", ")),
    )
    .detail(format!("{} had to be put together from IP fragments; those counted here arrived whole. {where_} Each lost fragment costs the whole packet, and many firewalls drop fragments of GRE.", said.join(" and ")));
    for d in fragmented {
        let mark = call.gre[d.index()].first_fragmented;
        let text = format!("last fragment of the {}'s first packet in pieces", d.sender());
        hit = match mark {
            Some(m) if d == first => hit.culprit(m, text),
            m => hit.frame_if(m, text),
        };
    }
    Some(hit)
}

/// Packets in two fragments at least: ten fragments of the catalogue.
const MANY: u64 = 5;
