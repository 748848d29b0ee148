//! Conversations of which a report tells only how many ended in which way.

use std::collections::BTreeMap;

use super::Conversation;
use crate::model::conversation::Outcome;
use crate::report::overview;

/// Conversations that are counted by the way they ended. Grows with the ways, not with the conversations.
#[derive(Clone, Debug, Default)]
pub struct Rest {
    /// The ways.
    pub(in crate::report) kinds: BTreeMap<overview::Kind, Ids>,
    /// The address of the server, where all have one.
    pub(in crate::report) server: Server,
    /// The first whose outcome is unknown: its number, where it was captured, its port.
    pub(in crate::report) unknown: Option<(u32, &'static str, u16)>,
    /// How many of them a report would tell in detail.
    pub(in crate::report) worth_details: usize,
}

/// How many conversations, and the lowest of their numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct Ids {
    pub(in crate::report) count: u64,
    pub(in crate::report) first: Vec<u32>,
}

/// The server of several conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::report) enum Server {
    /// There are no conversations.
    #[default]
    None,
    /// They have this one.
    One(String),
    Several,
}

impl Rest {
    /// Counts a conversation.
    pub fn add(&mut self, c: &Conversation) {
        self.kinds.entry(overview::kind(c)).or_default().add(c.id);
        self.server.add(&c.server.address);
        self.worth_details += usize::from(overview::worth_details(c));
        let first = self.unknown.is_none_or(|(id, ..)| c.id < id);
        if c.outcome == Outcome::Unknown && first {
            self.unknown = Some((c.id, c.capture_point.place, c.shown.port));
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

impl Ids {
    pub(in crate::report) fn add(&mut self, id: u32) {
        self.count += 1;
        let at = self.first.partition_point(|known| *known < id);
        if at < EXAMPLES {
            self.first.insert(at, id);
            self.first.truncate(EXAMPLES);
        }
    }
}

impl Server {
    pub(in crate::report) fn add(&mut self, address: &str) {
        match self {
            Self::None => *self = Self::One(address.to_owned()),
            Self::One(known) if known != address => *self = Self::Several,
            Self::One(_) | Self::Several => {}
        }
    }
}

/// Conversations named of each kind.
const EXAMPLES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_numbers_are_named_in_whatever_order_they_come() {
        let mut ids = Ids::default();
        for id in [9, 4, 7, 1, 8] {
            ids.add(id);
        }
        assert_eq!((ids.count, ids.first), (5, vec![1, 4, 7]));
    }

    #[test]
    fn one_server_or_several() {
        let mut server = Server::default();
        server.add("192.0.2.1");
        server.add("192.0.2.1");
        assert_eq!(server, Server::One("192.0.2.1".into()));
        server.add("192.0.2.2");
        server.add("192.0.2.1");
        assert_eq!(server, Server::Several);
    }
}
