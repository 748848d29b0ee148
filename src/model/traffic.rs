//! What the packets of one direction of a tunnel tell about the path: holes, sizes that arrive and sizes
//! that do not, TTLs that do not fit, waits for the window. Bounded; no packet is kept.

use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::base::time::Timestamp;

/// A run of sequence numbers that were skipped and did not come later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// First number missing.
    pub first: u32,
    /// How many.
    pub length: u32,
    /// The packet before it.
    pub before: Option<Mark>,
    /// The packet after it.
    pub after: Mark,
}

impl Hole {
    /// Whether a number lies in it.
    #[must_use]
    pub const fn holds(&self, seq: u32) -> bool {
        seq.wrapping_sub(self.first) < self.length
    }
}

/// The holes of one direction, the first of them.
#[derive(Clone, Debug, Default)]
pub struct Holes(pub Vec<Hole>);

impl Holes {
    pub(super) fn open(&mut self, hole: Hole) {
        if self.0.len() < HOLES_KEPT {
            self.0.push(hole);
        }
    }

    /// A number came late: it is missing no more. Returns the packet after its hole, if that was kept.
    pub(super) fn fill(&mut self, seq: u32) -> Option<Mark> {
        let at = self.0.iter().position(|h| h.holds(seq))?;
        let old = self.0.remove(at);
        let ahead = seq.wrapping_sub(old.first);
        let rest = Hole {
            first: seq.wrapping_add(1),
            length: old.length.saturating_sub(ahead + 1),
            ..old
        };
        for part in [Hole { length: ahead, ..old }, rest] {
            if part.length > 0 && self.0.len() < HOLES_KEPT {
                self.0.push(part);
            }
        }
        Some(old.after)
    }

    /// Whether a number is missing.
    #[must_use]
    pub fn hold(&self, seq: u32) -> bool {
        self.0.iter().any(|h| h.holds(seq))
    }
}

/// Packets of one fate, by the size of their GRE payloads in octets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sizes {
    /// How many.
    pub count: u32,
    /// Smallest payload.
    pub smallest: u16,
    /// Largest payload.
    pub largest: u16,
    /// First packet.
    pub first: Option<Mark>,
    /// Newest packet.
    pub last: Option<Mark>,
}

impl Sizes {
    pub(super) fn add(&mut self, mark: Mark, octets: u16) {
        self.smallest = if self.count == 0 { octets } else { self.smallest.min(octets) };
        self.largest = self.largest.max(octets);
        self.count = self.count.saturating_add(1);
        self.first.get_or_insert(mark);
        self.last = Some(mark);
    }
}

/// A numbered packet whose acknowledgment is awaited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) seq: u32,
    pub(super) mark: Mark,
    pub(super) octets: u16,
}

/// Use of the receiver's Packet Receive Window (RFC 2637 §4.2).
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    /// What the receiver announced in its call message, packets.
    pub size: Option<u16>,
    /// How often the sender stood still with a full window and went on as soon as an Ack came.
    pub stalls: u32,
    /// How long in all.
    pub stalled: Span,
    /// First packet sent after such a wait.
    pub first: Option<Mark>,
    /// Packets sent although the window was full: the sender does not heed it.
    pub beyond: u32,
    pub(super) released: Option<Timestamp>,
}

/// Packets whose TTL is not the usual one of their direction.
#[derive(Clone, Debug, Default)]
pub struct Ttls {
    /// Packets with the usual TTL, give or take two.
    pub usual: u32,
    /// The others, the first few: packet and TTL.
    pub odd: Vec<(Mark, u8)>,
    /// The others, counted.
    pub odd_count: u32,
}

impl Ttls {
    pub(super) fn add(&mut self, mark: Mark, ttl: u8, first: u8) {
        if ttl.abs_diff(first) < FAR_TTL {
            self.usual = self.usual.saturating_add(1);
            return;
        }
        self.odd_count = self.odd_count.saturating_add(1);
        if self.odd.len() < ODD_KEPT {
            self.odd.push((mark, ttl));
        }
    }

    /// The TTL of a packet that is not usual.
    #[must_use]
    pub fn odd_at(&self, mark: Mark) -> Option<u8> {
        self.odd.iter().find(|(m, _)| m.frame == mark.frame).map(|(_, ttl)| *ttl)
    }
}

/// Packets with one kind of defect.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Defects {
    pub first: Mark,
    pub last: Mark,
    pub count: u32,
}

impl Defects {
    pub(super) fn count(list: &mut Option<Self>, mark: Mark) {
        let d = list.get_or_insert(Self { first: mark, last: mark, count: 0 });
        d.last = mark;
        d.count = d.count.saturating_add(1);
    }
}

const HOLES_KEPT: usize = 64;
const ODD_KEPT: usize = 8;
/// A TTL that differs by this much did not come the same way.
const FAR_TTL: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(first: u32, length: u32) -> Hole {
        Hole { first, length, before: None, after: Mark::default() }
    }

    #[test]
    fn late_numbers_shrink_split_and_close_holes() {
        let mut holes = Holes(vec![hole(u32::MAX, 5)]);
        holes.fill(1);
        assert_eq!(holes.0, [hole(u32::MAX, 2), hole(2, 2)]);
        holes.fill(u32::MAX);
        holes.fill(0);
        assert_eq!(holes.0, [hole(2, 2)]);
        assert!(holes.hold(3) && !holes.hold(4));
        holes.fill(9);
        assert_eq!(holes.0, [hole(2, 2)]);
    }

    #[test]
    fn sizes_keep_their_range() {
        let mut sizes = Sizes::default();
        for octets in [60, 1400, 20] {
            sizes.add(Mark::default(), octets);
        }
        assert_eq!((sizes.count, sizes.smallest, sizes.largest), (3, 20, 1400));
    }
}
