//! What is remembered of connections whose state was let go of: a late segment belongs to the old one, a new
//! SYN on the same ports begins another one.

use std::collections::VecDeque;

use super::Connection;
use super::Pair;
use crate::base::limits;
use crate::base::map::Map;
use crate::base::time::Span;
use crate::base::time::Timestamp;

/// Connections of the past, without what waited for more octets; the oldest are forgotten.
#[derive(Debug, Default)]
pub(super) struct Past {
    known: Map<Pair, (u64, Connection)>,
    /// In the order in which they were let go of, each with its number among all.
    order: VecDeque<(u64, Pair)>,
    added: u64,
}

impl Past {
    /// Remembers a connection. One that never spoke is not worth it, unless its ports were used before.
    pub(super) fn add(&mut self, pair: Pair, mut c: Connection) {
        if c.serial == 0 && !c.has_spoken() && !c.closed {
            return;
        }
        for stream in &mut c.streams {
            stream.drop_waiting();
        }
        self.added += 1;
        let now = c.last;
        self.known.insert(pair, (self.added, c));
        self.order.push_back((self.added, pair));
        while let Some(&(number, pair)) = self.order.front() {
            let known = self.known.get(&pair).filter(|(n, _)| *n == number);
            let keeps = known.is_some_and(|(_, c)| now - c.last <= KEPT);
            if keeps && self.order.len() <= limits::TCP_PAST {
                break;
            }
            self.pop();
        }
    }

    /// The connection that a segment between these ends goes on with; or the serial of the new one that it
    /// begins. `opens`: the sequence number of a SYN.
    pub(super) fn take(&mut self, pair: &Pair, opens: Option<u32>) -> Result<Connection, u32> {
        let Some((_, old)) = self.known.remove(pair) else { return Err(0) };
        if opens.is_some_and(|seq| old.initial != Some(seq)) {
            return Err(old.serial + 1);
        }
        Ok(Connection { closed: false, ..old })
    }

    /// Forgets what was silent since `time`.
    pub(super) fn forget(&mut self, time: Timestamp) {
        self.known.retain(|_, (_, c)| c.last >= time);
        self.order.retain(|(n, pair)| self.known.get(pair).is_some_and(|(k, _)| k == n));
    }

    /// Makes room: forgets the older half.
    pub(super) fn shed(&mut self) {
        for _ in 0..self.order.len().div_ceil(2) {
            self.pop();
        }
        self.known.shrink_to_fit();
        self.order.shrink_to_fit();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len().max(self.order.len())
    }

    fn pop(&mut self) {
        let Some((number, pair)) = self.order.pop_front() else { return };
        if self.known.get(&pair).is_some_and(|(n, _)| *n == number) {
            self.known.remove(&pair);
        }
    }
}

/// Nothing comes later than this on a connection that was silent.
const KEPT: Span = Span::from_secs(600);
