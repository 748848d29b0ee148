//! PD5006: Reset-Requests without end, stateful encryption over a lossy tunnel.

use super::agreed;
use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD5006",
        name: "mppe-reset-storm",
        title: "Continuous Reset-Requests (stateful mode over a lossy tunnel)",
        severity: Warning,
        yields_to: ["PD5005"],
        page: "pd5006_mppe_reset_storm.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Connected {
        return None;
    }
    Dir::BOTH.into_iter().find_map(|by| storm(c, call, by))
}

/// `by` receives damaged history and asks for resets.
fn storm(c: &Conversation, call: &Call, by: Dir) -> Option<Hit> {
    let mode = agreed(call, by.flip()).filter(|m| m.encrypts() && !m.stateless)?;
    let asked = u64::from(call.resets[by.index()]);
    let data = &call.data[by.flip().index()];
    let (first, last) = (data.first?, data.last?);
    let lasted = last.at - first.at;
    if asked < FEW || lasted < PHASE && asked < MANY {
        return None;
    }
    let often = asked * 20 >= data.wrapped;
    let frequent =
        i128::from(asked) * i128::from(Span::from_secs(60).0) >= 10 * i128::from(lasted.0);
    let gre = &call.gre[by.flip().index()];
    let lost = gre.missing + gre.late;
    // Where nothing is missing at the receiver's own side, loss is not the reason (PD5005).
    if !(often || frequent) || lost == 0 && c.point.is_at(by) {
        return None;
    }
    let (certainty, seen) = if lost > 0 {
        (
            Certainty::Certain,
            format!("{lost} GRE packets of the {} got lost or came late", by.receiver()),
        )
    } else {
        let text =
            format!("Packets of the {} get lost behind this point (inferred)", by.receiver());
        (Certainty::Likely, text)
    };
    let (who, other) = (by.sender(), by.receiver());
    Some(
        Hit::new(certainty, format!("{asked} Reset-Requests of the {who}: {mode} breaks at every lost packet"))
            .detail(format!("Stateful MPPE decrypts each packet with a state that all packets before it have made. {seen}; after each, the {who} has to ask for new tables and drops everything until they come: {asked} Reset-Requests for {} data packets in {lasted}. RFC 3078 advises stateless mode on such paths.", data.wrapped))
            .frame_if(call.ccp.opened(), format!("CCP agrees on {mode}"))
            .culprit(first, format!("first encrypted packet of the {other}"))
            .frame(last, "newest one"),
    )
}

/// Minimum of the data phase, unless resets come in numbers.
const PHASE: Span = Span::from_secs(60);
/// Fewer are no storm.
const FEW: u64 = 3;
/// So many need no minute to be one.
const MANY: u64 = 10;
