//! TCP of the control connection: who opened it, and each direction's octets in order.
//!
//! Overlaps are cut, retransmissions recognised, segments out of order held within bounds. A gap is
//! given up when the receiver has acknowledged past it (then it is the capture that lacks it), when too
//! much is held, or at the end.

use etherparse::TcpSlice;

use super::checksum;
use super::checksum::Checksum;
use super::control::{Framed, Framer};
use super::{ConnectionId, Item, Seen, Segment};
use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::limits;
use crate::base::map::Map;
use crate::base::time::Timestamp;
use crate::link::Datagram;
use crate::wire::pptp;

/// Flags of a segment that matter here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Flags {
    pub syn: bool,
    pub ack: bool,
    pub fin: bool,
    pub rst: bool,
}

/// All control connections of a capture.
#[derive(Debug)]
pub struct Connections {
    ports: Vec<u16>,
    open: Map<(Endpoint, Endpoint), Connection>,
    /// The newest use of those pairs of endpoints that were used again. One that was dropped from `open` in
    /// the middle goes on under its old serial.
    serials: Map<(Endpoint, Endpoint), u32>,
    /// Octets held out of order, all connections together.
    held: usize,
    /// The checksum of some segment was right.
    sound: bool,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    /// Initial sequence number of the client, to tell a repeated or late SYN from a new connection: that of
    /// the SYN, or what the first segment of all implies.
    initial: Option<u32>,
    streams: [Stream; 2],
    last: Seen,
    used: u64,
    /// Whether the checksum of some segment was right, by direction.
    sound: [bool; 2],
}

#[derive(Debug, Default)]
struct Stream {
    /// Sequence number of the octet expected next.
    next: Option<u32>,
    held: Vec<Held>,
    held_octets: usize,
    framer: Framer,
    any: bool,
    fin: Option<u32>,
}

#[derive(Debug)]
struct Held {
    seq: u32,
    octets: Vec<u8>,
    /// Octets on the wire.
    length: u32,
    seen: Seen,
}

impl Held {
    /// The sequence number behind it.
    fn end(&self) -> u32 {
        self.seq.wrapping_add(self.length)
    }
}

impl Connections {
    pub(super) fn new(ports: &[u16]) -> Self {
        let mut all = vec![CONTROL_PORT];
        all.extend_from_slice(ports);
        let (open, serials) = (Map::default(), Map::default());
        Self { ports: all, open, serials, held: 0, sound: false }
    }

    pub(super) fn push(&mut self, d: &Datagram<'_>, seen: Seen, sink: &mut impl FnMut(Item<'_>)) {
        let Ok(tcp) = TcpSlice::from_slice(d.payload) else { return };
        let from = Endpoint { addr: d.src, port: tcp.source_port() };
        let to = Endpoint { addr: d.dst, port: tcp.destination_port() };
        let flags = Flags { syn: tcp.syn(), ack: tcp.ack(), fin: tcp.fin(), rst: tcp.rst() };
        let octets = tcp.payload();
        let header = d.payload.len() - octets.len();
        let length = u32::try_from(d.announced.saturating_sub(header)).unwrap_or(0);

        let key = if from <= to { (from, to) } else { (to, from) };
        let checksum =
            if d.is_cut() { Checksum::Unset } else { checksum::of_tcp(d.src, d.dst, d.payload) };
        if checksum == Checksum::Wrong && self.discards(key, from, seen, sink) {
            return;
        }
        self.sound |= checksum == Checksum::Right;
        let opens = flags.syn && !flags.ack;
        let begins_anew = match self.open.get(&key) {
            None => true,
            Some(c) => {
                opens
                    && (c.initial.is_some_and(|i| i != tcp.sequence_number())
                        || (c.initial.is_none() && c.used > 0))
            }
        };
        if begins_anew {
            let mut serial = self.serials.get(&key).copied().unwrap_or(0);
            if let Some(mut old) = self.open.remove(&key) {
                self.held -= old.held();
                old.flush(sink);
                serial += 1;
                self.serials.insert(key, serial);
            }
            if self.open.len() == limits::GROWS_TO {
                self.open.reserve(limits::TCP_CONNECTIONS - limits::GROWS_TO);
            }
            if self.open.len() >= limits::TCP_CONNECTIONS {
                self.evict(sink);
            }
            let (client, server) = self.orient(from, to, flags, octets);
            let id = ConnectionId { client, server, serial };
            let streams = [Stream::default(), Stream::default()];
            let (last, sound) = (seen, [false; 2]);
            let new = Connection { id, initial: None, streams, last, used: 0, sound };
            self.open.insert(key, new);
        }
        let Some(connection) = self.open.get_mut(&key) else { return };
        let dir = if from == connection.id.client { Dir::ToServer } else { Dir::ToClient };
        connection.sound[dir.index()] |= checksum == Checksum::Right;
        if opens {
            connection.initial = Some(tcp.sequence_number());
        } else if connection.used == 0 {
            // A capture may have the SYN behind what follows it: it is the octet before the first one.
            let first = match dir {
                Dir::ToServer => Some(tcp.sequence_number()),
                Dir::ToClient => flags.ack.then(|| tcp.acknowledgment_number()),
            };
            connection.initial = first.map(|f| f.wrapping_sub(1));
        }
        let acked = flags.ack.then(|| tcp.acknowledgment_number());
        let before = connection.held();
        connection.segment(dir, seen, flags, tcp.sequence_number(), acked, octets, length, sink);
        self.held = self.held - before + connection.held();
        if self.held > limits::TCP_HELD_TOTAL {
            // Nobody needs that much: its gaps will not be filled.
            self.held -= connection.held();
            connection.flush(sink);
        }
    }

    /// Whether a segment with a wrong checksum is damaged: others of this sender on its connection were right;
    /// or it would begin a connection, where others of the capture were right. A capture in which all are
    /// wrong had its addresses replaced.
    fn discards(
        &self,
        key: (Endpoint, Endpoint),
        from: Endpoint,
        seen: Seen,
        sink: &mut impl FnMut(Item<'_>),
    ) -> bool {
        let Some(Connection { id, sound, .. }) = self.open.get(&key) else { return self.sound };
        let dir = if from == id.client { Dir::ToServer } else { Dir::ToClient };
        if sound[dir.index()] {
            sink(Item::Damaged { connection: *id, dir, seen });
        }
        sound[dir.index()]
    }

    pub(super) fn finish(&mut self, sink: &mut impl FnMut(Item<'_>)) {
        let mut left: Vec<_> = self.open.drain().map(|(_, c)| c).collect();
        left.sort_by_key(|c| c.last.frame);
        for mut connection in left {
            connection.flush(sink);
        }
    }

    /// Drops the eighth of all connections that was silent longest; one alone would cost a search for each
    /// SYN of a flood. Only their order state is lost: what they already gave stays in the model.
    fn evict(&mut self, sink: &mut impl FnMut(Item<'_>)) {
        for mut connection in self.drop_oldest(8) {
            connection.flush(sink);
        }
        if self.serials.len() > limits::TCP_CONNECTIONS {
            self.serials.retain(|k, _| self.open.contains_key(k));
        }
    }

    /// Drops the connections that were silent since `time`.
    pub(super) fn forget(&mut self, time: Timestamp) {
        self.open.retain(|_, c| c.last.at >= time);
        self.held = self.open.values().map(Connection::held).sum();
        self.serials.retain(|k, _| self.open.contains_key(k));
    }

    /// Makes room: drops the half that was silent longest, and what it held back.
    pub(super) fn shed(&mut self) {
        self.drop_oldest(2);
        self.open.shrink_to_fit();
        self.serials.retain(|k, _| self.open.contains_key(k));
        self.serials.shrink_to_fit();
    }

    /// Takes out this part of all connections, of the half that was silent longest: first those on which
    /// nothing but a SYN was seen, of which a flood consists.
    fn drop_oldest(&mut self, part: usize) -> Vec<Connection> {
        let mut by_age: Vec<_> = self.open.iter().map(|(k, c)| (c.last.frame, *k)).collect();
        by_age.sort_unstable();
        by_age.truncate(by_age.len().div_ceil(2));
        let spoken = |k: &(Endpoint, Endpoint)| {
            self.open.get(k).is_some_and(|c| c.streams.iter().any(|s| s.any))
        };
        by_age.sort_by_cached_key(|(at, k)| (spoken(k), *at));
        by_age.truncate(self.open.len().div_ceil(part));
        let dropped: Vec<Connection> =
            by_age.iter().filter_map(|(_, k)| self.open.remove(k)).collect();
        self.held -= dropped.iter().map(Connection::held).sum::<usize>();
        dropped
    }

    /// Who is the client: the sender of a SYN; else the receiver of a SYN/ACK; else the side away from
    /// the control port; else told by the control message.
    fn orient(
        &self,
        from: Endpoint,
        to: Endpoint,
        flags: Flags,
        octets: &[u8],
    ) -> (Endpoint, Endpoint) {
        let forward = if flags.syn {
            !flags.ack
        } else if self.ports.contains(&to.port) != self.ports.contains(&from.port) {
            self.ports.contains(&to.port)
        } else {
            match pptp::header(octets).map(|h| h.control) {
                Ok(
                    pptp::ControlType::StartRequest
                    | pptp::ControlType::OutgoingRequest
                    | pptp::ControlType::CallClear,
                ) => true,
                Ok(
                    pptp::ControlType::StartReply
                    | pptp::ControlType::OutgoingReply
                    | pptp::ControlType::CallDisconnect,
                ) => false,
                _ => to.port <= from.port,
            }
        };
        if forward { (from, to) } else { (to, from) }
    }
}

impl Connection {
    /// Octets held out of order.
    fn held(&self) -> usize {
        self.streams[0].held_octets + self.streams[1].held_octets
    }

    #[allow(clippy::too_many_arguments)] // one call site: the fields of one segment
    fn segment(
        &mut self,
        dir: Dir,
        seen: Seen,
        flags: Flags,
        seq: u32,
        acked: Option<u32>,
        octets: &[u8],
        length: u32,
        sink: &mut impl FnMut(Item<'_>),
    ) {
        self.last = seen;
        self.used += 1;
        let data_seq = if flags.syn { seq.wrapping_add(1) } else { seq };
        let id = self.id;
        let stream = &mut self.streams[dir.index()];
        let repeated = stream.is_repeated(flags, seq, data_seq, length);
        sink(Item::Segment(Segment { connection: id, dir, seen, flags, seq, length, repeated }));
        if flags.syn {
            if stream.next.is_none() {
                stream.next = Some(data_seq);
            }
        } else if flags.fin && stream.fin.is_none() {
            stream.fin = Some(data_seq.wrapping_add(length));
        }
        if !octets.is_empty() {
            stream.push(id, dir, data_seq, octets, length, seen, sink);
        }
        if let Some(ack) = acked {
            let dir = dir.flip();
            self.streams[dir.index()].acknowledged(id, dir, ack, sink);
        }
    }

    fn flush(&mut self, sink: &mut impl FnMut(Item<'_>)) {
        for dir in Dir::BOTH {
            while self.streams[dir.index()].skip_gap(self.id, dir, sink) {}
        }
    }
}

impl Stream {
    fn is_repeated(&self, flags: Flags, seq: u32, data_seq: u32, length: u32) -> bool {
        let Some(next) = self.next else { return false };
        if flags.syn {
            return seq.wrapping_add(1) == next || before(seq, next);
        }
        if flags.fin {
            return self.fin.is_some();
        }
        length > 0 && !before(next, data_seq.wrapping_add(length))
    }

    #[allow(clippy::too_many_arguments)] // two call sites: the fields of one piece of data
    fn push(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        seq: u32,
        octets: &[u8],
        length: u32,
        seen: Seen,
        sink: &mut impl FnMut(Item<'_>),
    ) {
        let next = *self.next.get_or_insert(seq);
        if before(next, seq) {
            let full = self.held.len() >= limits::TCP_HELD_SEGMENTS
                || self.held_octets + octets.len() > limits::TCP_HELD_OCTETS;
            if !full && !self.held.iter().any(|h| h.seq == seq && h.octets.len() >= octets.len()) {
                self.held_octets += octets.len();
                let length = length.max(u32::try_from(octets.len()).unwrap_or(0));
                self.held.push(Held { seq, octets: octets.to_vec(), length, seen });
            }
            if full {
                self.skip_gap(id, dir, sink);
                let next = self.next.unwrap_or(seq);
                if !before(next, seq) {
                    self.deliver(id, dir, seq, octets, length, seen, sink);
                }
            }
            return;
        }
        self.deliver(id, dir, seq, octets, length, seen, sink);
        self.drain_held(id, dir, sink);
    }

    /// Takes data that begins at or before `next`.
    #[allow(clippy::too_many_arguments)]
    fn deliver(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        seq: u32,
        octets: &[u8],
        length: u32,
        seen: Seen,
        sink: &mut impl FnMut(Item<'_>),
    ) {
        let next = self.next.unwrap_or(seq);
        let old = next.wrapping_sub(seq) as usize;
        let end = seq.wrapping_add(length.max(u32::try_from(octets.len()).unwrap_or(0)));
        if let Some(new) = octets.get(old..).filter(|n| !n.is_empty()) {
            let at_start = !self.any;
            self.any = true;
            self.framer.push(new, &mut |framed| sink(item(id, dir, seen, at_start, &framed)));
        }
        if before(next, end) {
            self.next = Some(end);
            let captured = seq.wrapping_add(u32::try_from(octets.len()).unwrap_or(0));
            if before(captured, end) {
                // The capture cut the frame: the stream goes on after octets that are not there.
                self.framer.interrupt(&mut |framed| sink(item(id, dir, seen, false, &framed)));
                sink(Item::Gap { connection: id, dir, seen, missing: end.wrapping_sub(captured) });
            }
        }
    }

    fn drain_held(&mut self, id: ConnectionId, dir: Dir, sink: &mut impl FnMut(Item<'_>)) {
        while let Some(next) = self.next {
            let Some(at) = self.held.iter().position(|h| !before(next, h.seq)) else { return };
            let h = self.held.swap_remove(at);
            self.held_octets -= h.octets.len();
            self.deliver(id, dir, h.seq, &h.octets, h.length, h.seen, sink);
        }
    }

    /// The receiver confirms `ack`: if data after a gap is confirmed too, the capture missed the gap.
    fn acknowledged(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        ack: u32,
        sink: &mut impl FnMut(Item<'_>),
    ) {
        while self.held.iter().any(|h| !before(ack, h.end())) {
            if !self.skip_gap(id, dir, sink) {
                return;
            }
        }
    }

    /// Gives up the gap before the first held segment. Returns whether there was one.
    fn skip_gap(&mut self, id: ConnectionId, dir: Dir, sink: &mut impl FnMut(Item<'_>)) -> bool {
        let Some(next) = self.next else { return false };
        let Some(first) = self.held.iter().min_by_key(|h| h.seq.wrapping_sub(next)) else {
            return false;
        };
        let (seq, seen) = (first.seq, first.seen);
        self.framer.interrupt(&mut |framed| sink(item(id, dir, seen, false, &framed)));
        sink(Item::Gap { connection: id, dir, seen, missing: seq.wrapping_sub(next) });
        self.next = Some(seq);
        self.drain_held(id, dir, sink);
        true
    }
}

fn item<'a>(
    connection: ConnectionId,
    dir: Dir,
    seen: Seen,
    at_start: bool,
    framed: &Framed<'a>,
) -> Item<'a> {
    match *framed {
        Framed::Message(bytes) => Item::Message { connection, dir, seen, bytes, cut: false },
        Framed::Cut(bytes) => Item::Message { connection, dir, seen, bytes, cut: true },
        Framed::Foreign(bytes) => Item::Foreign { connection, dir, seen, bytes, at_start },
    }
}

/// Whether `a` comes before `b` in sequence space (RFC 9293 §3.4).
fn before(a: u32, b: u32) -> bool {
    b.wrapping_sub(a).wrapping_sub(1) < 0x7FFF_FFFF
}

/// The registered port of PPTP.
pub const CONTROL_PORT: u16 = 1723;

#[cfg(test)]
mod tests;
