//! What users send through the tunnel: it goes, but for what tells kinds and sizes of packets.

use std::net::IpAddr;

use super::Veil;
use super::keyed::Key;
use super::octets::{after, get16, put, split, wipe};
use crate::link::protocol;
use crate::wire::checksum::checksum;

/// Overwrites octets that nobody may read. The first eight become a print of what was there, so that
/// different packets stay different; the rest zero.
pub(super) fn hide(key: &Key, octets: &mut [u8]) {
    let (head, _) = split(octets, PRINTED);
    let print: [u8; 8] = key.octets("data", head);
    wipe(octets);
    for (to, from) in octets.iter_mut().zip(print) {
        *to = from;
    }
}

/// Overwrites an IPv4 packet in clear: its header stays with other addresses, and of what it carries
/// whether it asks for an answer (ICMP type, TCP flags, the port of DNS).
pub(super) fn v4(veil: &mut Veil, packet: &mut [u8]) {
    let (Some(first @ 0x45..=0x4F), Some(place)) = (packet.first().copied(), get16(packet, 6))
    else {
        return hide(&veil.key, packet);
    };
    let (header, payload) = split(packet, 4 * usize::from(first & 15));
    header_v4(veil, header);
    let kind = header.get(9).copied().filter(|_| place & OFFSET == 0);
    let old = payload.to_vec();
    wipe(payload);
    let keep = |payload: &mut [u8], at: usize, length: usize| {
        put(payload, at, old.get(at..at + length).unwrap_or_default());
    };
    match kind {
        Some(protocol::ICMP) => keep(payload, 0, 1),
        Some(protocol::UDP) => {
            for at in [0, 2].into_iter().filter(|at| get16(&old, *at) == Some(DNS)) {
                keep(payload, at, 2);
            }
            keep(payload, 4, 2);
        }
        Some(protocol::TCP) => {
            put(payload, 12, &[0x50]);
            keep(payload, 13, 1);
        }
        _ => {}
    }
}

/// Overwrites an IPv6 packet in clear: its header stays with other addresses.
pub(super) fn v6(veil: &mut Veil, packet: &mut [u8]) {
    if !matches!(packet.first(), Some(0x60..=0x6F)) {
        return hide(&veil.key, packet);
    }
    address_v6(veil, packet, 8);
    address_v6(veil, packet, 24);
    wipe(after(packet, 40));
}

/// Overwrites the addresses of an IPv4 header and its options, which may hold some; the checksum is
/// right again, unless it was left out.
pub(super) fn header_v4(veil: &mut Veil, header: &mut [u8]) {
    address_v4(veil, header, 12);
    address_v4(veil, header, 16);
    wipe(after(header, 20));
    if get16(header, 10).is_some_and(|sum| sum != 0) {
        put(header, 10, &[0, 0]);
        let sum = checksum(&[header]);
        put(header, 10, &sum.to_be_bytes());
    }
}

fn address_v4(veil: &mut Veil, octets: &mut [u8], at: usize) {
    // One that is cut becomes zero.
    let Some(old) = octets.get(at..).and_then(|o| o.first_chunk::<4>()) else {
        return wipe(after(octets, at));
    };
    if let IpAddr::V4(new) = veil.address(IpAddr::from(*old)) {
        put(octets, at, &new.octets());
    }
}

/// Overwrites the IPv6 address at a place; one that is cut becomes zero.
pub(super) fn address_v6(veil: &mut Veil, octets: &mut [u8], at: usize) {
    let Some(old) = octets.get(at..).and_then(|o| o.first_chunk::<16>()) else {
        return wipe(after(octets, at));
    };
    if let IpAddr::V6(new) = veil.address(IpAddr::from(*old)) {
        put(octets, at, &new.octets());
    }
}

/// Octets that a print is taken of.
const PRINTED: usize = 64;
/// Of the field with flags and fragment offset.
const OFFSET: u16 = 0x1FFF;
const DNS: u16 = 53;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::anonymize::keyed::Key;
    use hex_literal::hex;

    fn veiled(octets: &[u8]) -> Vec<u8> {
        let mut veil = Veil::new(Key::new([3; 32]));
        veil.settle();
        let mut octets = octets.to_vec();
        v4(&mut veil, &mut octets);
        octets
    }

    #[test]
    fn a_packet_in_clear_keeps_its_kind() {
        let ping = hex!("4500001c 1c464000 40019ce1 c0a80068 c0a80001 0800aabb ccddeeff");
        let new = veiled(&ping);
        assert_eq!(new[..10], ping[..10]);
        assert_eq!(new[12..], hex!("c0a80001 c0a80002 08000000 00000000"));
        assert_eq!(checksum(&[&new[..20]]), 0);
        let ip = hex!("45000028 00000000 40060000 0a000001 08080808");
        let syn = [&ip[..], &hex!("9c4000500000000100000000 a002ffffaaaa0000")].concat();
        assert_eq!(veiled(&syn)[20..], hex!("000000000000000000000000 5002000000000000"));
        let query = hex!("4500001c 00000000 40110000 0a000001 08080808 9c400035 0008ffff");
        assert_eq!(veiled(&query)[20..], hex!("00000035 00080000"));
    }

    #[test]
    fn what_is_no_packet_is_hidden() {
        for bad in [&[0x44; 30][..], &[0x45; 5], &[0x65; 40]] {
            let new = veiled(bad);
            assert_eq!(new.len(), bad.len());
            assert_ne!(new, bad);
        }
    }
}
