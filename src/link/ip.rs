//! IPv4 (RFC 791) and IPv6 (RFC 8200), read leniently: a capture may cut a packet, off-loading may
//! leave the length or the checksum unset, and link padding may follow the end.

use std::net::IpAddr;

use etherparse::{LaxIpSlice, LaxIpv4Slice, LaxIpv6Slice};

/// One IP packet, or one fragment of a datagram.
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
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment {
    pub(super) ident: u32,
    /// Octets of the datagram's payload before this fragment.
    pub(super) offset: usize,
    /// Whether others follow.
    pub(super) more: bool,
}

/// Reads one packet. `on_wire` is its length before the capture cut it, link padding included.
pub(super) fn parse(ip: &[u8], on_wire: usize) -> Option<Packet<'_>> {
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
        bad_checksum: (header.header_checksum() != 0).then(|| !sums_up(header.slice())),
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

/// The Internet checksum over a header with its checksum field in place (RFC 1071): all ones.
fn sums_up(header: &[u8]) -> bool {
    let sum: u32 = header.chunks(2).fold(0, |sum, pair| match *pair {
        [high, low] => sum + u32::from(u16::from_be_bytes([high, low])),
        _ => sum,
    });
    (sum & 0xFFFF) + (sum >> 16) == 0xFFFF
}

pub(super) const HOP_BY_HOP: u8 = 0;
pub(super) const ROUTING: u8 = 43;
pub(super) const FRAGMENT: u8 = 44;
pub(super) const AUTHENTICATION: u8 = 51;
pub(super) const DESTINATION: u8 = 60;
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
