//! Traffic of one call over time: a fixed number of buckets, which grow wider as the call grows longer.
//!
//! Counted are GRE packets with a number from the first user data on, and the numbers that were skipped,
//! where that was noticed. A call without user data keeps nothing here; any other at most some 4 KiB per
//! direction.

use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::base::time::Timestamp;

/// Traffic of both directions in buckets of equal width.
#[derive(Clone, Debug, Default)]
pub struct Series {
    begun: Option<Timestamp>,
    off: bool,
    doublings: u32,
    ways: [Vec<Bucket>; 2],
}

/// What came in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Octets of GRE payload.
    pub octets: u64,
    /// Packets with a payload.
    pub packets: u32,
    /// Numbers that were found to be skipped and did not come later.
    pub missing: u32,
}

impl Series {
    /// Where the first bucket begins: at the first user data. `None`: there was none.
    #[must_use]
    pub const fn begun(&self) -> Option<Timestamp> {
        self.begun
    }

    /// Width of a bucket.
    #[must_use]
    pub const fn width(&self) -> Span {
        // At most 30 doublings: no more fit into a time.
        Span((NARROWEST << self.doublings).cast_signed())
    }

    /// The buckets of one direction, up to its newest packet; at most [`BUCKETS`].
    #[must_use]
    pub fn way(&self, dir: Dir) -> &[Bucket] {
        &self.ways[dir.index()]
    }

    /// Whether it waits for the first user data.
    pub(super) const fn waits(&self) -> bool {
        self.begun.is_none() && !self.off
    }

    /// Lets it count nothing.
    pub(super) fn turn_off(&mut self) {
        self.off = true;
    }

    pub(super) fn begin(&mut self, at: Timestamp) {
        if self.waits() {
            self.begun = Some(at);
        }
    }

    /// Counts a packet.
    pub(super) fn count(&mut self, dir: Dir, at: Timestamp, octets: u16) {
        let Some(bucket) = self.bucket(dir, at) else { return };
        bucket.octets += u64::from(octets);
        bucket.packets = bucket.packets.saturating_add(1);
    }

    /// Counts numbers that the packet at this time skipped.
    pub(super) fn skip(&mut self, dir: Dir, at: Timestamp, missing: u32) {
        let Some(bucket) = self.bucket(dir, at) else { return };
        bucket.missing = bucket.missing.saturating_add(missing);
    }

    /// A skipped number came late. `noticed` is when it was skipped; where nobody knows, it is taken to
    /// be one of the newest.
    pub(super) fn found(&mut self, dir: Dir, noticed: Option<Timestamp>) {
        let Some(begun) = self.begun else { return };
        let index = noticed.map(|at| (at >= begun).then(|| self.index(begun, at)));
        let way = &mut self.ways[dir.index()];
        let bucket = match index {
            // Skipped before the first user data: it was never counted.
            Some(None) => None,
            Some(Some(index)) => usize::try_from(index).ok().and_then(|index| way.get_mut(index)),
            None => way.iter_mut().rev().find(|b| b.missing > 0),
        };
        if let Some(bucket) = bucket {
            bucket.missing = bucket.missing.saturating_sub(1);
        }
    }

    pub(super) fn flip(&mut self) {
        self.ways.swap(0, 1);
    }

    /// The bucket of a time, with room made for it.
    #[inline]
    fn bucket(&mut self, dir: Dir, at: Timestamp) -> Option<&mut Bucket> {
        let begun = self.begun?;
        let mut index = self.index(begun, at);
        if index >= self.ways[dir.index()].len() as u64 {
            index = self.make_room(dir, begun, at);
        }
        self.ways[dir.index()].get_mut(usize::try_from(index).ok()?)
    }

    /// Makes room for a time; returns the index of its bucket.
    #[cold]
    fn make_room(&mut self, dir: Dir, begun: Timestamp, at: Timestamp) -> u64 {
        let mut index = self.index(begun, at);
        if index >= BUCKETS as u64 {
            self.widen(index.ilog2() + 1 - BUCKETS.ilog2());
            index = self.index(begun, at);
        }
        let way = &mut self.ways[dir.index()];
        let needed = usize::try_from(index).map_or(0, |index| index + 1);
        if way.len() < needed {
            way.resize(needed, Bucket::default());
        }
        index
    }

    /// A time before the beginning, where a clock was set back, counts as the beginning.
    fn index(&self, begun: Timestamp, at: Timestamp) -> u64 {
        let since = u64::try_from((at - begun).0).unwrap_or(0);
        (since / NARROWEST) >> self.doublings
    }

    /// Doubles the width of the buckets so many times.
    fn widen(&mut self, times: u32) {
        for way in &mut self.ways {
            for from in 1..way.len() {
                let Some(moved) = way.get_mut(from).map(std::mem::take) else { break };
                if let Some(into) = way.get_mut(from >> times) {
                    into.octets += moved.octets;
                    into.packets = into.packets.saturating_add(moved.packets);
                    into.missing = into.missing.saturating_add(moved.missing);
                }
            }
            if let Some(last) = way.len().checked_sub(1) {
                way.truncate((last >> times) + 1);
            }
        }
        self.doublings += times;
    }
}

/// Buckets of one direction.
pub const BUCKETS: usize = 128;
/// Width of a bucket at first, nanoseconds.
const NARROWEST: u64 = 125_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn begun() -> Series {
        let mut series = Series::default();
        series.begin(Timestamp(0));
        series
    }

    fn at(eighths: i64) -> Timestamp {
        Timestamp(eighths * 125_000_000)
    }

    fn packets(series: &Series) -> Vec<u32> {
        series.way(Dir::ToServer).iter().map(|b| b.packets).collect()
    }

    #[test]
    fn nothing_is_kept_before_the_beginning() {
        let mut series = Series::default();
        series.count(Dir::ToServer, at(0), 100);
        series.skip(Dir::ToServer, at(0), 1);
        assert!(series.begun().is_none() && series.way(Dir::ToServer).is_empty());
    }

    #[test]
    fn neighbours_merge_as_the_call_grows() {
        let mut series = begun();
        for n in 0..128 {
            series.count(Dir::ToServer, at(n), 10);
        }
        series.count(Dir::ToClient, at(3), 10);
        assert_eq!(packets(&series), [1; 128]);
        series.count(Dir::ToServer, at(128), 10);
        assert_eq!(series.width(), Span::from_millis(250));
        assert_eq!(packets(&series), [[2; 64].as_slice(), &[1]].concat());
        assert_eq!(series.way(Dir::ToClient).iter().map(|b| b.octets).collect::<Vec<_>>(), [0, 10]);
        series.count(Dir::ToServer, at(1023), 10);
        assert_eq!(series.width(), Span::from_secs(1));
        assert_eq!(packets(&series).len(), 128);
    }

    #[test]
    fn clocks_may_jump() {
        let mut series = begun();
        for time in [i64::MIN, i64::MAX, 0, i64::MAX, -1, 1] {
            series.count(Dir::ToClient, Timestamp(time), 1);
        }
        let way = series.way(Dir::ToClient);
        assert!(way.len() <= BUCKETS);
        assert_eq!(way.iter().map(|b| b.packets).sum::<u32>(), 6);
        assert!(series.width().0 > 0);
        let mut series = Series::default();
        series.begin(Timestamp(i64::MIN));
        series.count(Dir::ToClient, Timestamp(i64::MAX), 1);
        assert!(series.way(Dir::ToClient).len() <= BUCKETS && series.width().0 > 0);
    }

    #[test]
    fn what_comes_late_is_missing_no_more() {
        let mut series = begun();
        series.skip(Dir::ToServer, at(2), 2);
        series.skip(Dir::ToServer, at(5), 1);
        series.found(Dir::ToServer, Some(at(2)));
        series.found(Dir::ToServer, Some(at(-4)));
        series.found(Dir::ToServer, Some(at(900)));
        series.found(Dir::ToClient, None);
        let missing =
            |s: &Series| s.way(Dir::ToServer).iter().map(|b| b.missing).collect::<Vec<_>>();
        assert_eq!(missing(&series), [0, 0, 1, 0, 0, 1]);
        series.found(Dir::ToServer, None);
        assert_eq!(missing(&series), [0, 0, 1, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn bounded_and_complete(
            begin in any::<i64>(),
            all in proptest::collection::vec((any::<bool>(), any::<i64>(), 0u32..63, any::<u16>()), 0..400),
        ) {
            let mut series = Series::default();
            series.begin(Timestamp(begin));
            let mut sums = [(0, 0), (0, 0)];
            for (up, time, shift, octets) in all {
                let dir = if up { Dir::ToServer } else { Dir::ToClient };
                // Times of every magnitude.
                series.count(dir, Timestamp(begin.saturating_add(time >> shift)), octets);
                series.skip(dir, Timestamp(time), 1);
                sums[dir.index()].0 += u64::from(octets);
                sums[dir.index()].1 += 1;
            }
            prop_assert!(series.width().0 > 0);
            for dir in Dir::BOTH {
                let way = series.way(dir);
                prop_assert!(way.len() <= BUCKETS);
                let (octets, packets) = sums[dir.index()];
                prop_assert_eq!(way.iter().map(|b| b.octets).sum::<u64>(), octets);
                prop_assert_eq!(way.iter().map(|b| b.packets).sum::<u32>(), packets);
                prop_assert_eq!(way.iter().map(|b| b.missing).sum::<u32>(), packets);
            }
        }
    }
}
