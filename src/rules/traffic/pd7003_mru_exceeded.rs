//! PD7003: packets in the tunnel are larger than their receiver said it takes.

use crate::base::addr::Dir;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD7003",
        name: "mru-exceeded",
        title: "Frames larger than the negotiated MRU",
        severity: Warning,
        yields_to: [],
        page: "pd7003_mru_exceeded.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    Dir::BOTH.into_iter().find_map(|dir| exceeded(call, dir))
}

fn exceeded(call: &Call, dir: Dir) -> Option<Hit> {
    let data = &call.data[dir.index()];
    let over = data.oversized.filter(|d| d.count >= 3)?;
    let receiver = call.lcp.side(dir.flip());
    let mru = receiver.mru();
    let (who, whom) = (dir.sender(), dir.flip().sender());
    let hit = Hit::new(
        Certainty::Certain,
        format!("the {who} sends packets of up to {} octets; the {whom} takes {mru}", data.largest),
    )
    .detail(format!("In LCP the {whom} set a Maximum-Receive-Unit of {mru} and the {who} agreed. {} of its packets are larger, up to {} octets inside the tunnel, the four octets that MPPE adds not counted. The {whom} may drop them; then small packets pass and large ones do not.", over.count, data.largest))
    .frame_if(receiver.acked, format!("Configure-Ack of the {who} to an MRU of {mru}"))
    .culprit(over.first, "the first packet that is larger");
    Some(if over.last == over.first { hit } else { hit.frame(over.last, "the newest") })
}
