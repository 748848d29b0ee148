//! Frame → IP datagram. A headers-only gate drops what cannot matter (`gate`); what it keeps has its
//! link headers taken off one by one (`layer`), IP read leniently (etherparse), fragments put together
//! within bounds (`defrag`), and tunnels opened down to the packet that PPTP itself sent (`tunnel`).
#![warn(clippy::indexing_slicing)]

mod cooked;
mod defrag;
mod ethernet;
mod gate;
mod gre;
mod ip;
mod layer;
mod link_type;
mod llc;
mod mpls;
mod notes;
mod pktap;
mod ports;
mod ppp;
mod raw;
mod tunnel;
mod wifi;

use std::net::IpAddr;

use etherparse::TcpSlice;

use self::defrag::{Defrag, Whole};
use self::ip::{Fragment, Packet};
use self::link_type::LinkPayload;
use self::notes::Notes;
use self::ports::ControlPorts;
use crate::base::frame::{Frame, FrameRef};
use crate::base::limits;
use crate::base::time::Timestamp;
use crate::wire::icmp;

/// IP protocol numbers that matter here.
#[allow(missing_docs)]
pub mod protocol {
    pub const ICMP: u8 = 1;
    pub const IPV4: u8 = 4;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const IPV6: u8 = 41;
    pub const GRE: u8 = 47;
    pub const ICMPV6: u8 = 58;
}

/// One whole IP datagram that matters: TCP of a control port, GRE, or an ICMP error about these. One that came in
/// a tunnel is like any other; addresses and all else are its own, not the tunnel's.
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

/// The gate alone, for one who sifts frames before a [`Linker`] gets them.
#[derive(Clone, Debug)]
pub struct Gate(ControlPorts);

/// What the gate makes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// A linker must see it.
    Yes,
    /// Only a linker that [learned ports](Linker::has_learned_ports) must.
    WithLearnedPorts,
    /// No linker makes anything of it.
    No,
}

impl Gate {
    /// As [`Linker::new`].
    #[must_use]
    pub fn new(ports: &[u16]) -> Self {
        Self(ControlPorts::new(ports))
    }

    /// Judges a frame by itself.
    #[must_use]
    pub fn judge(&self, frame: &Frame<'_>) -> Passes {
        match link_type::payload(frame.link, frame.data) {
            LinkPayload::Ip(ip) if gate::keeps(ip, &self.0) => Passes::Yes,
            LinkPayload::Ip(ip) if gate::is_tcp(ip) => Passes::WithLearnedPorts,
            LinkPayload::Ip(_) | LinkPayload::Other => Passes::No,
            // It is noted.
            LinkPayload::UnknownLink(_) => Passes::Yes,
        }
    }
}

/// Turns frames into datagrams; owns the gate's learned ports and the fragments under reassembly.
#[derive(Debug)]
pub struct Linker {
    ports: ControlPorts,
    gated: bool,
    defrag: Defrag,
    /// Where datagrams become whole, one for each depth: a fragment can lie inside a fragment.
    wholes: [Vec<u8>; limits::TUNNEL_DEPTH + 1],
    /// The newest frame was a fragment that waits for the rest of its datagram.
    waits: bool,
    notes: Notes,
}

impl Linker {
    /// `ports`: TCP ports that are taken for control connections; 1723 is always among them.
    #[must_use]
    pub fn new(ports: &[u16]) -> Self {
        Self {
            ports: ControlPorts::new(ports),
            gated: true,
            defrag: Defrag::default(),
            wholes: Default::default(),
            waits: false,
            notes: Notes::default(),
        }
    }

    /// The same with every IP packet decoded in full: what the gate is measured and tested against.
    #[must_use]
    pub fn without_gate(ports: &[u16]) -> Self {
        Self { gated: false, ..Self::new(ports) }
    }

    /// The datagram in this frame, if it may matter. A fragment that completes a datagram gives the
    /// whole one.
    #[inline]
    pub fn datagram<'s>(&'s mut self, frame: &Frame<'s>) -> Option<Datagram<'s>> {
        self.waits = false;
        let ip = match link_type::payload(frame.link, frame.data) {
            LinkPayload::Ip(ip) => ip,
            LinkPayload::Other => return None,
            LinkPayload::UnknownLink(link) => {
                self.notes.unknown_link(link, frame.frame);
                return None;
            }
        };
        if let Some(datagram) = plain_gre(ip, frame) {
            return Some(datagram);
        }
        if self.gated && !gate::keeps(ip, &self.ports) {
            return None;
        }
        self.decode(ip, frame)
    }

    /// Notes so far, in the order of their first frames.
    #[must_use]
    pub fn notes(&self) -> &[LinkNote] {
        self.notes.all()
    }

    /// Whether the newest frame was a fragment that may yet become part of a datagram that matters.
    #[must_use]
    pub const fn holds_fragment(&self) -> bool {
        self.waits
    }

    /// Whether control messages were seen on ports that were not known.
    #[must_use]
    pub fn has_learned_ports(&self) -> bool {
        self.ports.has_learned()
    }

    /// The full decode of one IP packet and of those inside it.
    fn decode<'s>(&'s mut self, ip: &'s [u8], frame: &Frame<'s>) -> Option<Datagram<'s>> {
        let mut ip = ip;
        let mut on_wire = behind(frame.original_len as usize, frame.data, ip);
        for whole in &mut self.wholes {
            let packet = ip::parse(ip, on_wire)?;
            let mut facts = Whole {
                announced: packet.announced,
                fragments: 1,
                bad_checksum: packet.bad_checksum,
            };
            let mut payload = packet.payload;
            if let Some(fragment) = packet.fragment {
                if !is_reassembled(&packet, fragment, &self.defrag) {
                    return None;
                }
                let complete = self.defrag.add(&packet, fragment, frame.at, whole);
                if self.defrag.gave_up() {
                    self.notes.fragments_dropped(frame.frame);
                }
                self.waits = complete.is_none();
                facts = complete?;
                payload = whole;
            }
            let Some(inner) = tunnel::inner(packet.protocol, payload) else {
                if !matters(&packet, payload, &self.ports) {
                    return None;
                }
                if packet.protocol == protocol::TCP && !self.ports.learn(payload) {
                    self.notes.too_many_control_ports(frame.frame);
                }
                return Some(datagram(frame, &packet, payload, facts));
            };
            ip = inner.ip()?;
            on_wire = behind(facts.announced, payload, ip);
        }
        self.notes.tunnels_too_deep(frame.frame);
        None
    }
}

/// What nearly all packets of a PPTP session are: GRE of version 1 in IP without anything unusual. What
/// [`Linker::decode`] makes of it, in a fraction of the time.
#[inline]
fn plain_gre<'s>(ip: &'s [u8], frame: &Frame<'s>) -> Option<Datagram<'s>> {
    // In IPv6, which `plain` refuses, this is part of an address.
    if ip.get(9) != Some(&protocol::GRE) {
        return None;
    }
    let packet = ip::plain(ip)?;
    let whole =
        Whole { announced: packet.announced, fragments: 1, bad_checksum: packet.bad_checksum };
    gre::is_pptp(packet.payload).then(|| datagram(frame, &packet, packet.payload, whole))
}

/// Length on the wire of the packet that ends `outer`, from that of `outer`.
fn behind(outer_on_wire: usize, outer: &[u8], packet: &[u8]) -> usize {
    outer_on_wire.saturating_sub(outer.len().saturating_sub(packet.len()))
}

/// Whether the datagram of a fragment could matter. Of UDP only the first fragment tells, by the port of
/// a tunnel: others are held behind such a one alone, so that fragments of ordinary UDP crowd out nothing.
fn is_reassembled(packet: &Packet<'_>, fragment: Fragment, defrag: &Defrag) -> bool {
    match packet.protocol {
        protocol::TCP | protocol::GRE | protocol::IPV4 | protocol::IPV6 => true,
        protocol::UDP if fragment.offset == 0 => tunnel::concerns(packet.payload),
        protocol::UDP => defrag.holds(packet, fragment),
        _ => false,
    }
}

/// Whether a whole datagram that is no tunnel's is of interest. What is not must not reach the layers above,
/// where it would take the place of what is.
fn matters(packet: &Packet<'_>, payload: &[u8], ports: &ControlPorts) -> bool {
    match packet.protocol {
        protocol::GRE => true,
        protocol::TCP => ports.concern(payload) && TcpSlice::from_slice(payload).is_ok(),
        // Each ICMP over its own IP only: anything else is no error that a router sent.
        protocol::ICMP if packet.src.is_ipv4() => is_error_about_pptp(4, payload, ports),
        protocol::ICMPV6 if packet.src.is_ipv6() => is_error_about_pptp(6, payload, ports),
        _ => false,
    }
}

/// Whether an ICMP message is an error that quotes GRE, or TCP of a control port.
fn is_error_about_pptp(family: u8, message: &[u8], ports: &ControlPorts) -> bool {
    let Ok(Some(error)) = icmp::parse(family, message) else { return false };
    error.quoted.protocol == protocol::GRE
        || error.quoted.tcp_ports().is_some_and(|(a, b)| ports.contains(a) || ports.contains(b))
}

#[inline]
fn datagram<'s>(
    frame: &Frame<'s>,
    packet: &Packet<'_>,
    payload: &'s [u8],
    whole: Whole,
) -> Datagram<'s> {
    let Whole { announced, fragments, bad_checksum } = whole;
    Datagram {
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
    }
}

#[cfg(test)]
mod tests;
