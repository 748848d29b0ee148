//! Copies: one datagram captured more than once (two member ports of a bridge, the `any` device, a
//! mirror port that shows both directions of a router). They must never look like a retransmission.
//!
//! Recognised on the IP datagram, never on the frame: one copy may carry Ethernet padding, a VLAN tag or
//! another link header. The TCP checksum is left out, since off-load fills it in after the first look.

use std::collections::VecDeque;

use crate::base::limits;
use crate::base::map::PrintMap;
use crate::base::map::Printer;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::link::Datagram;
use crate::link::protocol;
use crate::wire::gre;

/// Recognises copies among the newest datagrams.
#[derive(Debug, Default)]
pub struct Copies {
    /// The newest datagram of each print.
    recent: PrintMap<Known>,
    /// Their prints in the order of their coming, each with the number of its datagram.
    order: VecDeque<(u64, u64)>,
    /// Datagrams so far.
    count: u64,
    seen: u64,
    printer: Printer,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    at: Timestamp,
    number: u64,
    ttl: u8,
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
        (self.recent, self.order) = (PrintMap::default(), VecDeque::new());
    }

    /// Whether this datagram is another look at one already taken; remembers it otherwise.
    pub fn is_copy(&mut self, datagram: &Datagram<'_>) -> bool {
        let Print { hash, numbered } = Print::of(datagram, &self.printer);
        if let Some(old) = self.recent.get(&hash) {
            let apart = (datagram.at - old.at).abs();
            let other_hop = datagram.ident != 0 && datagram.ttl != old.ttl;
            if apart <= NEAR || (apart <= FAR && (numbered || other_hop)) {
                self.seen += 1;
                return true;
            }
        }
        self.forget(datagram.at);
        if self.order.len() == limits::GROWS_TO {
            self.recent.reserve(limits::COPIES_WINDOW - limits::GROWS_TO);
            self.order.reserve(limits::COPIES_WINDOW - limits::GROWS_TO);
        }
        self.count += 1;
        let known = Known { at: datagram.at, number: self.count, ttl: datagram.ttl };
        self.recent.insert(hash, known);
        self.order.push_back((hash, self.count));
        false
    }

    /// Lets go of datagrams that nothing can be a copy of any more, and of the oldest where there are too many.
    fn forget(&mut self, now: Timestamp) {
        while let Some(&(hash, number)) = self.order.front() {
            let known = self.recent.get(&hash).filter(|k| k.number == number);
            let old = known.is_none_or(|k| (now - k.at).abs() > FAR);
            if !old && self.order.len() < limits::COPIES_WINDOW {
                return;
            }
            if known.is_some() {
                self.recent.remove(&hash);
            }
            self.order.pop_front();
        }
    }
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
        let Datagram { src, dst, protocol, announced, .. } = *datagram;
        Self { hash: printer.print(&(src, dst, protocol, announced, ident, head, rest)), numbered }
    }
}

/// Octets of the payload that are compared: headers, sequence numbers and the start of the data.
const HASHED: usize = 96;
/// Offset of the checksum in a TCP header (RFC 9293 §3.1).
const TCP_CHECKSUM: usize = 16;
/// Two looks at one packet on one host are at most this far apart.
const NEAR: Span = Span::from_millis(50);
/// Two looks on two sides of a slow path (merged captures): told by the TTL or the GRE number.
const FAR: Span = Span::from_secs(10);
