//! ICMP errors (RFC 792, RFC 4443) and the datagram they quote.

use std::net::IpAddr;

use super::error::WireError;

/// An ICMP or ICMPv6 error with the start of the datagram it complains about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError<'a> {
    /// 4 or 6.
    pub family: u8,
    /// ICMP type: 3 unreachable, 11 time exceeded (v4); 1, 2, 3 (v6).
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// Next-hop MTU of type 3 code 4 (RFC 1191) or ICMPv6 type 2.
    pub mtu: Option<u32>,
    /// The quoted datagram.
    pub quoted: Quoted<'a>,
}

/// Headers of a quoted datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted<'a> {
    /// Source of the quoted datagram.
    pub src: IpAddr,
    /// Destination of the quoted datagram.
    pub dst: IpAddr,
    /// IP protocol number.
    pub protocol: u8,
    /// What is quoted of its payload: 8 octets or more.
    pub payload: &'a [u8],
}

impl Quoted<'_> {
    /// Source and destination port, where TCP is quoted.
    #[must_use]
    pub fn tcp_ports(&self) -> Option<(u16, u16)> {
        todo!()
    }

    /// Call id of the quoted enhanced GRE packet.
    #[must_use]
    pub fn gre_call_id(&self) -> Option<u16> {
        todo!()
    }
}

/// Reads an ICMP error of IPv4 (`family` 4) or IPv6 (6). `Ok(None)` for messages that quote nothing
/// (echo, redirect, router discovery …).
pub fn parse(family: u8, input: &[u8]) -> Result<Option<IcmpError<'_>>, WireError> {
    todo!()
}

impl IcmpError<'_> {
    /// Appends the error in wire form, checksum included (ICMPv6: zero, its pseudo-header is not known here).
    pub fn emit(&self, out: &mut Vec<u8>) {
        todo!()
    }
}

/// What a type and code mean, in a technician's words: "communication administratively prohibited".
#[must_use]
pub const fn meaning(family: u8, kind: u8, code: u8) -> &'static str {
    todo!()
}
