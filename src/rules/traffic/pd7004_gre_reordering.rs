//! PD7004: GRE packets overtake each other on the path.

use super::percent;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::Severity;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD7004",
        name: "gre-reordering",
        title: "GRE packets arrive out of order",
        severity: Warning,
        yields_to: [],
        page: "pd7004_gre_reordering.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    Dir::BOTH.into_iter().find_map(|dir| overtaken(c, call, dir))
}

fn overtaken(c: &Conversation, call: &Call, dir: Dir) -> Option<Hit> {
    let g = &call.gre[dir.index()];
    let (first, by) = g.overtaken?;
    let numbered = g.packets - g.acks_only;
    // A number acknowledged before it shows here was on time: the capture mixed the order up.
    let artefact = u64::from(g.acked_unseen) * 4 > g.late;
    if c.point.is_at(dir) || artefact {
        return None;
    }
    let many = g.late * 1000 >= numbers_needed(numbered)?.saturating_mul(numbered);
    let setup = in_setup(c, call, dir, first);
    if !(many && g.late >= 3 || setup) {
        return None;
    }
    let who = dir.sender();
    let certainty = if c.point.is_at(dir.flip()) { Certainty::Certain } else { Certainty::Likely };
    let consequence = if setup {
        " It happened while the link came up, where a late packet can start a negotiation or an authentication over."
    } else {
        " A receiver may drop what comes late (RFC 2637 §4.3); stateful MPPE then asks for a reset."
    };
    let mut hit = Hit::new(
        certainty,
        format!("{} of the {who}'s {numbered} packets come out of order", g.late),
    )
    .detail(format!("{} of the {who}'s packets ({}) were overtaken by later ones, by {by} at most; {} numbers never came.{consequence}", g.late, percent(g.late, numbered), g.missing))
    .culprit(first, format!("the {who}'s first packet that was overtaken"));
    if !many {
        hit.severity = Some(Severity::Notice);
    }
    if certainty < Certainty::Certain {
        hit = hit.missing(format!(
            "The order that counts is the one at the {}: capture there.",
            dir.flip().sender()
        ));
    }
    Some(hit)
}

/// Late packets of a thousand that count, by how many were seen; `None` where they are too few.
fn numbers_needed(numbered: u64) -> Option<u64> {
    match numbered {
        500.. => Some(5),
        30.. => Some(50),
        1.. => Some(1000),
        0 => None,
    }
}

/// The first one was overtaken before any user data, in a conversation that did not connect.
fn in_setup(c: &Conversation, call: &Call, dir: Dir, first: Mark) -> bool {
    let data = call.data[dir.index()].first;
    c.stage < Stage::Connected && data.is_none_or(|m| first.frame < m.frame)
}
