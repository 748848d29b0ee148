//! What happens all the time is told from time to time.

use crate::base::time::Span;
use crate::base::time::Timestamp;

/// A count of something that is told at once the first time, and then together.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    told: Option<Timestamp>,
    count: u64,
}

impl Seldom {
    /// So many more.
    pub(super) fn add(&mut self, count: u64) {
        self.count += count;
    }

    /// What is to be told now, if anything.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<u64> {
        if self.count == 0 || self.told.is_some_and(|t| (now - t).abs() < PAUSE) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.count))
    }
}

const PAUSE: Span = Span::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_at_once_and_then_together() {
        let at = |s| Timestamp::default() + Span::from_secs(s);
        let mut seldom = Seldom::default();
        assert_eq!(seldom.due(at(0)), None);
        seldom.add(3);
        assert_eq!(seldom.due(at(1)), Some(3));
        seldom.add(1);
        seldom.add(1);
        assert_eq!(seldom.due(at(2)), None);
        assert_eq!(seldom.due(at(11)), Some(2));
        assert_eq!(seldom.due(at(30)), None);
    }
}
