//! Order of GRE packets in one direction of one call (RFC 2637 §4.3). No payload is held.

/// Place of a packet in its sender's sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
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
pub(super) struct OrderWindow {
    highest: Option<u32>,
    seen: u64,
}

impl OrderWindow {
    /// Classifies a number and remembers it. Numbers wrap at 2³².
    #[inline]
    pub(super) fn classify(&mut self, seq: u32) -> Order {
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
    use super::*;
    use proptest::prelude::*;

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
