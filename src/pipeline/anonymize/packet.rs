//! IP packets written anew around an overwritten payload: same sizes, TTL, identification, number of
//! fragments, and the same verdict on the header checksum.

use std::net::IpAddr;

use super::octets::put;
use crate::link::Datagram;
use crate::wire::checksum::checksum;

/// One IP packet to be written to a capture of raw IP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// From the IP header on, as far as it was captured.
    pub octets: Vec<u8>,
    /// Length on the wire.
    pub original_len: u32,
}

/// The packets of a datagram: one, or as many fragments as it came in. `fragment_id` identifies those of
/// IPv6, whose own is not known.
pub(super) fn packets(
    d: &Datagram<'_>,
    (src, dst): (IpAddr, IpAddr),
    payload: &[u8],
    fragment_id: u32,
) -> Vec<Packet> {
    let count = usize::from(d.fragments.max(1));
    // All but the last have a multiple of 8 octets (RFC 791 §3.2).
    let each = if count > 1 { (d.announced / count / 8 * 8).max(8) } else { d.announced };
    let mut out = Vec::new();
    let mut start = 0;
    for n in 1..=count {
        let last = n == count || start + each >= d.announced;
        let length = if last { d.announced.saturating_sub(start) } else { each };
        let captured = payload.len().min(start + length);
        let piece = payload.get(start.min(captured)..captured).unwrap_or_default();
        let place = Place { start, length, fragment: count > 1, more: !last };
        let mut octets = if src.is_ipv4() {
            header_v4(d, src, dst, place)
        } else {
            header_v6(d, src, dst, place, fragment_id)
        };
        let original = octets.len() + length;
        octets.extend_from_slice(piece);
        out.push(Packet { octets, original_len: u32::try_from(original).unwrap_or(u32::MAX) });
        if last {
            break;
        }
        start += length;
    }
    out
}

/// What the checksums of TCP and ICMPv6 cover besides the segment (RFC 9293 §3.1, RFC 8200 §8.1).
pub(super) fn pseudo_header(src: IpAddr, dst: IpAddr, protocol: u8, length: usize) -> Vec<u8> {
    let mut out = [octets(src), octets(dst)].concat();
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(&[0, 0, 0, protocol]);
    out
}

/// Where a piece of the payload belongs.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    length: usize,
    fragment: bool,
    more: bool,
}

fn header_v4(d: &Datagram<'_>, src: IpAddr, dst: IpAddr, place: Place) -> Vec<u8> {
    // What has no room in the field had it unset (segmentation off-load).
    let total = u16::try_from(V4 + place.length).unwrap_or(0);
    let offset = u16::try_from(place.start / 8).unwrap_or(u16::MAX) & 0x1FFF;
    let flags = u16::from(d.dont_fragment) << 14 | u16::from(place.more) << 13;
    let mut header = vec![0x45, 0];
    header.extend_from_slice(&total.to_be_bytes());
    header.extend_from_slice(&d.ident.to_be_bytes());
    header.extend_from_slice(&(flags | offset).to_be_bytes());
    header.extend_from_slice(&[d.ttl, d.protocol, 0, 0]);
    header.extend_from_slice(&octets(src));
    header.extend_from_slice(&octets(dst));
    let right = checksum(&[&header]);
    let sum = match d.bad_checksum {
        Some(false) => right,
        // Never zero, which would mean that there is none.
        Some(true) if right == WRONG => !WRONG,
        Some(true) => WRONG,
        None => 0,
    };
    put(&mut header, 10, &sum.to_be_bytes());
    header
}

fn header_v6(d: &Datagram<'_>, src: IpAddr, dst: IpAddr, place: Place, id: u32) -> Vec<u8> {
    let extension = if place.fragment { FRAGMENT_HEADER } else { 0 };
    let length = u16::try_from(place.length + extension).unwrap_or(0);
    let next = if place.fragment { FRAGMENT } else { d.protocol };
    let mut header = vec![0x60, 0, 0, 0];
    header.extend_from_slice(&length.to_be_bytes());
    header.extend_from_slice(&[next, d.ttl]);
    header.extend_from_slice(&octets(src));
    header.extend_from_slice(&octets(dst));
    if place.fragment {
        let offset = u16::try_from(place.start).unwrap_or(u16::MAX) & !7;
        header.extend_from_slice(&[d.protocol, 0]);
        header.extend_from_slice(&(offset | u16::from(place.more)).to_be_bytes());
        header.extend_from_slice(&id.to_be_bytes());
    }
    header
}

fn octets(addr: IpAddr) -> Vec<u8> {
    match addr {
        IpAddr::V4(a) => a.octets().to_vec(),
        IpAddr::V6(a) => a.octets().to_vec(),
    }
}

/// Octets of an IPv4 header without options, and of the Fragment header of IPv6 (RFC 8200 §4.5).
const V4: usize = 20;
const FRAGMENT_HEADER: usize = 8;
const FRAGMENT: u8 = 44;
const WRONG: u16 = 0x0BAD;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::frame::{Frame, FrameRef, LinkType};
    use crate::base::time::Timestamp;
    use crate::link::{Linker, protocol};
    use proptest::prelude::*;

    proptest! {
        /// Whatever a datagram was, the one that is read of its packets is the same.
        #[test]
        fn what_is_written_is_read_back(
            v6: bool, octets in prop::collection::vec(any::<u8>(), 8..300), cut in 0usize..200,
            fragments in 1u16..6, ttl: u8, ident: u16, dont_fragment: bool,
            bad_checksum in prop_oneof![Just(None), Just(Some(true)), Just(Some(false))],
        ) {
            let (src, dst): (IpAddr, IpAddr) = if v6 {
                ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap())
            } else {
                ([192, 0, 2, 1].into(), [192, 0, 2, 2].into())
            };
            let payload = [&[0x30, 0x81, 0x88, 0x0B, 0, 0, 0, 0][..], &octets].concat();
            let announced = payload.len() + cut;
            let (at, frame) = (Timestamp(0), FrameRef::default());
            let d = Datagram {
                at,
                frame,
                src,
                dst,
                protocol: protocol::GRE,
                ttl,
                ident: if v6 { 0 } else { ident },
                dont_fragment: dont_fragment && !v6,
                payload: &payload,
                announced,
                fragments: fragments.min(u16::try_from(announced / 8).unwrap()),
                bad_checksum: bad_checksum.filter(|_| !v6),
            };
            let mut linker = Linker::new(&[]);
            let mut read = None;
            for p in packets(&d, (src, dst), &payload, 7) {
                let (link, original_len, data) = (LinkType::RAW, p.original_len, &p.octets);
                let packet = Frame { at, frame, interface: 0, link, original_len, data };
                if let Some(new) = linker.datagram(&packet) {
                    read = Some((new.payload.len(), format!("{new:?}")));
                }
            }
            prop_assert_eq!(read, Some((payload.len(), format!("{d:?}"))));
        }
    }
}
