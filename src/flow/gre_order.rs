//! Order of GRE packets in one direction of one call (RFC 2637 §4.3). No payload is held.

use std::mem;

use crate::base::addr::Tunnel;
use crate::base::limits;
use crate::base::map::Map;
use crate::base::time::Timestamp;

/// The order of all directions, bounded. Order is a refinement: where one is forgotten it begins afresh.
#[derive(Debug, Default)]
pub struct Orders {
    /// What was used of late, and what was used before that: the latter is forgotten at once.
    present: Map<Tunnel, OrderWindow>,
    past: Map<Tunnel, OrderWindow>,
    /// When the present ones began.
    begun: Option<Timestamp>,
}

impl Orders {
    /// Classifies the number of a packet of one direction.
    pub fn classify(&mut self, key: Tunnel, seq: u32, at: Timestamp) -> Order {
        if let Some(window) = self.present.get_mut(&key) {
            return window.classify(seq);
        }
        if self.present.len() >= limits::GRE_DIRECTIONS / 2 {
            self.turn();
        }
        let mut window = self.past.remove(&key).unwrap_or_default();
        let order = window.classify(seq);
        self.present.insert(key, window);
        self.begun.get_or_insert(at);
        order
    }

    /// Forgets, sooner or later, what was not used since `time`.
    pub fn forget(&mut self, time: Timestamp) {
        if self.begun.is_some_and(|begun| begun < time) {
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.past = mem::take(&mut self.present);
        self.begun = None;
    }
}

/// Place of a packet in its sender's sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// A pure acknowledgment: it has no number.
    Unnumbered,
    /// The first packet seen.
    First,
    /// The one after the highest so far.
    Next,
    /// Higher than expected: `missing` numbers were skipped.
    Ahead {
        /// Numbers skipped.
        missing: u32,
    },
    /// Lower than the highest, not seen before: it was overtaken.
    Late {
        /// How far behind the highest.
        by: u32,
    },
    /// The same number again.
    Repeated,
    /// So far off that the sender must have started its sequence again.
    Restart,
}

/// The highest number so far and which of the 64 before it were seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrderWindow {
    highest: Option<u32>,
    seen: u64,
}

impl OrderWindow {
    /// Classifies a number and remembers it. Numbers wrap at 2³².
    pub fn classify(&mut self, seq: u32) -> Order {
        let Some(highest) = self.highest else {
            *self = Self { highest: Some(seq), seen: 1 };
            return Order::First;
        };
        let ahead = seq.wrapping_sub(highest);
        if ahead == 0 {
            return Order::Repeated;
        }
        if ahead < JUMP {
            self.seen = if ahead < 64 { self.seen << ahead | 1 } else { 1 };
            self.highest = Some(seq);
            return if ahead == 1 { Order::Next } else { Order::Ahead { missing: ahead - 1 } };
        }
        let behind = highest.wrapping_sub(seq);
        if behind < 64 {
            let bit = 1u64 << behind;
            if self.seen & bit != 0 {
                return Order::Repeated;
            }
            self.seen |= bit;
            return Order::Late { by: behind };
        }
        if behind < JUMP {
            return Order::Late { by: behind };
        }
        *self = Self { highest: Some(seq), seen: 1 };
        Order::Restart
    }
}

/// A step larger than this is a new sequence, not loss: at 10,000 packets a second it is 100 s of silence.
const JUMP: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use proptest::prelude::*;

    fn key(call_id: u16) -> Tunnel {
        Tunnel::new([192, 0, 2, 1].into(), [192, 0, 2, 2].into(), call_id)
    }

    #[test]
    fn what_is_used_stays_and_the_rest_is_forgotten() {
        let mut all = Orders::default();
        let at = |seconds: i64| Timestamp(seconds * 1_000_000_000);
        assert_eq!(all.classify(key(1), 7, at(0)), Order::First);
        assert_eq!(all.classify(key(2), 7, at(1)), Order::First);
        all.forget(at(0));
        assert_eq!(all.classify(key(1), 8, at(2)), Order::Next);
        all.forget(at(3));
        assert_eq!(all.classify(key(1), 9, at(4)), Order::Next);
        all.forget(at(5));
        assert_eq!(all.classify(key(1), 10, at(6)), Order::Next);
        assert_eq!(all.classify(key(2), 8, at(7)), Order::First);
    }

    #[test]
    fn directions_are_bounded() {
        let mut all = Orders::default();
        for n in 0..2 * limits::GRE_DIRECTIONS {
            let from = Ipv4Addr::from_bits(u32::try_from(n).unwrap());
            let key = Tunnel::new(from.into(), [192, 0, 2, 2].into(), 1);
            assert_eq!(all.classify(key, 1, Timestamp(0)), Order::First);
            assert!(all.present.len() + all.past.len() <= limits::GRE_DIRECTIONS);
            assert_eq!(all.classify(key, 2, Timestamp(0)), Order::Next);
        }
    }

    fn orders(seqs: &[u32]) -> Vec<Order> {
        let mut w = OrderWindow::default();
        seqs.iter().map(|&s| w.classify(s)).collect()
    }

    #[test]
    fn tells_loss_reordering_and_repetition_apart() {
        use Order::{Ahead, First, Late, Next, Repeated};
        assert_eq!(
            orders(&[0, 1, 4, 3, 3, 2, 5, 0]),
            [
                First,
                Next,
                Ahead { missing: 2 },
                Late { by: 1 },
                Repeated,
                Late { by: 2 },
                Next,
                Repeated
            ]
        );
    }

    #[test]
    fn wraps_and_restarts() {
        assert_eq!(orders(&[u32::MAX, 0, 1]), [Order::First, Order::Next, Order::Next]);
        assert_eq!(orders(&[5_000_000, 0, 1]), [Order::First, Order::Restart, Order::Next]);
    }

    proptest! {
        /// However the packets of one sequence are shuffled within the window, each is counted once.
        #[test]
        fn every_number_is_new_exactly_once(mut seqs in proptest::collection::vec(0u32..48, 1..200)) {
            let distinct: std::collections::BTreeSet<_> = seqs.iter().copied().collect();
            let base = 4_000_000_000u32;
            for s in &mut seqs { *s = s.wrapping_add(base); }
            let new = orders(&seqs).into_iter().filter(|o| *o != Order::Repeated).count();
            prop_assert_eq!(new, distinct.len());
        }
    }
}
