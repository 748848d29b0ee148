//! Whether octets that came out of a decryption can be what the sender put in: a wrong key gives noise.

use crate::wire::checksum::ones_sum;
use crate::wire::ppp;
use crate::wire::ppp::Protocol;

/// What a trial says about a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Noise: no PPP protocol that travels here, or an IP header that contradicts itself.
    Implausible,
    /// A known protocol and a header that fits. Noise passes about once in forty times.
    Plausible,
    /// An IPv4 header with its checksum. Noise passes less than once in 2³⁰ times.
    Proven,
}

/// Judges a PPP frame (protocol field and information).
#[must_use]
pub fn frame(octets: &[u8]) -> Verdict {
    let Ok(frame) = ppp::parse(octets) else { return Verdict::Implausible };
    match frame.protocol {
        Protocol::Ipv4 => ipv4(frame.information),
        Protocol::Ipv6 => ipv6(frame.information),
        // The octet that holds the connection number takes the place of the IP protocol, so the
        // checksum is the one of the packet before that.
        Protocol::VjUncompressed => plausible_if(version(frame.information) == Some(4)),
        Protocol::VjCompressed => plausible_if(frame.information.len() >= 3),
        Protocol::Multilink | Protocol::Ipx | Protocol::NetBios | Protocol::Compressed => {
            plausible_if(frame.information.len() >= 2)
        }
        // Everything else known here is a control protocol: code, identifier, length.
        other if other.name().is_some() => plausible_if(control(frame.information)),
        _ => Verdict::Implausible,
    }
}

/// Judges an IPv4 packet by version, header length, total length and header checksum (RFC 791 §3.1).
#[must_use]
pub fn ipv4(packet: &[u8]) -> Verdict {
    let [first, _, total_high, total_low, ..] = *packet else { return Verdict::Implausible };
    let header = usize::from(first & 0x0F) * 4;
    let total = usize::from(u16::from_be_bytes([total_high, total_low]));
    let Some(header_octets) = packet.get(..header) else { return Verdict::Implausible };
    if first >> 4 != 4 || header < 20 || total < header || total > packet.len() {
        return Verdict::Implausible;
    }
    if ones_sum(0, header_octets) == 0xFFFF { Verdict::Proven } else { Verdict::Plausible }
}

/// Judges an IPv6 packet by version and length (RFC 8200 §3): there is no checksum.
#[must_use]
pub fn ipv6(packet: &[u8]) -> Verdict {
    let [_, _, _, _, high, low, ..] = *packet else { return Verdict::Implausible };
    let payload = usize::from(u16::from_be_bytes([high, low]));
    plausible_if(version(packet) == Some(6) && packet.len() >= 40 + payload)
}

fn version(packet: &[u8]) -> Option<u8> {
    packet.first().map(|first| first >> 4)
}

fn control(packet: &[u8]) -> bool {
    let [_, _, high, low, ..] = *packet else { return false };
    let length = usize::from(u16::from_be_bytes([high, low]));
    (4..=packet.len()).contains(&length)
}

fn plausible_if(fits: bool) -> Verdict {
    if fits { Verdict::Plausible } else { Verdict::Implausible }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;

    /// An ICMP Echo-Request header as ping sends it, its checksum right.
    const PING: [u8; 28] = hex!("4500001C000040004001266B0A0900640A090001 0800F7FF00000000");

    #[test]
    fn an_ip_header_proves_itself() {
        assert_eq!(ipv4(&PING), Verdict::Proven);
        for prefix in [hex!("0021").as_slice(), &hex!("21"), &hex!("FF030021")] {
            assert_eq!(frame(&[prefix, &PING].concat()), Verdict::Proven);
        }
        let mut other = PING;
        other[8] ^= 1;
        assert_eq!(ipv4(&other), Verdict::Plausible);
        for end in 0..PING.len() {
            assert_eq!(ipv4(&PING[..end]), Verdict::Implausible, "{end}");
        }
        for (at, octet) in [(0, 0x55), (0, 0x44), (0, 0x4F), (3, 0x13), (3, 0x1D)] {
            let mut bad = PING;
            bad[at] = octet;
            assert_eq!(ipv4(&bad), Verdict::Implausible, "{at} {octet:#x}");
        }
    }

    #[test]
    fn other_protocols_can_only_be_plausible() {
        let ipv6 = [hex!("0057 60000000 0000 3B40").as_slice(), &[0; 32]].concat();
        assert_eq!(frame(&ipv6), Verdict::Plausible);
        assert_eq!(frame(&ipv6[..41]), Verdict::Implausible);
        assert_eq!(frame(&hex!("C021 09000008 8FF9B765")), Verdict::Plausible);
        assert_eq!(frame(&hex!("C021 09000009 8FF9B765")), Verdict::Implausible);
        assert_eq!(frame(&hex!("2D 0F 1234 41")), Verdict::Plausible);
        assert_eq!(frame(&hex!("1234 0800")), Verdict::Implausible);
        assert_eq!(frame(&[]), Verdict::Implausible);
    }

    proptest! {
        #[test]
        fn noise_is_never_proven_and_never_a_panic(octets: Vec<u8>) {
            prop_assert!(frame(&octets) != Verdict::Proven);
        }
    }
}
