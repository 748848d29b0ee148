//! Copies: one datagram captured more than once (two member ports of a bridge, the `any` device, a
//! mirror port that shows both directions of a router). They must never look like a retransmission.
//!
//! Recognised on the IP datagram, never on the frame: one copy may carry Ethernet padding, a VLAN tag or
//! another link header. The TCP checksum is left out, since off-load fills it in after the first look.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

use crate::base::limits;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::link::Datagram;
use crate::link::protocol;
use crate::wire::gre;

/// Recognises copies among the newest datagrams of each address pair.
#[derive(Debug, Default)]
pub struct Copies {
    recent: HashMap<(IpAddr, IpAddr), VecDeque<Print>>,
    seen: u64,
}

#[derive(Clone, Copy, Debug)]
struct Print {
    hash: u64,
    ident: u16,
    ttl: u8,
    at: Timestamp,
    numbered: bool,
}

impl Copies {
    /// How many copies were recognised.
    #[must_use]
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Whether this datagram is another look at one already taken; remembers it otherwise.
    pub fn is_copy(&mut self, datagram: &Datagram<'_>) -> bool {
        let print = Print::of(datagram);
        let key = (datagram.src, datagram.dst);
        if self.recent.len() >= limits::COPIES_PAIRS && !self.recent.contains_key(&key) {
            self.recent.clear();
        }
        let recent = self.recent.entry(key).or_default();
        let copy = recent.iter().rev().any(|old| print.repeats(old));
        if copy {
            self.seen += 1;
            return true;
        }
        if recent.len() == limits::COPIES_WINDOW {
            recent.pop_front();
        }
        recent.push_back(print);
        false
    }
}

impl Print {
    fn of(datagram: &Datagram<'_>) -> Self {
        let payload = datagram.payload;
        let mut hasher = DefaultHasher::new();
        datagram.protocol.hash(&mut hasher);
        datagram.announced.hash(&mut hasher);
        let mut head = [0u8; HASHED];
        let len = payload.len().min(HASHED);
        if let (Some(to), Some(from)) = (head.get_mut(..len), payload.get(..len)) {
            to.copy_from_slice(from);
        }
        let numbered = match datagram.protocol {
            protocol::TCP => {
                head[TCP_CHECKSUM] = 0;
                head[TCP_CHECKSUM + 1] = 0;
                false
            }
            // A repeated PPP packet gets a new GRE sequence number, so the same number is the same packet.
            protocol::GRE => gre::parse(payload).is_ok_and(|p| p.seq.is_some()),
            _ => false,
        };
        head.hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            ident: datagram.ident,
            ttl: datagram.ttl,
            at: datagram.at,
            numbered,
        }
    }

    fn repeats(&self, old: &Self) -> bool {
        if self.hash != old.hash {
            return false;
        }
        let apart = (self.at - old.at).abs();
        if self.numbered {
            return apart <= FAR;
        }
        self.ident == old.ident
            && (apart <= NEAR || (self.ident != 0 && self.ttl != old.ttl && apart <= FAR))
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
