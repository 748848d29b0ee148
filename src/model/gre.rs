//! GRE packets → counters of a call.

use super::call::Call;
use super::call::Damage;
use super::call::Gre;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Timestamp;
use crate::flow::Seen;
use crate::flow::gre_order::Order;
use crate::wire::gre::Packet;

/// Counts one packet.
pub(super) fn count(
    call: &mut Call,
    dir: Dir,
    seen: Seen,
    packet: &Packet<'_>,
    order: Order,
    cut: bool,
    fragments: u16,
) {
    let mark = Mark { at: seen.at, frame: seen.frame };
    let g = &mut call.gre[dir.index()];
    g.packets += 1;
    g.octets += u64::from(packet.payload_length);
    g.first.get_or_insert(mark);
    g.last = Some(mark);
    g.cut += u64::from(cut);
    g.fragmented += u64::from(fragments > 1);
    super::build::widen(&mut g.ttl, seen.ttl);
    match packet.seq {
        None => g.acks_only += 1,
        Some(seq) => {
            g.last_payload = Some(mark);
            number(g, seq, order);
            wait(g, seq, seen.at);
        }
    }
    if let Some(ack) = packet.ack {
        // FFFFFFFF is what some senders put before anything was received.
        if ack != u32::MAX
            && g.highest_ack.is_none_or(|(h, _)| ack.wrapping_sub(h) < HALF && ack != h)
        {
            g.highest_ack = Some((ack, mark));
        }
        acknowledge(&mut call.gre[dir.flip().index()], ack, seen.at);
    }
}

/// Notes whether the IP header checksum of a packet was right; call it before [`count`].
pub(super) fn checksum(call: &mut Call, dir: Dir, seen: Seen, damaged: bool) {
    let g = &mut call.gre[dir.index()];
    let last_right = g.seqs.map(|(_, high)| high);
    match &mut g.damage {
        Some(d) if damaged => d.count += 1,
        Some(d) => d.right_after += 1,
        None if damaged => {
            let first = Mark { at: seen.at, frame: seen.frame };
            g.damage = Some(Damage { first, count: 1, right_after: 0, last_right });
        }
        None => {}
    }
}

fn number(g: &mut Gre, seq: u32, order: Order) {
    match order {
        Order::Unnumbered | Order::Next => {}
        Order::First => g.seqs = Some((seq, seq)),
        Order::Ahead { missing } => g.missing += u64::from(missing),
        Order::Late { .. } => {
            g.late += 1;
            g.missing = g.missing.saturating_sub(1);
        }
        Order::Repeated => g.repeated += 1,
        Order::Restart => {
            g.missing = 0;
            g.seqs = Some((seq, seq));
        }
    }
    if let Some((_, high)) = &mut g.seqs {
        if seq.wrapping_sub(*high) < HALF {
            *high = seq;
        }
    } else {
        g.seqs = Some((seq, seq));
    }
}

fn wait(g: &mut Gre, seq: u32, at: Timestamp) {
    if g.waiting.len() >= WAITING {
        g.waiting.remove(0);
    }
    g.waiting.push((seq, at));
}

fn acknowledge(g: &mut Gre, ack: u32, at: Timestamp) {
    // Only the packet that the acknowledgment names tells a time; those before it may have waited.
    let named = g.waiting.iter().find(|(seq, _)| *seq == ack).map(|(_, sent)| at - *sent);
    if let Some(trip) = named.filter(|t| t.0 >= 0) {
        g.shortest_trip = Some(g.shortest_trip.map_or(trip, |s| s.min(trip)));
    }
    g.waiting.retain(|(seq, _)| ack.wrapping_sub(*seq) >= HALF);
}

/// Numbers that far ahead count as behind (RFC 1982).
const HALF: u32 = 0x8000_0000;
/// Packets whose acknowledgment is awaited at one time.
const WAITING: usize = 16;
