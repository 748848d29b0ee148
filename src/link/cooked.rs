//! Linux cooked capture, versions 1 and 2 (`LINKTYPE_LINUX_SLL`, `LINKTYPE_LINUX_SLL2`): what `-i any`
//! writes. The protocol field says what follows, in terms that depend on the device: captures on a PPTP
//! server hold PPP, GRE and Ethernet devices side by side.

use super::layer::Layer;
use super::{ppp, wifi};
use crate::wire::ppp::Protocol;

/// Version 1: packet type, device type, address length, address (8), protocol.
pub(super) fn v1(frame: &[u8]) -> Option<Layer<'_>> {
    let (head, rest) = frame.split_first_chunk::<16>()?;
    let [_, _, d0, d1, .., p0, p1] = *head;
    payload(u16::from_be_bytes([d0, d1]), u16::from_be_bytes([p0, p1]), rest)
}

/// Version 2: protocol, reserved, interface, device type, packet type, address length, address (8).
pub(super) fn v2(frame: &[u8]) -> Option<Layer<'_>> {
    let (head, rest) = frame.split_first_chunk::<20>()?;
    let [p0, p1, _, _, _, _, _, _, d0, d1, ..] = *head;
    payload(u16::from_be_bytes([d0, d1]), u16::from_be_bytes([p0, p1]), rest)
}

/// On a GRE device (778, 823) the field holds a GRE protocol type: an EtherType as well.
fn payload(device: u16, protocol: u16, rest: &[u8]) -> Option<Layer<'_>> {
    match (device, protocol) {
        (RADIOTAP, _) => wifi::radiotap(rest),
        (PPP, _) if ppp::by_protocol(Protocol(protocol), rest).is_some() => {
            ppp::by_protocol(Protocol(protocol), rest)
        }
        // Linux names PPP frames as such on multilink and synchronous devices; some write nothing.
        (_, MULTILINK | SYNCHRONOUS) | (PPP, 0) => Some(Layer::Ppp(rest)),
        _ => Some(Layer::EtherType(protocol, rest)),
    }
}

/// `ARPHRD_PPP`.
const PPP: u16 = 512;
/// `ARPHRD_IEEE80211_RADIOTAP`, the protocol field is to be ignored.
const RADIOTAP: u16 = 803;
/// `ETH_P_WAN_PPP`.
const SYNCHRONOUS: u16 = 7;
/// `ETH_P_PPP_MP`.
const MULTILINK: u16 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn both(device: u16, protocol: u16, rest: &[u8]) -> Option<Vec<u8>> {
        let [device, protocol] = [device, protocol].map(u16::to_be_bytes);
        let one = [&[0, 4][..], &device, &[0; 10], &protocol, rest].concat();
        let two = [&protocol[..], &[0, 0, 0, 0, 0, 3], &device, &[4, 0], &[0; 8], rest].concat();
        let ip = v1(&one).and_then(Layer::ip).map(<[u8]>::to_vec);
        assert_eq!(ip, v2(&two).and_then(Layer::ip).map(<[u8]>::to_vec));
        ip
    }

    #[test]
    fn reads_the_same_in_both_versions() {
        for (device, protocol, rest) in [
            (1, 0x0800, &b"ip"[..]),
            (1, 0x8100, b"\x00\x07\x86\xDDip"),
            (1, 0x8864, b"\x11\x00\x00\x01\x00\x04\x00\x21ip"),
            (1, 4, b"\xAA\xAA\x03\x00\x00\x00\x08\x00ip"),
            (778, 0x0800, b"ip"),
            // `ppp0`: what the kernel writes, the PPP number, and the whole PPP frame.
            (512, 0x0800, b"ip"),
            (512, 0x0021, b"ip"),
            (512, 0, b"\xFF\x03\x00\x21ip"),
            (512, 7, b"\x00\x57ip"),
            (513, 8, b"\x21ip"),
        ] {
            assert_eq!(both(device, protocol, rest).as_deref(), Some(&b"ip"[..]), "{protocol:x}");
        }
    }

    #[test]
    fn leaves_other_protocols_and_short_headers_alone() {
        for (device, protocol) in [(1, 0x0806), (1, 1), (1, 0x0C), (512, 0xC021), (1, 0x0021)] {
            assert_eq!(both(device, protocol, &[0x45; 40]), None);
        }
        assert_eq!(v1(&[0; 15]), None);
        assert_eq!(v2(&[0; 19]), None);
    }
}
