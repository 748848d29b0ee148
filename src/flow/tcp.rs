//! TCP of the control connection: who opened it, and each direction's octets in order.
//!
//! Overlaps are cut, retransmissions recognised, segments out of order held within bounds. A gap is
//! given up when the receiver has acknowledged past it (then it is the capture that lacks it), when too
//! much is held, or at the end.

mod past;
mod stream;

use std::collections::VecDeque;

use etherparse::TcpSlice;

use super::checksum;
use super::checksum::Checksum;
use super::checksum::Trust;
use super::{ConnectionId, Item, Seen, Segment};
use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::frame::FrameRef;
use crate::base::limits;
use crate::base::map::Map;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::link::Datagram;
use crate::wire::pptp;
use past::Past;
use stream::Stream;

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
    open: Map<Pair, Connection>,
    /// Those whose state was let go of.
    past: Past,
    /// Connections that were closed, in that order, and when they are looked at next.
    closed: VecDeque<(Timestamp, Pair)>,
    /// Octets held out of order, all connections together.
    held: usize,
    trust: Trust,
}

/// Both ends, the lower one first.
type Pair = (Endpoint, Endpoint);

/// Of these there may be very many: what is rare stands in boxes, what the key tells is not repeated.
#[derive(Debug)]
struct Connection {
    serial: u32,
    /// The lower end is the client.
    forward: bool,
    /// A segment was seen.
    used: bool,
    reset: bool,
    /// It stands among those that are closed.
    closed: bool,
    /// Whether the checksum of some segment was right, by direction.
    sound: [bool; 2],
    /// Whether the first one was taken for damaged, by direction, because most of the capture were right.
    suspected: [bool; 2],
    /// Initial sequence number of the client, to tell a repeated or late SYN from a new connection: that of
    /// the SYN, or what the first segment of all implies.
    initial: Option<u32>,
    streams: [Stream; 2],
    last: Timestamp,
    frame: FrameRef,
}

impl Connections {
    pub(super) fn new(ports: &[u16]) -> Self {
        let mut all = vec![CONTROL_PORT];
        all.extend_from_slice(ports);
        Self {
            ports: all,
            open: Map::default(),
            past: Past::default(),
            closed: VecDeque::new(),
            held: 0,
            trust: Trust::default(),
        }
    }

    /// Takes a segment, the payload of `d`; returns whether it counts, which a damaged one does not.
    pub(super) fn push(
        &mut self,
        d: &Datagram<'_>,
        tcp: &TcpSlice<'_>,
        seen: Seen,
        sink: &mut impl FnMut(Item<'_>),
    ) -> bool {
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
            return false;
        }
        if checksum == Checksum::Right {
            self.trust.note(checksum);
        }
        let opens = flags.syn && !flags.ack;
        let begins_anew = match self.open.get(&key) {
            None => true,
            Some(c) => {
                opens
                    && (c.initial.is_some_and(|i| i != tcp.sequence_number())
                        || (c.initial.is_none() && c.used))
            }
        };
        if begins_anew {
            self.let_go(seen.at, sink);
            let serial = match self.open.remove(&key) {
                Some(mut old) => {
                    self.held -= old.held();
                    old.flush(old.id(&key), sink);
                    Err(old.serial + 1)
                }
                None => self.past.take(&key, opens.then(|| tcp.sequence_number())),
            };
            if self.open.len() >= limits::TCP_CONNECTIONS {
                self.evict(sink);
            }
            // The flags of what may be damaged tell least.
            let known = if checksum == Checksum::Wrong { Flags::default() } else { flags };
            let connection = serial.unwrap_or_else(|serial| {
                Connection::new(serial, self.orient(from, to, known, octets) == key.0)
            });
            self.open.insert(key, connection);
        }
        let Some(connection) = self.open.get_mut(&key) else { return true };
        let id = connection.id(&key);
        let dir = if from == id.client { Dir::ToServer } else { Dir::ToClient };
        connection.sound[dir.index()] |= checksum == Checksum::Right;
        if opens {
            connection.initial = Some(tcp.sequence_number());
        } else if !connection.used {
            // A capture may have the SYN behind what follows it: it is the octet before the first one.
            let first = match dir {
                Dir::ToServer => Some(tcp.sequence_number()),
                Dir::ToClient => flags.ack.then(|| tcp.acknowledgment_number()),
            };
            connection.initial = first.map(|f| f.wrapping_sub(1));
        }
        let acked = flags.ack.then(|| tcp.acknowledgment_number());
        let before = connection.held();
        let sequence = tcp.sequence_number();
        connection.segment(id, dir, seen, flags, checksum, sequence, acked, octets, length, sink);
        self.held = self.held - before + connection.held();
        if connection.is_over() && !connection.closed {
            connection.closed = true;
            self.closed.push_back((seen.at, key));
        }
        if self.held > limits::TCP_HELD_TOTAL {
            // Nobody needs that much: its gaps will not be filled.
            self.held -= connection.held();
            connection.flush(id, sink);
        }
        true
    }

    /// Whether a segment with a wrong checksum is damaged: others of this sender on its connection were right;
    /// or it would begin a connection, or its direction, where most of the capture were right. A capture in
    /// which all are wrong had its addresses replaced; where one sender's are, the second one counts.
    fn discards(
        &mut self,
        key: Pair,
        from: Endpoint,
        seen: Seen,
        sink: &mut impl FnMut(Item<'_>),
    ) -> bool {
        let Some(connection) = self.open.get_mut(&key) else {
            let discards = self.trust.holds();
            self.trust.note(Checksum::Wrong);
            return discards;
        };
        let id = connection.id(&key);
        let dir = if from == id.client { Dir::ToServer } else { Dir::ToClient };
        let way = dir.index();
        let sound = connection.sound[way];
        let suspect = !sound && connection.streams[way].next.is_none() && self.trust.holds();
        let discards = sound || suspect && !connection.suspected[way];
        connection.suspected[way] |= suspect;
        if discards {
            sink(Item::Damaged { connection: id, dir, seen });
        }
        if !sound {
            self.trust.note(Checksum::Wrong);
        }
        discards
    }

    pub(super) fn finish(&mut self, sink: &mut impl FnMut(Item<'_>)) {
        let mut left: Vec<_> = self.open.drain().collect();
        left.sort_by_key(|(_, c)| c.frame);
        for (pair, mut connection) in left {
            connection.flush(connection.id(&pair), sink);
        }
    }

    /// Lets go of connections that are closed and quiet; where there are too many, of the first to close.
    fn let_go(&mut self, now: Timestamp, sink: &mut impl FnMut(Item<'_>)) {
        while let Some(&(since, pair)) = self.closed.front() {
            let many = self.closed.len() > limits::TCP_CONNECTIONS;
            if !many && (now - since).abs() <= QUIET {
                return;
            }
            self.closed.pop_front();
            let Some(c) = self.open.get(&pair).filter(|c| c.closed) else { continue };
            if c.last > since && !many {
                self.closed.push_back((c.last, pair));
            } else if let Some(mut c) = self.open.remove(&pair) {
                self.held -= c.held();
                c.flush(c.id(&pair), sink);
                self.past.add(pair, c);
            }
        }
    }

    /// Drops the eighth of all connections that was silent longest; one alone would cost a search for each
    /// SYN of a flood. What they already gave stays in the model.
    fn evict(&mut self, sink: &mut impl FnMut(Item<'_>)) {
        for (pair, mut connection) in self.drop_oldest(8) {
            connection.flush(connection.id(&pair), sink);
            self.past.add(pair, connection);
        }
    }

    /// Drops the connections that were silent since `time`.
    pub(super) fn forget(&mut self, time: Timestamp) {
        self.open.retain(|_, c| c.last >= time);
        self.held = self.open.values().map(Connection::held).sum();
        self.past.forget(time);
    }

    /// Makes room: drops the half that was silent longest, and what it held back.
    pub(super) fn shed(&mut self) {
        self.past.shed();
        for (pair, connection) in self.drop_oldest(2) {
            self.past.add(pair, connection);
        }
        self.open.shrink_to_fit();
        self.closed.retain(|(_, pair)| self.open.contains_key(pair));
        self.closed.shrink_to_fit();
    }

    /// Takes out this part of all connections, of the half that was silent longest: first those on which
    /// nothing but a SYN was seen, of which a flood consists.
    fn drop_oldest(&mut self, part: usize) -> Vec<(Pair, Connection)> {
        let many = self.open.len().div_ceil(part);
        let mut by_age: Vec<_> =
            self.open.iter().map(|(k, c)| (c.frame, c.has_spoken(), *k)).collect();
        let half = by_age.len().div_ceil(2);
        if half < by_age.len() {
            by_age.select_nth_unstable(half);
        }
        by_age.truncate(half);
        by_age.sort_unstable_by_key(|(frame, spoken, k)| (*spoken, *frame, *k));
        by_age.truncate(many);
        let dropped: Vec<_> =
            by_age.iter().filter_map(|(.., k)| Some((*k, self.open.remove(k)?))).collect();
        self.held -= dropped.iter().map(|(_, c)| c.held()).sum::<usize>();
        dropped
    }

    /// Who is the client: the sender of a SYN; else the receiver of a SYN/ACK; else the side away from
    /// the control port; else told by the control message.
    fn orient(&self, from: Endpoint, to: Endpoint, flags: Flags, octets: &[u8]) -> Endpoint {
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
        if forward { from } else { to }
    }
}

impl Connection {
    fn new(serial: u32, forward: bool) -> Self {
        Self {
            serial,
            forward,
            used: false,
            reset: false,
            closed: false,
            sound: [false; 2],
            suspected: [false; 2],
            initial: None,
            streams: [Stream::default(), Stream::default()],
            last: Timestamp::default(),
            frame: FrameRef::default(),
        }
    }

    fn id(&self, &(low, high): &Pair) -> ConnectionId {
        let (client, server) = if self.forward { (low, high) } else { (high, low) };
        ConnectionId { client, server, serial: self.serial }
    }

    /// Octets held out of order.
    fn held(&self) -> usize {
        self.streams[0].held() + self.streams[1].held()
    }

    /// Whether data was seen.
    fn has_spoken(&self) -> bool {
        self.streams.iter().any(|s| s.any)
    }

    /// Whether nothing new can come: it was reset, or both sides have closed it and know so.
    fn is_over(&self) -> bool {
        self.reset || self.streams.iter().all(|s| s.over)
    }

    #[allow(clippy::too_many_arguments)] // one call site: the fields of one segment
    fn segment(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        seen: Seen,
        flags: Flags,
        checksum: Checksum,
        seq: u32,
        acked: Option<u32>,
        octets: &[u8],
        length: u32,
        sink: &mut impl FnMut(Item<'_>),
    ) {
        (self.last, self.frame, self.used) = (seen.at, seen.frame, true);
        self.reset |= flags.rst;
        let data_seq = if flags.syn { seq.wrapping_add(1) } else { seq };
        let stream = &mut self.streams[dir.index()];
        let repeated = stream.is_repeated(flags, seq, data_seq, length);
        sink(Item::Segment(Segment {
            connection: id,
            dir,
            seen,
            flags,
            seq,
            length,
            repeated,
            checksum,
        }));
        stream.flagged(flags, data_seq, length);
        if !octets.is_empty() {
            stream.push(id, dir, data_seq, octets, length, seen, sink);
        }
        if let Some(ack) = acked {
            let dir = dir.flip();
            let stream = &mut self.streams[dir.index()];
            stream.acknowledged(id, dir, ack, sink);
            if stream.over {
                stream.lack_before_fin(id, dir, seen, sink);
            }
        }
    }

    fn flush(&mut self, id: ConnectionId, sink: &mut impl FnMut(Item<'_>)) {
        for dir in Dir::BOTH {
            let stream = &mut self.streams[dir.index()];
            while stream.skip_gap(id, dir, sink) {}
            let seen = Seen { at: self.last, frame: self.frame, ttl: 0 };
            stream.lack_before_fin(id, dir, seen, sink);
        }
    }
}

/// The registered port of PPTP.
pub const CONTROL_PORT: u16 = 1723;
/// A closed connection that was silent for so long is let go of; what comes later finds it again.
const QUIET: Span = Span::from_secs(10);

#[cfg(test)]
mod tests;
