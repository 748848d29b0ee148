//! Extracts that can be shown to a stranger: addresses and names are replaced, each always by the same
//! other one; passwords, proofs of passwords and all user data go. Every fact that a rule reads stays, so
//! the extract gets the findings of the original.
//!
//! It takes two looks. A [`Survey`] reads the captures once: which addresses and names there are (none of
//! them may be given out), the octets of each control connection in order, and by the analysis itself
//! which Challenge each Response answers. The [`Anonymizer`] that comes out of it then turns each frame
//! into IP packets of the same size and time.
//!
//! | | stays | goes |
//! |---|---|---|
//! | IP, TCP, ICMP | sizes, TTL, identification, ports, flags, numbers | addresses, link headers, tunnels around |
//! | control connection | every number, the vendor | host names, telephone numbers, statistics |
//! | PPP | negotiation, magic numbers, sentences of known software | addresses in it, names, other words |
//! | authentication | codes, Challenges, error numbers, the form of names | names, passwords, Responses, proofs |
//! | user data | protocol, size, MPPE header | all else |

mod addresses;
mod auth;
mod control;
mod gre;
mod icmp;
mod inner;
mod keyed;
mod names;
mod octets;
mod packet;
mod ppp;
mod responses;
mod tcp;
mod texts;

use std::net::IpAddr;

pub use self::keyed::Key;
pub use self::packet::Packet;

use self::addresses::Addresses;
use self::names::Names;
use self::responses::Responses;
use self::tcp::Streams;
use self::tcp::Taken;
use super::{Analyzer, Options};
use crate::base::frame::Frame;
use crate::base::time::Timestamp;
use crate::flow::Flow;
use crate::flow::copies;
use crate::flow::copies::Copies;
use crate::link::{Datagram, Linker, protocol};

/// The first look; frames are to be shown in capture order.
#[derive(Debug)]
pub struct Survey {
    ports: Vec<u16>,
    linker: Linker,
    flow: Flow,
    analyzer: Analyzer,
    veil: Veil,
    streams: Streams,
    pushed: u32,
}

/// The second look: frames → what may be shown of them.
#[derive(Debug)]
pub struct Anonymizer {
    linker: Linker,
    /// Tells what the analysis does not take.
    flow: Flow,
    veil: Veil,
    streams: Streams,
    /// Tells what the analysis of the extract will take for a copy.
    shown: Copies,
    fragmented: u32,
}

/// What stands for what.
#[derive(Debug)]
struct Veil {
    key: Key,
    addresses: Addresses,
    names: Names,
    responses: Responses,
}

impl Survey {
    /// `ports`: control ports besides 1723.
    #[must_use]
    pub fn new(ports: &[u16], key: Key) -> Self {
        let options = Options { ports: ports.to_vec(), ..Options::default() };
        Self {
            ports: ports.to_vec(),
            linker: Linker::new(ports),
            flow: Flow::new(ports),
            analyzer: Analyzer::new(options),
            veil: Veil::new(key),
            streams: Streams::default(),
            pushed: 0,
        }
    }

    /// Takes the next frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.analyzer.push(frame);
        self.pushed = self.pushed.wrapping_add(1);
        if self.pushed.is_multiple_of(DRAIN_EVERY) {
            while let Some(c) = self.analyzer.builder.pop_closed() {
                self.veil.responses.learn(&c);
            }
        }
        let Some(d) = self.linker.datagram(frame) else { return };
        let ends = self.veil.ends(&d);
        if let Taken::As(segment) = Taken::by(&mut self.flow, &d) {
            self.streams.learn(&segment, d.payload);
        }
        if d.protocol != protocol::TCP {
            self.veil.payload(&d, ends, &mut d.payload.to_vec());
        }
    }

    /// Ends the first look; `until`: when the capture ended.
    #[must_use]
    pub fn finish(self, until: Option<Timestamp>) -> Anonymizer {
        let Self { ports, mut analyzer, mut veil, mut streams, .. } = self;
        if let Some(until) = until {
            analyzer.tick(until);
        }
        for c in &analyzer.facts().conversations {
            veil.responses.learn(c);
        }
        // Once for the names in it, once for good.
        streams.veil(&mut veil);
        veil.settle();
        streams.veil(&mut veil);
        let (linker, flow) = (Linker::new(&ports), Flow::new(&ports));
        Anonymizer { linker, flow, veil, streams, shown: Copies::default(), fragmented: 0 }
    }
}

impl Anonymizer {
    /// What stands for the next frame: nothing where it does not matter or is a fragment whose rest is
    /// to come, as a rule one packet, several where it completes a datagram of several fragments. They
    /// are raw IP ([`LinkType::RAW`](crate::base::frame::LinkType::RAW)).
    pub fn packets(&mut self, frame: &Frame<'_>) -> Vec<Packet> {
        let Some(d) = self.linker.datagram(frame) else { return Vec::new() };
        let copies = self.flow.copies_seen();
        let taken = Taken::by(&mut self.flow, &d);
        let is_first = self.flow.copies_seen() == copies;
        let (mut payload, d) = (d.payload.to_vec(), Datagram { payload: &[], ..d });
        let original = payload.clone();
        let ends = self.veil.ends(&d);
        match d.protocol {
            protocol::TCP => {
                if !self.streams.overwrite(&mut self.veil, &d, ends, &mut payload, taken) {
                    return Vec::new();
                }
            }
            _ => self.veil.payload(&d, ends, &mut payload),
        }
        self.fragmented = self.fragmented.wrapping_add(u32::from(d.fragments > 1));
        let new = Datagram { src: ends.0, dst: ends.1, payload: &[], ..d };
        let ident = self.told_apart(&new, &original, &mut payload, is_first);
        packet::packets(&Datagram { ident, ..d }, ends, &payload, self.fragmented)
    }

    /// The identification of a packet: that of the original, or the next at which it is no copy where that was
    /// none, but became the same as another one. Of numbered GRE, whose copies are known by its number, an octet
    /// that was overwritten is another one instead.
    fn told_apart(
        &mut self,
        d: &Datagram<'_>,
        original: &[u8],
        payload: &mut [u8],
        is_first: bool,
    ) -> u16 {
        let mut is_copy = |ident, payload: &[u8]| {
            self.shown.is_copy(&Datagram { ident, payload, ..*d }) && is_first
        };
        let mut idents = (0..=COLLISIONS).map(|n| d.ident.wrapping_add(n));
        if let Some(ident) = idents.find(|ident| !is_copy(*ident, payload)) {
            return ident;
        }
        let overwritten = original.iter().zip(&*payload).take(copies::HASHED);
        let last = overwritten.enumerate().filter(|(_, (a, b))| a != b).map(|(n, _)| n).next_back();
        if let Some(at) = last.filter(|_| d.protocol == protocol::GRE) {
            for _ in 0..u8::MAX {
                payload.get_mut(at).into_iter().for_each(|octet| *octet = octet.wrapping_add(1));
                if !is_copy(d.ident, payload) {
                    break;
                }
            }
        }
        d.ident
    }
}

impl Veil {
    fn new(key: Key) -> Self {
        Self {
            key,
            addresses: Addresses::default(),
            names: Names::default(),
            responses: Responses::default(),
        }
    }

    /// From now on originals are replaced.
    fn settle(&mut self) {
        self.addresses.settle(&self.key);
        self.names.settle();
    }

    fn address(&mut self, addr: IpAddr) -> IpAddr {
        self.addresses.map(&self.key, addr)
    }

    fn ends(&mut self, d: &Datagram<'_>) -> (IpAddr, IpAddr) {
        (self.address(d.src), self.address(d.dst))
    }

    /// Overwrites the payload of a datagram other than TCP; `ends` are its new addresses.
    fn payload(&mut self, d: &Datagram<'_>, ends: (IpAddr, IpAddr), payload: &mut [u8]) {
        match d.protocol {
            protocol::GRE => gre::packet(self, payload),
            _ => icmp::error(self, payload, ends.0, ends.1, payload.len() >= d.announced),
        }
    }
}

/// Frames between two looks for conversations that are over.
const DRAIN_EVERY: u32 = 4096;
/// Packets that differed and no longer do, one after the other.
const COLLISIONS: u16 = 64;
