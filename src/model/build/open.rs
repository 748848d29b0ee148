//! The conversations that go on, by their numbers: found with one look-up for each packet, gone through in the
//! order in which they began.

use std::collections::VecDeque;

use super::Open;
use crate::base::map::Map;

/// Open conversations.
#[derive(Debug, Default)]
pub(super) struct Conversations {
    by_id: Map<u32, Box<Open>>,
    /// Their numbers in order, and those of some that are closed.
    order: VecDeque<u32>,
}

impl Conversations {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn holds(&self, id: u32) -> bool {
        self.by_id.contains_key(&id)
    }

    pub(super) fn get(&self, id: u32) -> Option<&Open> {
        self.by_id.get(&id).map(|open| &**open)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, id: u32) -> Option<&mut Open> {
        self.by_id.get_mut(&id).map(|open| &mut **open)
    }

    /// Adds one whose number is higher than that of any before.
    pub(super) fn add(&mut self, id: u32, open: Open) {
        if self.order.len() >= SPARE && self.order.len() / 2 >= self.by_id.len() {
            self.order.retain(|id| self.by_id.contains_key(id));
            self.order.shrink_to(2 * self.order.len());
        }
        self.by_id.insert(id, Box::new(open));
        self.order.push_back(id);
    }

    pub(super) fn remove(&mut self, id: u32) -> Option<Open> {
        let open = self.by_id.remove(&id)?;
        // The oldest one is often the first to close.
        while self.order.front().is_some_and(|id| !self.by_id.contains_key(id)) {
            self.order.pop_front();
        }
        Some(*open)
    }

    /// The number of the oldest.
    pub(super) fn first(&self) -> Option<u32> {
        self.order.iter().copied().find(|id| self.holds(*id))
    }

    /// All of them with their numbers, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Open)> {
        self.order.iter().filter_map(|id| Some((*id, self.get(*id)?)))
    }
}

/// So many numbers may always wait to be cleared away.
const SPARE: usize = 64;
