//! IPv4 (RFC 791) and IPv6 (RFC 8200), read leniently: a capture may cut a packet, off-loading may
//! leave the length or the checksum unset, and link padding may follow the end.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use etherparse::{LaxIpSlice, LaxIpv4Slice, LaxIpv6Slice};

use crate::wire::checksum::ones_sum;

/// One IP packet, or one fragment of a datagram.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) struct Packet<'a> {
    pub(super) src: IpAddr,
    pub(super) dst: IpAddr,
    pub(super) protocol: u8,
    pub(super) ttl: u8,
    /// IPv4 only; 0 in IPv6.
    pub(super) ident: u16,
    pub(super) dont_fragment: bool,
    pub(super) payload: &'a [u8],
    /// Octets of payload on the wire.
    pub(super) announced: usize,
    pub(super) bad_checksum: Option<bool>,
    pub(super) fragment: Option<Fragment>,
}

/// Where a fragment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) ident: u32,
    /// Octets of the datagram's payload before this fragment.
    pub(super) offset: usize,
    /// Whether others follow.
    pub(super) more: bool,
}

/// Reads one packet. `on_wire` is its length before the capture cut it, link padding included.
pub(super) fn parse(ip: &[u8], on_wire: usize) -> Option<Packet<'_>> {
    plain(ip).or_else(|| lenient(ip, on_wire))
}

/// The shape that nearly all packets have: IPv4 without options and extensions, not fragmented, and at hand to
/// the end. What [`lenient`] makes of it, in a fraction of the time.
#[inline]
pub(super) fn plain(ip: &[u8]) -> Option<Packet<'_>> {
    let head = ip.first_chunk::<20>()?;
    let [0x45, _, t0, t1, i0, i1, p0, p1, ttl, protocol, c0, c1, s @ .., d0, d1, d2, d3] = *head
    else {
        return None;
    };
    let place = u16::from_be_bytes([p0, p1]);
    if place & !DONT_FRAGMENT != 0 || protocol == AUTHENTICATION {
        return None;
    }
    let payload = ip.get(20..usize::from(u16::from_be_bytes([t0, t1])))?;
    Some(Packet {
        src: Ipv4Addr::from(s).into(),
        dst: Ipv4Addr::new(d0, d1, d2, d3).into(),
        protocol,
        ttl,
        ident: u16::from_be_bytes([i0, i1]),
        dont_fragment: place != 0,
        payload,
        announced: payload.len(),
        bad_checksum: ([c0, c1] != [0, 0]).then(|| ones_sum(0, head) != 0xFFFF),
        fragment: None,
    })
}

fn lenient(ip: &[u8], on_wire: usize) -> Option<Packet<'_>> {
    match LaxIpSlice::from_slice(ip).ok()?.0 {
        LaxIpSlice::Ipv4(slice) => Some(v4(&slice, ip, on_wire)),
        LaxIpSlice::Ipv6(slice) => Some(v6(&slice, ip, on_wire)),
    }
}

fn v4<'a>(slice: &LaxIpv4Slice<'a>, ip: &'a [u8], on_wire: usize) -> Packet<'a> {
    let header = slice.header();
    let payload = slice.payload();
    let total = usize::from(header.total_len());
    // Segmentation off-load hands a packet to the capture before its length is known.
    let unset = total < header.slice().len();
    Packet {
        src: header.source_addr().into(),
        dst: header.destination_addr().into(),
        protocol: payload.ip_number.0,
        ttl: header.ttl(),
        ident: header.identification(),
        dont_fragment: header.dont_fragment(),
        payload: payload.payload,
        announced: announced(ip, payload.payload, if unset { on_wire } else { total }),
        bad_checksum: (header.header_checksum() != 0)
            .then(|| ones_sum(0, header.slice()) != 0xFFFF),
        fragment: payload.fragmented.then(|| Fragment {
            ident: u32::from(header.identification()),
            offset: usize::from(header.fragments_offset().byte_offset()),
            more: header.more_fragments(),
        }),
    }
}

fn v6<'a>(slice: &LaxIpv6Slice<'a>, ip: &'a [u8], on_wire: usize) -> Packet<'a> {
    let header = slice.header();
    let payload = slice.payload();
    let length = usize::from(header.payload_length());
    let total = if length == 0 { on_wire } else { length + header.slice().len() };
    let extensions = slice.extensions();
    let fragment =
        extensions.first_header().and_then(|first| v6_fragment(first.0, extensions.slice()));
    Packet {
        src: header.source_addr().into(),
        dst: header.destination_addr().into(),
        protocol: payload.ip_number.0,
        ttl: header.hop_limit(),
        ident: 0,
        dont_fragment: false,
        payload: payload.payload,
        announced: announced(ip, payload.payload, total),
        bad_checksum: None,
        fragment,
    }
}

/// The place that a Fragment header among these extension headers gives (RFC 8200 §4.5). A header that
/// leaves the datagram whole gives none. The chain is walked here because etherparse's own iterator
/// (0.21) reads past the end where the last header names one that the packet does not hold.
fn v6_fragment(first: u8, extensions: &[u8]) -> Option<Fragment> {
    let (mut kind, mut rest) = (first, extensions);
    loop {
        let [next, length, p0, p1, ident @ ..] = *rest.first_chunk::<8>()?;
        let place = u16::from_be_bytes([p0, p1]);
        let size = match kind {
            FRAGMENT if place & !RESERVED != 0 => {
                return Some(Fragment {
                    ident: u32::from_be_bytes(ident),
                    offset: usize::from(place & !(RESERVED | MORE)),
                    more: place & MORE != 0,
                });
            }
            FRAGMENT => 8,
            AUTHENTICATION => 4 * (usize::from(length) + 2),
            HOP_BY_HOP | ROUTING | DESTINATION => 8 * (usize::from(length) + 1),
            _ => return None,
        };
        (kind, rest) = (next, rest.get(size..)?);
    }
}

/// Octets of payload on the wire: a payload that is shorter ends where the captured packet ends.
fn announced(ip: &[u8], payload: &[u8], total: usize) -> usize {
    let headers = (payload.as_ptr() as usize).saturating_sub(ip.as_ptr() as usize);
    total.saturating_sub(headers).max(payload.len())
}

pub(super) const HOP_BY_HOP: u8 = 0;
pub(super) const ROUTING: u8 = 43;
pub(super) const FRAGMENT: u8 = 44;
pub(super) const AUTHENTICATION: u8 = 51;
pub(super) const DESTINATION: u8 = 60;
/// The flag of IPv4; of the bit above it nothing is known.
const DONT_FRAGMENT: u16 = 0x4000;
/// Of the field that holds the offset in its upper 13 bits.
const MORE: u16 = 1;
const RESERVED: u16 = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;

    /// An IPv4 header with options absent, checksum right, total length 28, protocol 47.
    const V4: [u8; 28] = hex!("4500001c 1c464000 402f9cb3 c0a80068 c0a80001" "3001880b 00000000");

    #[test]
    fn reads_an_ipv4_packet_without_its_padding() {
        let padded = [&V4[..], &[0; 18]].concat();
        let p = parse(&padded, padded.len()).unwrap();
        assert_eq!(
            (p.src.to_string(), p.dst.to_string()),
            ("192.168.0.104".into(), "192.168.0.1".into())
        );
        assert_eq!((p.protocol, p.ttl, p.ident, p.dont_fragment), (47, 64, 0x1C46, true));
        assert_eq!((p.payload, p.announced), (&V4[20..], 8));
        assert!(p.fragment.is_none());
    }

    #[test]
    fn judges_the_header_checksum() {
        for (checksum, verdict) in [(0x9CB3, Some(false)), (0x9CB2, Some(true)), (0, None)] {
            let mut ip = V4;
            ip[10..12].copy_from_slice(&u16::to_be_bytes(checksum));
            assert_eq!(parse(&ip, 28).unwrap().bad_checksum, verdict);
        }
    }

    #[test]
    fn tells_what_the_capture_cut() {
        for end in 20..28 {
            let p = parse(&V4[..end], 28).unwrap();
            assert_eq!((p.payload.len(), p.announced), (end - 20, 8));
        }
        assert!(parse(&V4[..19], 28).is_none());
        // Segmentation off-load: no total length, the capture's own length counts.
        let mut unset = V4;
        unset[2..4].fill(0);
        let p = parse(&unset[..26], 2000).unwrap();
        assert_eq!((p.payload.len(), p.announced), (6, 1980));
    }

    #[test]
    fn finds_the_protocol_behind_ipv6_extension_headers() {
        let mut ip = hex!("60000000 0018 00 3f").to_vec();
        ip.extend([0xFE; 32]);
        ip.extend(hex!("2c00 0104 00000000"));
        ip.extend(hex!("2f00 0009 deadbeef"));
        ip.extend(*b"payload!");
        let p = parse(&ip, ip.len()).unwrap();
        assert_eq!((p.protocol, p.ttl, p.payload, p.announced), (47, 63, &b"payload!"[..], 8));
        let f = p.fragment.unwrap();
        assert_eq!((f.ident, f.offset, f.more), (0xDEAD_BEEF, 8, true));
    }

    /// A Destination Options header in front of a Fragment header, and behind it one of each kind that
    /// the packet ends before.
    #[test]
    fn a_chain_that_names_a_missing_header_ends_with_the_packet() {
        for missing in [HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION] {
            for behind in 0..8 {
                let mut ip = hex!("60000000 0010 3c 3f").to_vec();
                ip.extend([0xFE; 32]);
                ip.extend(hex!("2c00 0104 00000000"));
                ip.extend([missing, 0, 0, 9, 0, 0, 0, 7]);
                ip.extend(vec![0xFF; behind]);
                let f = parse(&ip, ip.len()).and_then(|p| p.fragment).unwrap();
                assert_eq!((f.ident, f.offset, f.more), (7, 8, true));
            }
        }
    }

    proptest! {
        #[test]
        fn plain_packets_are_read_as_leniently(
            head in prop::array::uniform20(prop_oneof![Just(0u8), any::<u8>()]), length in 0u8..64,
            protocol in prop::sample::select(vec![1u8, 4, 6, 17, 41, 47, 51, 50, 0, 44]),
            rest: Vec<u8>, right: bool,
        ) {
            let mut ip = [&head[..], &rest].concat();
            (ip[0], ip[2], ip[3], ip[9]) = (0x45, 0, length, protocol);
            if right {
                ip[10..12].fill(0);
                let sum = !ones_sum(0, &ip[..20]);
                ip[10..12].copy_from_slice(&sum.to_be_bytes());
            }
            if let Some(packet) = plain(&ip) {
                prop_assert_eq!(Some(packet), lenient(&ip, ip.len()));
            }
        }

        #[test]
        fn never_panics(first in prop::sample::select(vec![0u8, 43, 44, 51, 60, 6]),
                        kinds in prop::collection::vec(prop::sample::select(vec![0u8, 43, 44, 51, 60, 6]), 8),
                        mut rest in prop::collection::vec(0u8..3, 0..64), v4 in any::<bool>()) {
            for (at, kind) in rest.iter_mut().step_by(8).zip(kinds) {
                *at = kind;
            }
            let mut ip = if v4 { vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, first] } else { vec![0x60, 0, 0, 0, 0, 0, first, 64] };
            ip.resize(if v4 { 20 } else { 40 }, 1);
            ip.extend(rest);
            if let Some(p) = parse(&ip, ip.len()) {
                prop_assert!(p.payload.len() <= p.announced);
            }
        }
    }
}
