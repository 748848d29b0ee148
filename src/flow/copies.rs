//! Copies: one datagram captured more than once (two member ports of a bridge, the `any` device, a
//! mirror port that shows both directions of a router). They must never look like a retransmission.
//!
//! Recognised on the IP datagram, never on the frame: one copy may carry Ethernet padding, a VLAN tag or
//! another link header. The TCP checksum is left out, since off-load fills it in after the first look.
//! A look that is damaged behind the octets that are compared must not hide the sound ones.

use std::hash::Hash;
use std::hash::Hasher;
use std::mem;

use crate::base::addr;
use crate::base::limits;
use crate::base::map::PrintMap;
use crate::base::map::Printer;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::flow::checksum;
use crate::flow::checksum::Checksum;
use crate::link::Datagram;
use crate::link::protocol;
use crate::wire::gre;

/// Recognises copies among the newest datagrams.
#[derive(Debug, Default)]
pub struct Copies {
    /// The newest datagram of each print, of the present generation and of the one before it: whole
    /// generations are forgotten at once.
    present: PrintMap<Known>,
    past: PrintMap<Known>,
    /// When the present generation began.
    begun: Timestamp,
    seen: u64,
    printer: Printer,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    at: Timestamp,
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
    /// This is a copy of one that was damaged, and is damaged as well.
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
        (self.present, self.past) = (PrintMap::default(), PrintMap::default());
    }

    /// Whether this datagram is another look at one already taken; remembers it otherwise.
    pub fn is_copy(&mut self, datagram: &Datagram<'_>) -> bool {
        self.look(datagram) != Look::First
    }

    /// The same, and what became of the first look.
    pub(super) fn look(&mut self, datagram: &Datagram<'_>) -> Look {
        let Print { hash, numbered } = Print::of(datagram, &self.printer);
        if let Some(old) = self.present.get(&hash).or_else(|| self.past.get(&hash)) {
            let apart = (datagram.at - old.at).abs();
            let other_hop = datagram.ident != 0 && datagram.ttl != old.ttl;
            let near = apart <= NEAR || (apart <= FAR && (numbered || other_hop));
            if near && (!old.discarded || is_damaged(datagram)) {
                let look = if old.discarded { Look::CopyOfDiscarded } else { Look::Copy };
                self.seen += 1;
                return look;
            }
        }
        let many = self.present.len();
        if many >= GENERATION || (datagram.at - self.begun).abs() > FAR {
            mem::swap(&mut self.present, &mut self.past);
            self.present.clear();
            self.begun = datagram.at;
        } else if many == limits::GROWS_TO {
            self.present.reserve(GENERATION - limits::GROWS_TO);
        }
        let known = Known { at: datagram.at, ttl: datagram.ttl, discarded: false };
        self.present.insert(hash, known);
        Look::First
    }

    /// The datagram that was looked at last was damaged, and nothing in it counted.
    pub(super) fn discard(&mut self, datagram: &Datagram<'_>) {
        let Print { hash, .. } = Print::of(datagram, &self.printer);
        if let Some(known) = self.present.get_mut(&hash) {
            known.discarded = true;
        }
    }
}

fn is_damaged(d: &Datagram<'_>) -> bool {
    !d.is_cut() && checksum::of_tcp(d.src, d.dst, d.payload) == Checksum::Wrong
}

impl Print {
    fn of(datagram: &Datagram<'_>, printer: &Printer) -> Self {
        let payload = datagram.payload;
        let head = payload.get(..HASHED).unwrap_or(payload);
        let (head, rest) = match datagram.protocol {
            protocol::TCP => match (head.get(..TCP_CHECKSUM), head.get(TCP_CHECKSUM + 2..)) {
                (Some(before), Some(behind)) => (before, behind),
                _ => (head, [].as_slice()),
            },
            _ => (head, [].as_slice()),
        };
        // A repeated PPP packet gets a new GRE sequence number, so the same number is the same packet.
        let numbered = datagram.protocol == protocol::GRE && gre::is_numbered(payload);
        let ident = if numbered { 0 } else { datagram.ident };
        let compared = Compared { datagram, ident, head, rest };
        Self { hash: printer.print(&compared), numbered }
    }
}

/// What is compared of a datagram.
struct Compared<'a> {
    datagram: &'a Datagram<'a>,
    ident: u16,
    head: &'a [u8],
    rest: &'a [u8],
}

impl Hash for Compared<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Datagram { src, dst, protocol, announced, .. } = *self.datagram;
        (addr::number(src), addr::number(dst)).hash(state);
        let length = u32::try_from(announced).unwrap_or(u32::MAX);
        (u64::from(length) << 32 | u64::from(self.ident) << 8 | u64::from(protocol)).hash(state);
        state.write(self.head);
        state.write(self.rest);
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
/// Datagrams of one generation.
const GENERATION: usize = limits::COPIES_WINDOW / 2;

#[cfg(test)]
mod tests;
