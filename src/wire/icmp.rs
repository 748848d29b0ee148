//! ICMP errors (RFC 792, RFC 4443) and the datagram they quote.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nom::bytes::complete::take;
use nom::number::complete::{be_u16, be_u32, u8};

use super::error::{Fault, Res, WireError, fail, finish};
use super::field::{array, length16, put16, put32};
use super::gre::PROTOCOL_PPP;

/// An ICMP or ICMPv6 error with the start of the datagram it complains about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError<'a> {
    /// 4 or 6.
    pub family: u8,
    /// ICMP type: 3 unreachable, 4 source quench, 11 time exceeded, 12 parameter problem (v4);
    /// 1 unreachable, 2 too big, 3 time exceeded, 4 parameter problem (v6).
    pub kind: u8,
    /// ICMP code.
    pub code: u8,
    /// Next-hop MTU of type 3 code 4 (RFC 1191) or ICMPv6 type 2; `None` also where the router writes
    /// zero, as those older than RFC 1191 do.
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
    /// IP protocol number; in IPv6 that of the header after the extension headers.
    pub protocol: u8,
    /// What is quoted of its payload: as a rule 8 octets or more. Empty where the datagram is a later
    /// fragment, whose payload does not begin with a transport header.
    pub payload: &'a [u8],
}

impl Quoted<'_> {
    /// Source and destination port, where TCP is quoted.
    #[must_use]
    pub fn tcp_ports(&self) -> Option<(u16, u16)> {
        match *self.payload {
            [s0, s1, d0, d1, ..] if self.protocol == TCP => {
                Some((u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1])))
            }
            _ => None,
        }
    }

    /// Call id of the quoted enhanced GRE packet.
    #[must_use]
    pub fn gre_call_id(&self) -> Option<u16> {
        match *self.payload {
            // Not `gre::parse`: a quote of 8 octets ends before the sequence number.
            [flags, version, p0, p1, _, _, c0, c1, ..]
                if self.protocol == GRE
                    && flags & 0xE0 == 0x20
                    && version & 7 == 1
                    && u16::from_be_bytes([p0, p1]) == PROTOCOL_PPP =>
            {
                Some(u16::from_be_bytes([c0, c1]))
            }
            _ => None,
        }
    }
}

/// Reads an ICMP error of IPv4 (`family` 4) or IPv6 (6). `Ok(None)` for messages that quote nothing
/// (echo, redirect, router discovery …). Errors: the message or the quoted IP header is cut, or the
/// quoted header is none of this family.
pub fn parse(family: u8, input: &[u8]) -> Result<Option<IcmpError<'_>>, WireError> {
    finish(message(family, input))
}

impl IcmpError<'_> {
    /// Appends the error in wire form, checksum included (ICMPv6: zero, its pseudo-header is not known
    /// here). The quoted datagram is written with a plain header and the length of what is quoted.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[self.kind, self.code, 0, 0]);
        put32(self.mtu.unwrap_or(0), out);
        self.quoted.emit(out);
        if self.family == 4 {
            write_checksum(out, start, 2);
        }
    }
}

impl Quoted<'_> {
    fn emit(&self, out: &mut Vec<u8>) {
        let start = out.len();
        if let (IpAddr::V4(src), IpAddr::V4(dst)) = (self.src, self.dst) {
            out.extend_from_slice(&[0x45, 0]);
            put16(length16(20 + self.payload.len()), out);
            out.extend_from_slice(&[0, 0, 0, 0, HOP_LIMIT, self.protocol, 0, 0]);
            out.extend_from_slice(&src.octets());
            out.extend_from_slice(&dst.octets());
            write_checksum(out, start, 10);
        } else {
            put32(0x6000_0000, out);
            put16(length16(self.payload.len()), out);
            out.extend_from_slice(&[self.protocol, HOP_LIMIT]);
            for addr in [self.src, self.dst] {
                let addr = match addr {
                    IpAddr::V4(a) => a.to_ipv6_mapped(),
                    IpAddr::V6(a) => a,
                };
                out.extend_from_slice(&addr.octets());
            }
        }
        out.extend_from_slice(self.payload);
    }
}

/// What a type and code mean, in a technician's words: "communication administratively prohibited".
#[must_use]
pub const fn meaning(family: u8, kind: u8, code: u8) -> &'static str {
    match (family, kind, code) {
        (4, 3, 0) | (6, 1, 0) => "no route to the network",
        (4, 3, 1) => "host unreachable",
        (4, 3, 2) => "protocol unreachable: the host does not accept this IP protocol",
        (4, 3, 3) | (6, 1, 4) => "port unreachable: nothing listens on this port",
        (4, 3, 4) => "packet too big, and it must not be fragmented",
        (4, 3, 5) => "source route failed",
        (4, 3, 6) => "destination network unknown",
        (4, 3, 7) => "destination host unknown",
        (4, 3, 8) => "source host isolated",
        (4, 3, 9) => "communication with this network administratively prohibited",
        (4, 3, 10) => "communication with this host administratively prohibited",
        (4, 3, 11) => "network unreachable for this type of service",
        (4, 3, 12) => "host unreachable for this type of service",
        (4, 3, 13) | (6, 1, 1) => "communication administratively prohibited",
        (4, 3, 14) => "host precedence violation",
        (4, 3, 15) => "precedence cutoff in effect",
        (4, 3, _) | (6, 1, _) => match (family, code) {
            (6, 2) => "destination beyond the scope of the source address",
            (6, 3) => "address unreachable",
            (6, 5) => "source address refused by a filter",
            (6, 6) => "route to the destination rejects traffic",
            (6, 7) => "error in the source routing header",
            _ => "destination unreachable",
        },
        (4, 4, _) => "source quench: a router asks to send more slowly",
        (6, 2, _) => "packet too big for the next link",
        (4, 11, 0) => "time to live ran out on the way, as in a routing loop",
        (6, 3, 0) => "hop limit ran out on the way, as in a routing loop",
        (4, 11, 1) | (6, 3, 1) => {
            "fragments missing: the datagram could not be put together in time"
        }
        (4, 11, _) | (6, 3, _) => "time exceeded",
        (4, 12, 1) => "a required IP option is missing",
        (4, 12, 2) => "bad length in the IP header",
        (6, 4, 1) => "the host does not know the next header",
        (6, 4, 2) => "the host does not know an IPv6 option",
        (4, 12, _) | (6, 4, _) => "a field of the IP header is wrong",
        (4, 5, _) | (6, 137, _) => "redirect: a better first hop is known",
        (4, 8, _) | (6, 128, _) => "echo request",
        (4, 0, _) | (6, 129, _) => "echo reply",
        _ => "ICMP message of another type",
    }
}

fn message(family: u8, input: &[u8]) -> Res<'_, Option<IcmpError<'_>>> {
    let (i, kind) = u8(input)?;
    let quotes = match family {
        4 => matches!(kind, 3 | 4 | 11 | 12),
        6 => matches!(kind, 1..=4),
        _ => false,
    };
    if !quotes {
        return Ok((i, None));
    }
    let (i, code) = u8(i)?;
    let (i, _checksum) = be_u16(i)?;
    let (i, word) = be_u32(i)?;
    let mtu = match (family, kind, code) {
        // RFC 1191 §4: the upper half is unused, and RFC 4884 has since put a length there.
        (4, 3, 4) => Some(word & 0xFFFF),
        (6, 2, _) => Some(word),
        _ => None,
    };
    let (i, quoted) = if family == 4 { quoted_v4(i)? } else { quoted_v6(i)? };
    Ok((i, Some(IcmpError { family, kind, code, mtu: mtu.filter(|&m| m != 0), quoted })))
}

fn quoted_v4(input: &[u8]) -> Res<'_, Quoted<'_>> {
    let (i, version_ihl) = u8(input)?;
    let options = usize::from(version_ihl & 15).checked_sub(5);
    let (4, Some(options)) = (version_ihl >> 4, options) else {
        return Err(fail(input, Fault::BadValue));
    };
    let (i, _tos_length_id) = take(5usize)(i)?;
    let (i, fragment) = be_u16(i)?;
    let (i, _ttl) = u8(i)?;
    let (i, protocol) = u8(i)?;
    let (i, _checksum) = be_u16(i)?;
    let (i, src) = array::<4>(i)?;
    let (i, dst) = array::<4>(i)?;
    let (i, _options) = take(options * 4)(i)?;
    let offset = fragment & 0x1FFF;
    let payload = if offset == 0 { i } else { &[] };
    let (src, dst) = (Ipv4Addr::from(src).into(), Ipv4Addr::from(dst).into());
    Ok((&[], Quoted { src, dst, protocol, payload }))
}

fn quoted_v6(input: &[u8]) -> Res<'_, Quoted<'_>> {
    let (i, word) = be_u32(input)?;
    if word >> 28 != 6 {
        return Err(fail(input, Fault::BadValue));
    }
    let (i, _length) = be_u16(i)?;
    let (i, next) = u8(i)?;
    let (i, _hop_limit) = u8(i)?;
    let (i, src) = array::<16>(i)?;
    let (i, dst) = array::<16>(i)?;
    let (protocol, payload) = skip_extensions(next, i);
    let (src, dst) = (Ipv6Addr::from(src).into(), Ipv6Addr::from(dst).into());
    Ok((&[], Quoted { src, dst, protocol, payload }))
}

/// Steps over extension headers (RFC 8200 §4). Where the quote ends inside one, or there are too many,
/// that header is the protocol; too many have no payload that could be told.
fn skip_extensions(first: u8, quote: &[u8]) -> (u8, &[u8]) {
    let (mut protocol, mut rest) = (first, quote);
    for step in 0..=MAX_EXTENSIONS {
        let [next, size, f0, f1, ..] = *rest else { break };
        let octets = match protocol {
            FRAGMENT if u16::from_be_bytes([f0, f1]) >> 3 != 0 => return (next, &[]),
            FRAGMENT => 8,
            HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS => (usize::from(size) + 1) * 8,
            _ => break,
        };
        let Some(tail) = rest.get(octets..) else { break };
        if step == MAX_EXTENSIONS {
            return (protocol, &[]);
        }
        (protocol, rest) = (next, tail);
    }
    (protocol, rest)
}

/// Writes the Internet checksum (RFC 1071) of all octets from `start` at `start + at`.
fn write_checksum(out: &mut [u8], start: usize, at: usize) {
    let Some(covered) = out.get_mut(start..) else { return };
    let mut sum = 0u64;
    for pair in covered.chunks(2) {
        let high = pair.first().copied().unwrap_or(0);
        let low = pair.get(1).copied().unwrap_or(0);
        sum += u64::from(u16::from_be_bytes([high, low]));
    }
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    let sum = !u16::try_from(sum).unwrap_or(0);
    if let Some(field) = covered.get_mut(at..at + 2) {
        field.copy_from_slice(&sum.to_be_bytes());
    }
}

const TCP: u8 = 6;
const GRE: u8 = 47;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;
/// RFC 8200 §4.1 knows five places for the four kinds; more is nonsense.
const MAX_EXTENSIONS: usize = 8;
const HOP_LIMIT: u8 = 64;

#[cfg(test)]
mod tests;
