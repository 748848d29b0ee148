//! Frame → IP datagram. First a headers-only gate drops what cannot matter ([`gate`]), then the link
//! header is taken off, IP is read leniently (etherparse) and fragments are put together within bounds.
#![warn(clippy::indexing_slicing)]

mod cooked;
mod defrag;
mod ethernet;
mod gate;
mod ip;
mod ports;
mod raw;

use std::net::IpAddr;

use self::defrag::{Defrag, Whole};
use self::ports::ControlPorts;
use crate::base::frame::{Frame, FrameRef, LinkType};
use crate::base::time::Timestamp;

/// IP protocol numbers that matter here.
#[allow(missing_docs)]
pub mod protocol {
    pub const ICMP: u8 = 1;
    pub const TCP: u8 = 6;
    pub const GRE: u8 = 47;
    pub const ICMPV6: u8 = 58;
}

/// One whole IP datagram that may matter: TCP of a control port, GRE, or an ICMP error.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// When its (last) frame was captured.
    pub at: Timestamp,
    /// The frame, or the frame of the last fragment.
    pub frame: FrameRef,
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Upper-layer protocol, after IPv6 extension headers.
    pub protocol: u8,
    /// TTL or hop limit.
    pub ttl: u8,
    /// IPv4 identification; 0 in IPv6.
    pub ident: u16,
    /// Don't Fragment.
    pub dont_fragment: bool,
    /// Upper-layer octets, without link padding.
    pub payload: &'a [u8],
    /// Upper-layer octets that the IP header announces; more than `payload.len()` where the capture cut
    /// the frame.
    pub announced: usize,
    /// How many fragments it came in; 1 for a whole datagram.
    pub fragments: u16,
    /// Whether the IPv4 header checksum was wrong (`None`: IPv6, cut, or zero by off-load).
    pub bad_checksum: Option<bool>,
}

impl Datagram<'_> {
    /// Whether the capture holds less than the datagram had.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.payload.len() < self.announced
    }
}

/// What the layer noticed about the capture as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkNote {
    /// Stable code for scripts, as `unknown-link-type`.
    pub code: &'static str,
    /// For people.
    pub text: String,
    /// First frame concerned.
    pub frame: FrameRef,
}

/// Turns frames into datagrams; owns the gate's learned ports and the fragments under reassembly.
#[derive(Debug)]
pub struct Linker {
    ports: ControlPorts,
    gated: bool,
    defrag: Defrag,
    notes: Vec<LinkNote>,
    /// Link types that were met and are not known.
    unknown_links: Vec<LinkType>,
}

impl Linker {
    /// `ports`: TCP ports that are taken for control connections; 1723 is always among them.
    #[must_use]
    pub fn new(ports: &[u16]) -> Self {
        Self {
            ports: ControlPorts::new(ports),
            gated: true,
            defrag: Defrag::default(),
            notes: Vec::new(),
            unknown_links: Vec::new(),
        }
    }

    /// The same with every IP packet decoded in full: what the gate is measured and tested against.
    #[must_use]
    pub fn without_gate(ports: &[u16]) -> Self {
        Self { gated: false, ..Self::new(ports) }
    }

    /// The datagram in this frame, if it may matter. A fragment that completes a datagram gives the
    /// whole one.
    pub fn datagram<'s>(&'s mut self, frame: &Frame<'s>) -> Option<Datagram<'s>> {
        let ip = match link_payload(frame.link, frame.data) {
            LinkPayload::Ip(ip) => ip,
            LinkPayload::Other => return None,
            LinkPayload::UnknownLink => {
                self.note_unknown_link(frame);
                return None;
            }
        };
        if self.gated && !gate::keeps(ip, &self.ports) {
            return None;
        }
        self.decode(ip, frame)
    }

    /// Notes so far, in the order of their first frames.
    #[must_use]
    pub fn notes(&self) -> &[LinkNote] {
        &self.notes
    }

    /// Whether `port` is a control port: configured, or learned by the magic cookie.
    #[must_use]
    pub fn is_control_port(&self, port: u16) -> bool {
        self.ports.contains(port)
    }

    /// The full decode of one IP packet.
    fn decode<'s>(&'s mut self, ip: &'s [u8], frame: &Frame<'s>) -> Option<Datagram<'s>> {
        let headers = frame.data.len().saturating_sub(ip.len());
        let packet = ip::parse(ip, (frame.original_len as usize).saturating_sub(headers))?;
        let whole = match packet.fragment {
            None => None,
            Some(_) if !matches!(packet.protocol, protocol::TCP | protocol::GRE) => return None,
            Some(fragment) => {
                let whole = self.defrag.add(&packet, fragment, frame.at);
                self.note_fragments(frame);
                Some(whole?)
            }
        };
        let payload = if whole.is_some() { self.defrag.payload() } else { packet.payload };
        let learned = match packet.protocol {
            protocol::GRE => true,
            protocol::TCP if self.ports.concern(payload) => self.ports.learn(payload),
            // Each ICMP over its own IP only: anything else is no error that a router sent.
            protocol::ICMP | protocol::ICMPV6
                if packet.src.is_ipv4() == (packet.protocol == protocol::ICMP)
                    && gate::is_icmp_error(packet.protocol, payload) =>
            {
                true
            }
            _ => return None,
        };
        if !learned {
            note_once(&mut self.notes, "too-many-control-ports", frame.frame, || {
                "control messages were seen on more TCP ports than are followed: name the port"
                    .to_owned()
            });
        }
        let unfragmented =
            Whole { announced: packet.announced, fragments: 1, bad_checksum: packet.bad_checksum };
        let Whole { announced, fragments, bad_checksum } = whole.unwrap_or(unfragmented);
        Some(Datagram {
            at: frame.at,
            frame: frame.frame,
            src: packet.src,
            dst: packet.dst,
            protocol: packet.protocol,
            ttl: packet.ttl,
            ident: packet.ident,
            dont_fragment: packet.dont_fragment,
            payload,
            announced,
            fragments,
            bad_checksum,
        })
    }

    #[cold]
    fn note_unknown_link(&mut self, frame: &Frame<'_>) {
        let link = frame.link;
        if self.unknown_links.len() >= UNKNOWN_LINKS || self.unknown_links.contains(&link) {
            return;
        }
        self.unknown_links.push(link);
        let name = link.name().map(|n| format!(" ({n})")).unwrap_or_default();
        let text = format!(
            "link type {}{name} is not one that this program reads: its frames are skipped",
            link.0
        );
        self.notes.push(LinkNote { code: "unknown-link-type", text, frame: frame.frame });
    }

    fn note_fragments(&mut self, frame: &Frame<'_>) {
        if self.defrag.gave_up() {
            note_once(&mut self.notes, "fragments-dropped", frame.frame, || {
                "IP fragments were given up: too many at one time, or the rest of a datagram did not \
                 come in time"
                    .to_owned()
            });
        }
    }
}

/// What a link header leaves.
enum LinkPayload<'a> {
    /// An IP packet, its version still to be looked at.
    Ip(&'a [u8]),
    /// Something else, or too few octets.
    Other,
    /// A link type without a decoder.
    UnknownLink,
}

/// Takes off the link header. A new link type is one line here.
#[inline]
fn link_payload(link: LinkType, data: &[u8]) -> LinkPayload<'_> {
    let ip = match link {
        LinkType::ETHERNET => ethernet::ip(data),
        LinkType::LINUX_SLL => cooked::v1(data),
        LinkType::LINUX_SLL2 => cooked::v2(data),
        LinkType::NULL | LinkType::LOOP => raw::by_family(data),
        // 12 and 14 are what BSD systems call raw IP.
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 | LinkType(12 | 14) => Some(data),
        _ => return LinkPayload::UnknownLink,
    };
    ip.map_or(LinkPayload::Other, LinkPayload::Ip)
}

fn note_once(
    notes: &mut Vec<LinkNote>,
    code: &'static str,
    frame: FrameRef,
    text: impl FnOnce() -> String,
) {
    if notes.iter().all(|n| n.code != code) {
        notes.push(LinkNote { code, text: text(), frame });
    }
}

/// Unknown link types that are noted; a hostile capture can name thousands.
const UNKNOWN_LINKS: usize = 16;

#[cfg(test)]
mod tests;
