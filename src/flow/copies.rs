//! Copies: one datagram captured more than once (two member ports of a bridge, the `any` device, a
//! mirror port that shows both directions of a router). They must never look like a retransmission.
//!
//! Recognised on the IP datagram, never on the frame: one copy may carry Ethernet padding, a VLAN tag or
//! another link header. The TCP checksum is left out, since off-load fills it in after the first look.
//! A damaged one is a copy of damaged ones alone: it must not hide the sound ones.

use std::hash::Hash;
use std::hash::Hasher;
use std::mem;

use crate::base::addr;
use crate::base::limits;
use crate::base::map::Printer;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::flow::checksum;
use crate::flow::checksum::Checksum;
use crate::link::Datagram;
use crate::link::protocol;
use crate::wire::gre;

/// Recognises copies among the newest datagrams: exactly [`limits::COPIES_WINDOW`] of them, whatever they hold.
///
/// Each is written where the oldest one stood. Those whose prints fall together are found one from the other, the
/// newest first. So a datagram that is new costs two places in memory, and nothing is ever cleared away.
#[derive(Debug, Default)]
pub struct Copies {
    /// The newest datagrams. That of a number has the place of all numbers with the same remainder.
    known: Vec<Known>,
    /// Of the prints that fall together, the number of the newest datagram.
    newest: Vec<u32>,
    /// The number that the next datagram gets; they wrap.
    next: u32,
    seen: u64,
    printer: Printer,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    print: u64,
    at: Timestamp,
    /// The number of the datagram before it whose print falls together with its own.
    before: u32,
    ttl: u8,
    /// It was damaged, and nothing in it counted.
    discarded: bool,
}

/// What became of a datagram before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It was not seen before.
    First,
    /// This is a copy of one that counted.
    Copy,
    /// This is a copy of one that was damaged.
    CopyOfDiscarded,
}

/// What two looks at one datagram have in common.
struct Print {
    hash: u64,
    /// Whether it carries a number that its sender gives once.
    numbered: bool,
}

impl Copies {
    /// How many copies were recognised.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    pub(super) fn clear(&mut self) {
        (self.known, self.newest, self.next) = (Vec::new(), Vec::new(), 0);
    }

    /// Whether this datagram is another look at one already taken; remembers it otherwise.
    #[inline]
    pub fn is_copy(&mut self, datagram: &Datagram<'_>) -> bool {
        self.look(datagram) != Look::First
    }

    /// The same, and what became of the first look.
    pub(super) fn look(&mut self, datagram: &Datagram<'_>) -> Look {
        let Print { hash, numbered } = Print::of(datagram, &self.printer);
        if let Some(old) = self.find(hash) {
            let apart = (datagram.at - old.at).abs();
            let other_hop = || datagram.ident != 0 && datagram.ttl != old.ttl;
            let near = apart <= NEAR || (apart <= FAR && (numbered || other_hop()));
            if near {
                let look = if old.discarded { Look::CopyOfDiscarded } else { Look::Copy };
                self.seen += 1;
                return look;
            }
        }
        self.remember(hash, datagram);
        Look::First
    }

    /// The newest datagram with this print.
    #[inline]
    fn find(&self, print: u64) -> Option<&Known> {
        let mut number = *self.newest.get(meeting(print))?;
        let mut age = 0;
        loop {
            // Older ones have older ones before them. Where one is forgotten, a newer one has its place.
            let older = self.next.wrapping_sub(number);
            if older <= age || older as usize > limits::COPIES_WINDOW {
                return None;
            }
            age = older;
            let known = self.known.get(place(number))?;
            if known.print == print {
                return Some(known);
            }
            number = known.before;
        }
    }

    #[inline]
    fn remember(&mut self, print: u64, datagram: &Datagram<'_>) {
        if self.newest.is_empty() {
            // Room that is not used takes no memory.
            self.known.reserve_exact(limits::COPIES_WINDOW);
            self.newest = vec![0; MEETINGS];
        }
        let number = self.next;
        self.next = number.wrapping_add(1);
        let Some(newest) = self.newest.get_mut(meeting(print)) else { return };
        let before = mem::replace(newest, number);
        let Datagram { at, ttl, .. } = *datagram;
        let known = Known { print, at, before, ttl, discarded: false };
        match self.known.get_mut(place(number)) {
            Some(oldest) => *oldest = known,
            None => self.known.push(known),
        }
    }

    /// What was looked at last was damaged, and nothing in it counted.
    pub(super) fn discard_last(&mut self) {
        if let Some(last) = self.known.get_mut(place(self.next.wrapping_sub(1))) {
            last.discarded = true;
        }
    }
}

/// Whether its checksum of TCP is wrong.
fn is_damaged(d: &Datagram<'_>) -> bool {
    !d.is_cut() && checksum::of_tcp(d.src, d.dst, d.payload) == Checksum::Wrong
}

/// The print by which a datagram and its copies are known.
pub(crate) fn print(datagram: &Datagram<'_>, printer: &Printer) -> u64 {
    Print::of(datagram, printer).hash
}

impl Print {
    #[inline]
    fn of(datagram: &Datagram<'_>, printer: &Printer) -> Self {
        let payload = datagram.payload;
        // A repeated PPP packet gets a new GRE sequence number, so the same number is the same packet.
        let numbered = datagram.protocol == protocol::GRE && gre::is_numbered(payload);
        let head = payload.get(..HASHED).unwrap_or(payload);
        let (head, rest) = match datagram.protocol {
            protocol::TCP => match (head.get(..TCP_CHECKSUM), head.get(TCP_CHECKSUM + 2..)) {
                (Some(before), Some(behind)) => (before, behind),
                _ => (head, [].as_slice()),
            },
            _ => (head, [].as_slice()),
        };
        let ident = if numbered { 0 } else { datagram.ident };
        let damaged = datagram.protocol == protocol::TCP && is_damaged(datagram);
        let compared = Compared { datagram, damaged, ident, head, rest };
        Self { hash: printer.print(&compared), numbered }
    }
}

/// Where a print meets others.
fn meeting(print: u64) -> usize {
    usize::try_from(print % MEETINGS as u64).unwrap_or_default()
}

/// Where the datagram of a number stands.
fn place(number: u32) -> usize {
    number as usize % limits::COPIES_WINDOW
}

/// What is compared of a datagram.
struct Compared<'a> {
    datagram: &'a Datagram<'a>,
    damaged: bool,
    ident: u16,
    head: &'a [u8],
    rest: &'a [u8],
}

impl Hash for Compared<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Datagram { src, dst, protocol, announced, .. } = *self.datagram;
        (addr::number(src), addr::number(dst)).hash(state);
        let length = u32::try_from(announced).unwrap_or(u32::MAX);
        let few = u64::from(self.ident) << 8 | u64::from(protocol);
        (u64::from(length) << 32 | u64::from(self.damaged) << 24 | few).hash(state);
        // Most of it in words, which costs half as much as octets of any number.
        let (words, head) = self.head.as_chunks();
        for word in words {
            state.write_u128(u128::from_ne_bytes(*word));
        }
        for octets in [head, self.rest] {
            if !octets.is_empty() {
                state.write(octets);
            }
        }
    }
}

/// Octets of the payload that are compared: headers, sequence numbers and the start of the data.
pub(crate) const HASHED: usize = 96;
/// Offset of the checksum in a TCP header (RFC 9293 §3.1).
const TCP_CHECKSUM: usize = 16;
/// Two looks at one packet on one host are at most this far apart.
const NEAR: Span = Span::from_millis(50);
/// Two looks on two sides of a slow path (merged captures): told by the TTL or the GRE number.
const FAR: Span = Span::from_secs(10);
/// Places where prints meet. Twice as many as there are datagrams: most of them have theirs to themselves.
const MEETINGS: usize = 2 * limits::COPIES_WINDOW;

#[cfg(test)]
mod tests;
