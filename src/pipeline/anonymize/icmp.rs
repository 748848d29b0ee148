//! ICMP errors about GRE or a control connection: type, code and the quoted headers stay, with other
//! addresses; all that is quoted behind them goes.

use std::net::IpAddr;

use super::Veil;
use super::gre;
use super::inner::{address_v6, header_v4};
use super::octets::{after, get16, put, split, wipe};
use super::packet::pseudo_header;
use crate::link::protocol;
use crate::wire::checksum::checksum;

/// Overwrites an ICMP error; `src` and `dst` are its new addresses (ICMPv6 has them in its checksum).
pub(super) fn error(veil: &mut Veil, message: &mut [u8], src: IpAddr, dst: IpAddr, whole: bool) {
    let is_v4 = src.is_ipv4();
    let (_, quoted) = split(message, HEADER);
    if is_v4 {
        quoted_v4(veil, quoted);
    } else {
        quoted_v6(veil, quoted);
    }
    put(message, 2, &[0, 0]);
    if whole {
        let sum = if is_v4 {
            checksum(&[message])
        } else {
            checksum(&[&pseudo_header(src, dst, protocol::ICMPV6, message.len()), message])
        };
        put(message, 2, &sum.to_be_bytes());
    }
}

fn quoted_v4(veil: &mut Veil, quoted: &mut [u8]) {
    let length = 4 * quoted.first().map_or(0, |o| usize::from(o & 15));
    let (header, payload) = split(quoted, length);
    header_v4(veil, header);
    let kind = header.get(9).copied();
    let first = get16(header, 6).is_some_and(|place| place & OFFSET == 0);
    transport(kind.filter(|_| first), payload);
}

fn quoted_v6(veil: &mut Veil, quoted: &mut [u8]) {
    let (header, mut rest) = split(quoted, 40);
    address_v6(veil, header, 8);
    address_v6(veil, header, 24);
    let mut kind = header.get(6).copied();
    for _ in 0..EXTENSIONS {
        let [next, size, f0, f1, ..] = *rest else { break };
        let length = match kind {
            Some(FRAGMENT) if u16::from_be_bytes([f0, f1]) >> 3 != 0 => {
                return wipe(after(rest, 8));
            }
            Some(FRAGMENT) => 8,
            Some(HOP_BY_HOP | ROUTING | DESTINATION) => 8 * (usize::from(size) + 1),
            _ => break,
        };
        let (extension, tail) = split(rest, length);
        if kind != Some(FRAGMENT) {
            // Options and routes may hold addresses; zeros are padding.
            wipe(after(extension, 2));
        }
        (kind, rest) = (Some(next), tail);
    }
    transport(kind, rest);
}

/// Keeps a quoted transport header.
fn transport(kind: Option<u8>, payload: &mut [u8]) {
    let kept = match kind {
        Some(protocol::TCP) => TCP_HEADER,
        Some(protocol::GRE) => gre::header_length(payload),
        _ => 0,
    };
    wipe(after(payload, kept));
}

/// Octets of type, code, checksum and the word after them.
const HEADER: usize = 8;
const TCP_HEADER: usize = 20;
const OFFSET: u16 = 0x1FFF;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION: u8 = 60;
const EXTENSIONS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::anonymize::keyed::Key;
    use crate::wire::icmp;
    use hex_literal::hex;
    use proptest::prelude::*;

    fn veiled(src: &str, message: &[u8]) -> Vec<u8> {
        let mut veil = Veil::new(Key::new([3; 32]));
        veil.settle();
        let src: IpAddr = src.parse().unwrap();
        let mut octets = message.to_vec();
        error(&mut veil, &mut octets, src, src, true);
        octets
    }

    #[test]
    fn what_is_quoted_of_gre_is_its_header() {
        let head = hex!("0302 1234 00000000 4500003c 00004000 402f 1234 0a000001 08080808");
        let gre = hex!("3001880b 000a bdb1 00000002 ff03c021 01020304");
        let new = veiled("192.0.2.9", &[&head[..], &gre].concat());
        let e = icmp::parse(4, &new).unwrap().unwrap();
        let ends = [e.quoted.src, e.quoted.dst].map(|a| a.to_string());
        assert_eq!(ends, ["10.0.0.1", "192.0.2.1"]);
        assert_eq!((e.kind, e.code, e.quoted.gre_call_id()), (3, 2, Some(0xBDB1)));
        assert_eq!(e.quoted.payload, [&gre[..12], &[0; 8]].concat());
        assert_eq!((checksum(&[&new]), checksum(&[&new[8..28]])), (0, 0));
    }

    proptest! {
        #[test]
        fn any_octets_keep_their_length(octets: Vec<u8>, v6: bool) {
            let src = if v6 { "2001:db8::9" } else { "192.0.2.9" };
            prop_assert_eq!(veiled(src, &octets).len(), octets.len());
        }
    }
}
