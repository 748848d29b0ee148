//! GRE packets → counters of a call.

use super::call::Call;
use super::call::Damage;
use super::call::Gre;
use super::gre_order::Order;
use super::traffic::Defects;
use super::traffic::Hole;
use super::traffic::Waiting;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::flow::GrePacket;
use crate::wire::gre::Packet;

/// Counts one packet; returns its place in the sequence of its sender.
pub(super) fn count(call: &mut Call, dir: Dir, gre: &GrePacket<'_>) -> Order {
    let GrePacket { seen, ref packet, .. } = *gre;
    let mark = Mark { at: seen.at, frame: seen.frame };
    let [up, down] = &mut call.gre;
    let (g, other) = if dir == Dir::ToServer { (up, down) } else { (down, up) };
    let series = &mut call.series;
    checksum(g, mark, gre.damaged);
    outside(g, gre, mark);
    let order = packet.seq.map_or(Order::Unnumbered, |seq| g.order.classify(seq));
    match packet.seq {
        None => g.acks_only += 1,
        Some(seq) => {
            let acked = other.highest_ack.map(|(ack, _)| ack);
            if series.waits() && super::ppp::carries_data(packet.payload) {
                series.begin(seen.at);
            }
            series.count(dir, seen.at, packet.payload_length);
            windowed(g, seq, acked, mark);
            match (order, number(g, seq, order, mark)) {
                (Order::Ahead { missing }, _) => {
                    series.skip(dir, seen.at, missing);
                    if acked.is_some_and(|ack| g.holes.hold(ack)) {
                        g.acked_unseen = g.acked_unseen.saturating_add(1);
                    }
                }
                (Order::Late { .. }, noticed) => series.found(dir, noticed.map(|m| m.at)),
                _ => {}
            }
            g.last_payload = Some(mark);
            wait(g, Waiting { seq, mark, octets: packet.payload_length });
        }
    }
    if let Some(ack) = packet.ack {
        // FFFFFFFF is what some senders put before anything was received.
        if ack != u32::MAX
            && g.highest_ack.is_none_or(|(h, _)| ack.wrapping_sub(h) < HALF && ack != h)
        {
            let before = g.highest_ack.map(|(h, _)| h);
            g.highest_ack = Some((ack, mark));
            if other.holes.hold(ack) {
                other.acked_unseen = other.acked_unseen.saturating_add(1);
            }
            release(other, before, seen.at);
        }
        acknowledge(other, ack, seen.at);
    }
    order
}

/// Counts what a packet of any kind shows: its size, its way, its defects.
fn outside(g: &mut Gre, gre: &GrePacket<'_>, mark: Mark) {
    let GrePacket { ref packet, cut, fragments, .. } = *gre;
    let ttl = gre.seen.ttl;
    g.packets += 1;
    g.octets += u64::from(packet.payload_length);
    g.first.get_or_insert(mark);
    g.last = Some(mark);
    g.cut += u64::from(cut);
    super::build::widen(&mut g.ttl, ttl);
    if let Some((first, ..)) = g.ttl {
        g.ttls.add(mark, ttl, first);
    }
    if fragments > 1 {
        g.fragmented += 1;
        g.first_fragmented.get_or_insert(mark);
    }
    let announced = usize::from(packet.payload_length);
    if !cut && announced > packet.payload.len() || packet.seq.is_none() && announced > 0 {
        Defects::count(&mut g.lies, mark);
    }
    if g.path_mtu.is_some_and(|mtu| outer(packet) > mtu) {
        Defects::count(&mut g.over_mtu, mark);
    }
}

/// Notes whether the IP header checksum of a packet was right; before it is counted.
fn checksum(g: &mut Gre, mark: Mark, damaged: bool) {
    match &mut g.damage {
        Some(d) if damaged => d.count += 1,
        Some(d) => d.right_after += 1,
        None if damaged => {
            let last_right = g.seqs.map(|(_, high)| high);
            g.damage = Some(Damage { first: mark, count: 1, right_after: 0, last_right });
        }
        None => {}
    }
}

/// Returns, of a packet that came late, the one that first showed its number missing, if that was kept.
fn number(g: &mut Gre, seq: u32, order: Order, mark: Mark) -> Option<Mark> {
    let mut noticed = None;
    match order {
        Order::Unnumbered | Order::Next => {}
        Order::First => g.seqs = Some((seq, seq)),
        Order::Ahead { missing } => {
            g.missing += u64::from(missing);
            let first = seq.wrapping_sub(missing);
            g.holes.open(Hole { first, length: missing, before: g.last_payload, after: mark });
        }
        Order::Late { by } => {
            g.late += 1;
            noticed = g.holes.fill(seq);
            let furthest = g.overtaken.get_or_insert((mark, by));
            furthest.1 = furthest.1.max(by);
            g.missing = g.missing.saturating_sub(1);
        }
        Order::Repeated => g.repeated += 1,
        Order::Restart => {
            g.missing = 0;
            g.holes.0.clear();
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
    noticed
}

fn wait(g: &mut Gre, packet: Waiting) {
    if g.waiting.len() >= WAITING {
        let oldest = g.waiting.remove(0);
        if packet.mark.at - oldest.mark.at >= patience(g) {
            g.unheard.add(oldest.mark, oldest.octets);
        }
    }
    g.waiting.push(packet);
}

fn acknowledge(g: &mut Gre, ack: u32, at: Timestamp) {
    // Only the packet that the acknowledgment names tells a time; those before it may have waited.
    let named = g.waiting.iter().find(|w| w.seq == ack).map(|w| at - w.mark.at);
    if let Some(trip) = named.filter(|t| t.0 >= 0) {
        g.shortest_trip = Some(g.shortest_trip.map_or(trip, |s| s.min(trip)));
    }
    let patience = patience(g);
    let Gre { waiting, heard, unheard, .. } = g;
    waiting.retain(|w| {
        let covered = ack.wrapping_sub(w.seq) < HALF;
        if covered && at - w.mark.at >= patience {
            unheard.add(w.mark, w.octets);
        } else if w.seq == ack {
            heard.add(w.mark, w.octets);
        }
        !covered
    });
}

/// How long a receiver may take to acknowledge: several round trips, and delayed acknowledgments.
fn patience(g: &Gre) -> Span {
    Span(g.shortest_trip.map_or(0, |s| s.0.saturating_mul(4)).max(PATIENCE.0))
}

/// Notes whether a packet had waited for the window, or went out beyond it.
fn windowed(g: &mut Gre, seq: u32, acked: Option<u32>, mark: Mark) {
    let (Some(size), Some(acked)) = (g.window.size, acked) else { return };
    let outstanding = seq.wrapping_sub(acked).wrapping_sub(1);
    if outstanding >= u32::from(size) && outstanding < HALF {
        g.window.beyond = g.window.beyond.saturating_add(1);
    }
    let Some(released) = g.window.released.take() else { return };
    let Some(last) = g.last_payload else { return };
    let paused = released - last.at;
    if mark.at - released <= PROMPT && paused >= PAUSE {
        g.window.stalls = g.window.stalls.saturating_add(1);
        g.window.stalled = Span(g.window.stalled.0.saturating_add(paused.0));
        g.window.first.get_or_insert(mark);
    }
}

/// An acknowledgment came: was the window full before it?
fn release(g: &mut Gre, acked_before: Option<u32>, at: Timestamp) {
    let (Some(size), Some(before), Some((_, high))) = (g.window.size, acked_before, g.seqs) else {
        return;
    };
    let outstanding = high.wrapping_sub(before);
    g.window.released = (outstanding >= u32::from(size) && outstanding < HALF).then_some(at);
}

/// Octets of the IP packet, taken to be IPv4 without options.
fn outer(packet: &Packet<'_>) -> u32 {
    let numbers = u32::from(packet.seq.is_some()) + u32::from(packet.ack.is_some());
    IP_AND_GRE + 4 * numbers + u32::from(packet.payload_length)
}

/// Numbers that far ahead count as behind (RFC 1982).
const HALF: u32 = 0x8000_0000;
/// Packets whose acknowledgment is awaited at one time.
const WAITING: usize = 16;
/// A packet that nothing acknowledged for this long did not arrive: acknowledgments are delayed by half
/// a second and less.
const PATIENCE: Span = Span::from_secs(2);
/// A packet this soon after an acknowledgment was waiting for it.
const PROMPT: Span = Span::from_millis(5);
/// A shorter pause is no wait.
const PAUSE: Span = Span::from_millis(20);
/// Octets of an IPv4 header and of the fixed part of enhanced GRE.
const IP_AND_GRE: u32 = 28;
