//! Frame → IP datagram. First a headers-only gate drops what cannot matter ([`gate`]), then the link
//! header is taken off, IP is read leniently (etherparse) and fragments are put together within bounds.
#![warn(clippy::indexing_slicing)]

use std::net::IpAddr;

use crate::base::frame::{Frame, FrameRef};
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
    _todo: (),
}

impl Linker {
    /// `ports`: TCP ports that are taken for control connections; 1723 is always among them.
    #[must_use]
    pub fn new(ports: &[u16]) -> Self {
        todo!()
    }

    /// The datagram in this frame, if it may matter. A fragment that completes a datagram gives the
    /// whole one.
    pub fn datagram<'s>(&'s mut self, frame: &Frame<'s>) -> Option<Datagram<'s>> {
        todo!()
    }

    /// Notes so far, in the order of their first frames.
    #[must_use]
    pub fn notes(&self) -> &[LinkNote] {
        todo!()
    }

    /// Whether `port` is a control port: configured, or learned by the magic cookie.
    #[must_use]
    pub fn is_control_port(&self, port: u16) -> bool {
        todo!()
    }
}
