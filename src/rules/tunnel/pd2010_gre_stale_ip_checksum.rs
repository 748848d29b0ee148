//! PD2010: GRE's outer IP header checksum is damaged on the way, and the receiver drops the packets.

use crate::base::addr::Dir;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::point::Place;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD2010",
        name: "gre-stale-ip-checksum",
        title: "GRE's outer IP header checksum is damaged on the way",
        severity: Fault,
        yields_to: [],
        page: "pd2010_gre_stale_ip_checksum.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if !matches!(c.stage, Stage::Link | Stage::Authentication) {
        return None;
    }
    Dir::BOTH.into_iter().find_map(|dir| damaged(c, call, dir))
}

fn damaged(c: &Conversation, call: &Call, dir: Dir) -> Option<Hit> {
    let d = call.gre[dir.index()].damage?;
    // What a capturing host sends itself has no checksum yet where the network card computes it.
    if d.count < 2 || d.right_after > 0 || c.point.is_at(dir) {
        return None;
    }
    let back = &call.gre[dir.flip().index()];
    let acked = back.highest_ack.map(|(ack, _)| ack);
    let certainty = match (d.last_right, acked) {
        (Some(right), Some(ack)) if ack == right => Certainty::Certain,
        // Acknowledged beyond: the receiver takes them, so the sum is wrong at this point only.
        (Some(right), Some(ack)) if ack.wrapping_sub(right) < HALF => return None,
        (None, Some(_)) => return None,
        (None, None) if c.point.place == Place::Unknown => return None,
        _ if call.lcp.side(dir.flip()).request_count >= 3 => Certainty::Likely,
        _ => return None,
    };
    let (who, other) = (dir.sender(), dir.receiver());
    let before = match d.last_right {
        Some(seq) => format!("up to GRE sequence number {seq} the sums were right"),
        None => "not one packet has a right sum".to_owned(),
    };
    let proof = if certainty == Certainty::Certain {
        format!(
            " The {other} acknowledges exactly up to the last right packet and drops the rest unread."
        )
    } else {
        format!(" The {other} goes on asking as if nothing had come.")
    };
    let asks = call.lcp.side(dir.flip()).last_request.map(|(m, _)| m);
    let mut hit = Hit::new(certainty, format!("the {who}'s GRE has a wrong IP header checksum: the {other} drops it unread"))
        .detail(format!("{} GRE packets of the {who} carry an IPv4 header checksum that does not add up; {before}. The packets have crossed a router already, so this is no checksum off-load of the capturing host: a device on the way changed the header and did not recompute the sum.{proof}", d.count))
        .frame_if(call.reply.map(|r| r.mark), "Outgoing-Call-Reply: the call is accepted")
        .culprit(d.first, "first GRE packet with a wrong header checksum")
        .frame_if(back.highest_ack.map(|(_, m)| m).filter(|_| certainty == Certainty::Certain), format!("the {other} acknowledges the last right packet, and nothing after"))
        .frame_if(asks, format!("the {other} still repeats its request"));
    if let Some((m, by)) = c.closing() {
        hit = hit.frame(m, format!("the {} gives up", by.sender()));
    }
    Some(hit.missing("A second capture before the device that is suspected shows the same packets with a right sum."))
}

/// Numbers that far ahead count as behind (RFC 1982).
const HALF: u32 = 0x8000_0000;
