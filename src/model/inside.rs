//! What is inside a tunnel, as far as the given secrets open it: which Response keyed each direction, how
//! many packets came out, where the keys were lost, and what the packets inside tell about the path.
//!
//! Only these facts stay. The keys live in [`tunnel`] while packets pass and are wiped with it.

mod candidates;
mod flows;
pub mod tunnel;
mod unpacker;
mod way;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::traffic::Defects;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::limits;

/// The inside of one direction of a call.
#[derive(Clone, Debug, Default)]
pub struct Inside {
    /// Packets of protocol 00FD: encrypted, or compressed alone.
    pub wrapped: u64,
    /// Of those, the ones that were opened to a frame that can be what the sender put in.
    pub opened: u64,
    /// Of those, the ones with an IPv4 header whose checksum is right.
    pub proven: u64,
    /// Opened by a proven key, and nonsense all the same: damaged on the way, or the key was changed.
    pub nonsense: u64,
    /// Cut by the capture, so they were not opened.
    pub cut: u64,
    /// Packets of a direction for which there is nothing to open with, or not yet.
    pub closed: u64,
    /// The Response whose keys open this direction.
    pub keyed_by: Option<KeyedBy>,
    /// Length of the key, bits; 0 where the packets are compressed alone.
    pub bits: u16,
    /// Whether every packet has a key of its own.
    pub stateless: bool,
    /// Runs of packets that could not be read because one before them is missing.
    pub lost_sync: LostSync,
    /// Packets that were decrypted and could not be unpacked.
    pub unpack_errors: u64,
    /// Packets that unpack to more than a frame can hold.
    pub bombs: Option<Defects>,
    /// No key of any Response fits.
    pub unfit: Option<Unfit>,
    /// Frames inside, by PPP protocol, the first few protocols.
    pub protocols: BTreeMap<u16, u64>,
    /// What the IP packets inside tell.
    pub traffic: Traffic,
}

/// An IP packet that came out of a tunnel.
#[derive(Clone, Debug)]
pub struct InnerPacket {
    /// Conversation, as numbered while it is open.
    pub conversation: u32,
    /// Index of the call.
    pub call: u8,
    /// Direction.
    pub dir: Dir,
    /// The frame that carried it, or its last piece.
    pub mark: Mark,
    /// Who logged on, as sent; empty where nobody is known.
    pub user: Arc<str>,
    /// The packet.
    pub octets: Vec<u8>,
}

/// A Response whose keys open a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyedBy {
    /// Index of the attempt in the call.
    pub attempt: usize,
    /// Index of the Response in the attempt (the first of equal ones).
    pub response: usize,
    /// The packet of the Response.
    pub mark: Mark,
    /// The packet that proved it.
    pub proven_at: Mark,
    /// Whether an IPv4 checksum proved it, as against several plausible frames in a row.
    pub by_checksum: bool,
}

/// Keys of all Responses gave nonsense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// First packet.
    pub first: Mark,
    /// Packets on which the keys were tried.
    pub tried: u32,
    /// The most packets that one key opened to something plausible: noise passes now and then.
    pub plausible: u32,
}

/// Times at which synchronisation was lost.
#[derive(Clone, Debug, Default)]
pub struct LostSync {
    /// The first of them.
    pub episodes: Vec<Episode>,
    /// How many.
    pub count: u32,
    /// Packets that could not be read, all together.
    pub packets: u64,
}

/// A run of packets that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// First of them.
    pub lost: Mark,
    /// The packet with which the sender started over.
    pub regained: Option<Mark>,
    /// How many.
    pub packets: u64,
}

/// What the IP packets of one direction inside the tunnel tell.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// IP packets.
    pub packets: u64,
    /// Their octets.
    pub octets: u64,
    /// The largest, octets.
    pub largest: usize,
    /// Packets that call for an answer: ICMP echo requests, TCP SYNs, DNS queries.
    pub requests: u32,
    /// DNS queries, repetitions included.
    pub dns_queries: u32,
    /// Those that were answered.
    pub dns_answered: u32,
    /// TCP segments that were sent again.
    pub resent: Resent,
    /// ICMP says that packets of this direction are too big.
    pub too_big: Option<TooBig>,
    /// ICMP "unreachable" of other kinds that travels in this direction.
    pub unreachable: Option<Defects>,
    /// Packets of the client whose source is not the address that the server gave it: the first such
    /// address, and the packets.
    pub foreign_source: Option<(IpAddr, Defects)>,
}

/// TCP segments with data that were sent again inside the tunnel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resent {
    /// All.
    pub count: u32,
    /// Those in IP packets of 576 octets and more.
    pub large: u32,
    /// The most often that one such large segment was sent, the first time included.
    pub most: u32,
    /// Octets of the IP packet that was sent so often.
    pub size: usize,
    /// First time that it was sent.
    pub first: Option<Mark>,
    /// Newest time.
    pub last: Option<Mark>,
}

/// A router inside the tunnel, or behind it, says that packets are too big.
#[derive(Clone, Copy, Debug)]
pub struct TooBig {
    /// The ICMP message.
    pub mark: Mark,
    /// Who says so.
    pub from: IpAddr,
    /// Where the packets go.
    pub towards: IpAddr,
    /// What it can forward, octets; 0 where it does not say.
    pub mtu: u16,
    /// Larger packets with the same target that were sent later than a second and within a minute of it.
    pub beyond: Option<Defects>,
}

impl Inside {
    /// A frame came out.
    fn count(&mut self, protocol: u16) {
        let known = self.protocols.contains_key(&protocol);
        if known || self.protocols.len() < limits::INNER_KEPT {
            *self.protocols.entry(protocol).or_insert(0) += 1;
        }
    }

    /// Why packets stayed closed, the weightiest reason; `None` where all were opened.
    #[must_use]
    pub fn why_closed(&self) -> Option<&'static str> {
        let reasons = [
            (self.closed, NOBODY),
            (
                self.unfit.map_or(0, |u| u64::from(u.tried)),
                "the keys of no Response with this password fit",
            ),
            (self.lost_sync.packets, "packets before them are missing"),
            (self.nonsense, "they are damaged"),
            (self.cut, "the capture cut them"),
            (self.unpack_errors, "they cannot be unpacked"),
        ];
        if self.opened >= self.wrapped {
            return None;
        }
        let (count, reason) = reasons.into_iter().max_by_key(|(count, _)| *count)?;
        Some(if count == 0 { "their order cannot be restored" } else { reason })
    }
}

impl LostSync {
    fn lose(&mut self, mark: Mark, begins: bool) {
        self.packets += 1;
        let open = self.episodes.last_mut().filter(|e| e.regained.is_none());
        match open {
            Some(episode) if !begins => episode.packets += 1,
            _ if !begins && self.count > 0 => {}
            _ => {
                self.count = self.count.saturating_add(1);
                if self.episodes.len() < limits::INNER_KEPT {
                    self.episodes.push(Episode { lost: mark, regained: None, packets: 1 });
                }
            }
        }
    }

    fn regain(&mut self, mark: Mark) {
        if let Some(open) = self.episodes.last_mut() {
            open.regained.get_or_insert(mark);
        }
    }
}

impl Resent {
    pub(super) const LARGE: usize = 576;
}

/// Why packets stay closed that come without a Response whose secret is known.
pub const NOBODY: &str = "no Response comes before them of a user whose secret is given";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_synchronisation_comes_in_runs() {
        let mut lost = LostSync::default();
        for (begins, regains) in [(true, false), (false, true), (true, true), (false, false)] {
            lost.lose(Mark::default(), begins);
            if regains {
                lost.regain(Mark::default());
            }
        }
        assert_eq!((lost.count, lost.packets, lost.episodes.len()), (2, 4, 2));
        assert_eq!(lost.episodes[0].packets, 2);
    }

    #[test]
    fn the_weightiest_reason_is_told() {
        let mut inside = Inside { wrapped: 5, opened: 5, ..Inside::default() };
        assert_eq!(inside.why_closed(), None);
        inside.opened = 2;
        inside.lost_sync.packets = 2;
        inside.cut = 1;
        assert_eq!(inside.why_closed(), Some("packets before them are missing"));
    }
}
