//! IP packets inside IP packets: what a datagram carries if it belongs to a tunnel around PPTP's own. A
//! mirror port in another building, an overlay network or a provider's 6in4 put them there.

use super::layer::Layer;
use super::{gre, protocol, wifi};

/// What a tunnel's datagram carries; `None` where it is no tunnel that is opened.
pub(super) fn inner(protocol: u8, payload: &[u8]) -> Option<Layer<'_>> {
    match protocol {
        // RFC 2003, RFC 4213 §3.5, RFC 2473: an IP packet follows.
        protocol::IPV4 | protocol::IPV6 => Some(Layer::Ip(payload)),
        protocol::GRE => gre::inner(payload),
        protocol::UDP => in_udp(payload),
        _ => None,
    }
}

/// Whether a UDP datagram is sent to the port of a tunnel. The other port tells nothing: senders choose
/// it anew for each flow inside.
#[inline]
pub(super) fn concerns(datagram: &[u8]) -> bool {
    matches!(*datagram, [_, _, high, low, ..]
        if matches!(u16::from_be_bytes([high, low]), VXLAN | GENEVE | TZSP))
}

fn in_udp(datagram: &[u8]) -> Option<Layer<'_>> {
    let ([_, _, high, low, ..], message) = datagram.split_first_chunk::<8>()?;
    match u16::from_be_bytes([*high, *low]) {
        VXLAN => vxlan(message),
        GENEVE => geneve(message),
        TZSP => tzsp(message),
        _ => None,
    }
}

/// RFC 7348 §5: flags, reserved, network identifier, reserved; then an Ethernet frame.
fn vxlan(message: &[u8]) -> Option<Layer<'_>> {
    let (head, frame) = message.split_first_chunk::<8>()?;
    (head[0] & IDENTIFIER_VALID != 0).then_some(Layer::Ethernet(frame))
}

/// RFC 8926 §3.4: version and length of the options in words, flags, EtherType, network identifier,
/// reserved, options.
fn geneve(message: &[u8]) -> Option<Layer<'_>> {
    let ([first, _, high, low, ..], rest) = message.split_first_chunk::<8>()?;
    if first >> 6 != 0 {
        return None;
    }
    let rest = rest.get(4 * usize::from(first & 0x3F)..)?;
    Some(Layer::EtherType(u16::from_be_bytes([*high, *low]), rest))
}

/// TaZmen Sniffer Protocol, what RouterOS streams from `/tool sniffer`: version, type, kind of frame; tags
/// of type, length and value up to an end tag; the frame.
fn tzsp(message: &[u8]) -> Option<Layer<'_>> {
    let ([1, RECEIVED | TRANSMIT, kind @ ..], mut rest) = message.split_first_chunk::<4>()? else {
        return None;
    };
    let frame = loop {
        rest = match rest {
            [TAG_END, frame @ ..] => break frame,
            [TAG_PADDING, more @ ..] => more,
            [_, length, more @ ..] => more.get(usize::from(*length)..)?,
            _ => return None,
        }
    };
    match u16::from_be_bytes(*kind) {
        1 => Some(Layer::Ethernet(frame)),
        18 => wifi::frame(frame),
        119 => wifi::prism(frame),
        127 => wifi::avs(frame),
        _ => None,
    }
}

const VXLAN: u16 = 4789;
const GENEVE: u16 = 6081;
const TZSP: u16 = 37008;
const IDENTIFIER_VALID: u8 = 0x08;
const RECEIVED: u8 = 0;
const TRANSMIT: u8 = 1;
const TAG_PADDING: u8 = 0;
const TAG_END: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn udp(to: u16, message: &[u8]) -> Vec<u8> {
        [&[0xC3, 0x50][..], &to.to_be_bytes(), &[0; 4], message].concat()
    }

    #[test]
    fn opens_what_carries_ethernet_in_udp() {
        let bridged = [&[0; 12][..], &[8, 0], b"ip"].concat();
        let vxlan = udp(4789, &[&[8, 0, 0, 0, 0, 0, 7, 0][..], &bridged].concat());
        // One word of options.
        let geneve = [&[1, 0, 0x65, 0x58, 0, 0, 7, 0][..], &[0; 4], &bridged].concat();
        let geneve = udp(6081, &geneve);
        let ip_in_geneve = udp(6081, b"\x00\x00\x08\x00\x00\x00\x07\x00ip");
        // A padding tag, a signal strength, the end.
        let tzsp = udp(37008, &[&[1, 0, 0, 1, 0, 10, 1, 0xC8, 1][..], &bridged].concat());
        for datagram in [vxlan, geneve, ip_in_geneve, tzsp] {
            assert!(concerns(&datagram));
            assert_eq!(inner(17, &datagram).and_then(Layer::ip), Some(&b"ip"[..]));
            for end in 0..datagram.len() - 2 {
                assert_eq!(inner(17, &datagram[..end]).and_then(Layer::ip), None);
            }
        }
    }

    #[test]
    fn leaves_everything_else_alone() {
        for datagram in [
            // No valid identifier; another version; other ports, also the sender's.
            udp(4789, &[0; 60]),
            udp(6081, &[0x40; 60]),
            udp(37008, &[0; 60]),
            udp(37008, &[1, 4, 0, 1, 1, 0, 0]),
            udp(37008, &[1, 0, 0, 1, 9, 200, 0]),
            udp(53, &[8; 60]),
            [&[0x12, 0xB5, 0, 53][..], &[8; 60]].concat(),
        ] {
            assert_eq!(inner(17, &datagram), None);
        }
        assert!(!concerns(&[0x12, 0xB5, 0, 53]) && !concerns(&[0, 53, 0x12]));
        assert_eq!(inner(6, &[0x45; 60]), None);
        assert_eq!(inner(41, &[0x60; 60]), Some(Layer::Ip(&[0x60; 60])));
    }
}
