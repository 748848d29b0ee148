//! Round trips of echo requests over time, bounded.

use crate::base::time::Span;
use crate::base::time::Timestamp;

/// Round trips of one kind of request of one side, as the capture point saw them: the way from there to
/// the one who answers and back, and his own delay.
#[derive(Clone, Debug, Default)]
pub struct Trips {
    /// Some of them, at equal steps, in the order of the replies; at most [`TRIPS_KEPT`] (1 KiB).
    pub kept: Vec<Trip>,
    /// The longest of all.
    pub longest: Option<Trip>,
    seen: u64,
    halvings: u32,
}

/// One round trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// When the reply came.
    pub at: Timestamp,
    /// How long after its request.
    pub took: Span,
}

impl Trips {
    /// Takes the times of a request and of its reply; a clock that was set back in between tells nothing.
    pub(super) fn add(&mut self, asked: Timestamp, answered: Timestamp) {
        let trip = Trip { at: answered, took: answered - asked };
        if trip.took < Span::ZERO {
            return;
        }
        if self.longest.is_none_or(|l| l.took < trip.took) {
            self.longest = Some(trip);
        }
        let number = self.seen;
        self.seen += 1;
        if number.trailing_zeros() < self.halvings {
            return;
        }
        if self.kept.len() >= TRIPS_KEPT {
            let mut odd = true;
            self.kept.retain(|_| {
                odd = !odd;
                !odd
            });
            self.halvings += 1;
        }
        // The bound is even: the number after the last one is of those that stay.
        self.kept.push(trip);
    }
}

/// Round trips kept of one side.
pub const TRIPS_KEPT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_goes_when_it_is_full() {
        let mut trips = Trips::default();
        for n in 0..1000 {
            let took = if n == 501 { 9 } else { 1 };
            trips.add(Timestamp(n * 100), Timestamp(n * 100 + took));
        }
        let times: Vec<i64> = trips.kept.iter().map(|t| t.at.0 - t.took.0).collect();
        assert!(times.len() <= TRIPS_KEPT && times.len() > TRIPS_KEPT / 2);
        assert!(times.windows(2).all(|w| w[1] - w[0] == 1600), "{times:?}");
        assert_eq!(trips.longest.unwrap().took, Span(9));
    }

    #[test]
    fn times_that_run_backwards_tell_nothing() {
        let mut trips = Trips::default();
        trips.add(Timestamp(5), Timestamp(4));
        trips.add(Timestamp(i64::MAX), Timestamp(i64::MIN));
        assert!(trips.kept.is_empty() && trips.longest.is_none());
    }
}
