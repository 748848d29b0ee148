//! Names that stand for others, part by part and of the same length: `LAB\alice` becomes `do1\user1` and
//! `alice` alone `user1`. Blanks, backslashes, slashes, at-signs and empty parts stay where they are, since
//! rules read them.

use std::collections::{BTreeMap, BTreeSet};

/// The table of one run. It first learns which names there are, so that none of them is given out.
#[derive(Debug, Default)]
pub(super) struct Names {
    order: Vec<(Kind, Part)>,
    originals: BTreeSet<Part>,
    /// Empty for a name that is known and has none yet.
    given: BTreeMap<(Kind, Part), Part>,
    used: BTreeSet<Part>,
    counts: BTreeMap<Kind, u32>,
    settled: bool,
}

/// A part of a name.
type Part = Box<[u8]>;

/// What a part names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    User,
    Domain,
    Host,
}

impl Names {
    /// Overwrites the name of a user, with or without a domain. While the table learns, it stays.
    pub(super) fn user(&mut self, name: &mut [u8]) {
        let mut realm = false;
        let mut rest = name;
        while !rest.is_empty() {
            let end = rest.iter().position(|o| SEPARATORS.contains(o)).unwrap_or(rest.len());
            let (part, tail) = rest.split_at_mut(end);
            let kind = match tail.first() {
                Some(b'\\' | b'/') => Kind::Domain,
                _ if realm => Kind::Domain,
                _ => Kind::User,
            };
            self.part(kind, part);
            let Some((separator, tail)) = tail.split_first_mut() else { return };
            realm |= *separator == b'@';
            rest = tail;
        }
    }

    /// Overwrites the name of a machine. What says nothing (`local`) stays.
    pub(super) fn host(&mut self, name: &mut [u8]) {
        if *name != *SAYS_NOTHING {
            for part in name.split_mut(|o| SEPARATORS.contains(o)) {
                self.part(Kind::Host, part);
            }
        }
    }

    /// Ends learning: names are given out in the order in which the originals appeared.
    pub(super) fn settle(&mut self) {
        self.settled = true;
        for (kind, original) in std::mem::take(&mut self.order) {
            self.part(kind, &mut original.into_vec());
        }
    }

    fn part(&mut self, kind: Kind, part: &mut [u8]) {
        if part.is_empty() {
            return;
        }
        let entry = (kind, Box::from(&*part));
        if !self.settled {
            if self.order.len() < NAMES && !self.given.contains_key(&entry) {
                self.originals.insert(entry.1.clone());
                self.given.insert(entry.clone(), Box::default());
                self.order.push(entry);
            }
            return;
        }
        match self.given.get(&entry) {
            Some(known) if !known.is_empty() => part.copy_from_slice(known),
            _ if self.used.len() >= NAMES => part.fill(b'x'),
            _ => {
                let new = self.give(kind, part.len());
                part.copy_from_slice(&new);
                self.used.insert(new.clone());
                self.given.insert(entry, new);
            }
        }
    }

    /// A new name of the given length. Short ones run out; then two originals share one.
    fn give(&mut self, kind: Kind, length: usize) -> Box<[u8]> {
        let count = self.counts.entry(kind).or_insert(0);
        let mut new = Box::default();
        for _ in 0..TRIES {
            *count = count.saturating_add(1);
            new = kind.numbered(*count, length);
            if !self.used.contains(&new) && !self.originals.contains(&new) {
                break;
            }
        }
        new
    }
}

impl Kind {
    /// `user1xxx`, `user1`, `us1`, `1`.
    fn numbered(self, number: u32, length: usize) -> Box<[u8]> {
        let word = match self {
            Self::User => "user",
            Self::Domain => "domain",
            Self::Host => "host",
        };
        let number = number.to_string();
        let letters = length.saturating_sub(number.len()).min(word.len());
        let digits = number.len().saturating_sub(length);
        let filler = std::iter::repeat_n(b'x', length);
        word.bytes()
            .take(letters)
            .chain(number.bytes().skip(digits))
            .chain(filler)
            .take(length)
            .collect()
    }
}

/// What separates the parts of a name, or ends it early.
const SEPARATORS: [u8; 5] = *b"\\/@ \0";
/// The host name that pptp-linux and pptpd write for every machine.
const SAYS_NOTHING: &[u8] = b"local";
/// Names that are told apart in one run.
const NAMES: usize = 1 << 16;
/// Names tried until one is free.
const TRIES: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn veiled(users: &[&str]) -> Vec<String> {
        let mut names = Names::default();
        for user in users {
            let mut octets = user.as_bytes().to_vec();
            names.user(&mut octets);
            assert_eq!(octets, user.as_bytes());
        }
        names.settle();
        users
            .iter()
            .map(|user| {
                let mut octets = user.as_bytes().to_vec();
                names.user(&mut octets);
                String::from_utf8(octets).unwrap()
            })
            .collect()
    }

    #[test]
    fn parts_keep_length_place_and_identity() {
        assert_eq!(
            veiled(&["LAB\\alice", "alice", " \\bob", "\\bob", "carol-anne@lab.example", "LAB/x"]),
            ["do1\\user1", "user1", " \\us2", "\\us2", "user3xxxxx@domain2xxxx", "do1/4"]
        );
    }

    #[test]
    fn no_original_is_given_out() {
        assert_eq!(veiled(&["alice", "user1", "user2"]), ["user3", "user4", "user5"]);
    }

    #[test]
    fn many_short_names() {
        let names: Vec<String> = (0..300).map(|n| format!("{n:03}")).collect();
        let new = veiled(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(new.iter().collect::<BTreeSet<_>>().len(), 300);
        assert!(new.iter().all(|n| n.len() == 3 && !names.contains(n)));
    }

    #[test]
    fn a_host_that_says_nothing_stays() {
        let mut names = Names { settled: true, ..Names::default() };
        let (mut local, mut server) = (*b"local", *b"pptpd");
        names.host(&mut local);
        names.host(&mut server);
        assert_eq!((&local, &server), (b"local", b"host1"));
    }
}
