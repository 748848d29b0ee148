//! IP fragments put together (RFC 791 §3.2, RFC 8200 §4.5) within bounds of count, octets and age.
//!
//! Nothing is believed of a fragment but its place: what was received first stays where two overlap, and
//! memory is taken only for octets that arrived. Fragments that the capture cut count as arrived; the
//! datagram then ends at the first octet that is missing.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::ip::{Fragment, Packet};
use crate::base::limits;
use crate::base::time::{Span, Timestamp};

/// Datagrams under reassembly.
#[derive(Debug, Default)]
pub(super) struct Defrag {
    datagrams: BTreeMap<Key, Pending>,
    /// Octets held, all datagrams together.
    octets: usize,
    /// Order of arrival, to give up the oldest.
    arrivals: u64,
    gave_up: bool,
}

/// A datagram that became whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) announced: usize,
    pub(super) fragments: u16,
    pub(super) bad_checksum: Option<bool>,
}

impl Defrag {
    /// Takes a fragment; where it was the last piece of a datagram, puts the payload in `out`.
    pub(super) fn add(
        &mut self,
        packet: &Packet<'_>,
        fragment: Fragment,
        at: Timestamp,
        out: &mut Vec<u8>,
    ) -> Option<Whole> {
        if fragment.offset + packet.announced > LONGEST {
            return None;
        }
        let key = Key::of(packet, fragment);
        let mut pending = self.take(&key, at);
        pending.insert(packet, fragment);
        if pending.pieces.len() > PIECES {
            self.gave_up = true;
            return None;
        }
        if let Some(announced) = pending.complete() {
            pending.join(out);
            let Pending { fragments, bad_checksum, .. } = pending;
            return Some(Whole { announced, fragments, bad_checksum });
        }
        self.octets += pending.octets;
        self.datagrams.insert(key, pending);
        while self.datagrams.len() > limits::DEFRAG_DATAGRAMS || self.octets > limits::DEFRAG_OCTETS
        {
            let oldest = self.datagrams.iter().min_by_key(|(_, p)| p.arrival).map(|(k, _)| *k);
            let Some(gone) = oldest.and_then(|k| self.datagrams.remove(&k)) else { break };
            self.octets -= gone.octets;
            self.gave_up = true;
        }
        None
    }

    /// Whether other pieces of this fragment's datagram are at hand.
    pub(super) fn holds(&self, packet: &Packet<'_>, fragment: Fragment) -> bool {
        self.datagrams.contains_key(&Key::of(packet, fragment))
    }

    /// Whether fragments were given up since it was asked last.
    pub(super) fn gave_up(&mut self) -> bool {
        std::mem::take(&mut self.gave_up)
    }

    /// The pieces at hand of a datagram, taken out of the map; none where they are too old to belong to
    /// the same datagram.
    fn take(&mut self, key: &Key, at: Timestamp) -> Pending {
        if let Some(old) = self.datagrams.remove(key) {
            self.octets -= old.octets;
            if (at - old.started).abs() <= MAX_AGE {
                return old;
            }
            self.gave_up = true;
        }
        self.arrivals += 1;
        Pending { arrival: self.arrivals, started: at, ..Pending::default() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    protocol: u8,
    ident: u32,
}

impl Key {
    fn of(packet: &Packet<'_>, fragment: Fragment) -> Self {
        let Packet { src, dst, protocol, .. } = *packet;
        Self { src, dst, protocol, ident: fragment.ident }
    }
}

#[derive(Debug, Default)]
struct Pending {
    arrival: u64,
    started: Timestamp,
    /// By offset; none lies wholly within the one before it.
    pieces: Vec<Piece>,
    /// Payload length of the whole datagram, once its last fragment was seen.
    end: Option<usize>,
    octets: usize,
    fragments: u16,
    bad_checksum: Option<bool>,
}

#[derive(Debug)]
struct Piece {
    start: usize,
    /// Where the fragment ended on the wire.
    end: usize,
    /// May be shorter than that where the capture cut it.
    data: Box<[u8]>,
}

impl Pending {
    fn insert(&mut self, packet: &Packet<'_>, fragment: Fragment) {
        let (start, end) = (fragment.offset, fragment.offset + packet.announced);
        if !fragment.more && self.end.is_none() {
            self.end = Some(end);
        }
        let place = self.pieces.partition_point(|p| p.start <= start);
        let before = place.checked_sub(1).and_then(|n| self.pieces.get(n));
        if before
            .is_some_and(|p| p.end >= end && p.start + p.data.len() >= start + packet.payload.len())
        {
            return;
        }
        self.fragments = self.fragments.saturating_add(1);
        self.bad_checksum = self.bad_checksum.max(packet.bad_checksum);
        self.octets += packet.payload.len() + size_of::<Piece>();
        self.pieces.insert(place, Piece { start, end, data: packet.payload.into() });
    }

    /// The payload length, where no gap is left before the end.
    fn complete(&self) -> Option<usize> {
        let end = self.end?;
        let reached = self.pieces.iter().try_fold(0, |reached: usize, piece| {
            (piece.start <= reached).then_some(reached.max(piece.end))
        })?;
        (reached >= end).then_some(end)
    }

    fn join(&self, out: &mut Vec<u8>) {
        out.clear();
        for piece in &self.pieces {
            // A gap here is where the capture cut a fragment: what follows has no known place for a
            // reader of plain octets.
            let Some(known) = out.len().checked_sub(piece.start) else { break };
            out.extend(piece.data.get(known..).unwrap_or_default());
        }
        out.truncate(self.end.unwrap_or(LONGEST));
    }
}

/// RFC 791: the total length has 16 bits.
const LONGEST: usize = 65_535;
/// Pieces of one datagram. The smallest link (68 octets, RFC 791) makes 32 of a full Ethernet frame.
const PIECES: usize = 128;
const MAX_AGE: Span = Span::from_secs(limits::DEFRAG_SECONDS);

#[cfg(test)]
mod tests;
