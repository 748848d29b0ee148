//! PPP packets: negotiation stays, names and addresses in it change, user data goes.

use std::net::{IpAddr, Ipv4Addr};

use super::Veil;
use super::auth;
use super::inner;
use super::octets::{after, get16, split, wipe};
use super::texts;
use crate::wire::ppp;
use crate::wire::ppp::Protocol;
use crate::wire::ppp::ccp;
use crate::wire::ppp::control::Code;
use crate::wire::ppp::ipcp;
use crate::wire::ppp::lcp;

/// Overwrites a PPP frame as GRE carries it.
pub(super) fn frame(veil: &mut Veil, frame: &mut [u8]) {
    let Ok((protocol, header)) =
        ppp::parse(frame).map(|f| (f.protocol, frame.len() - f.information.len()))
    else {
        return;
    };
    let information = after(frame, header);
    match protocol {
        Protocol::Lcp
        | Protocol::Ccp
        | Protocol::Ipcp
        | Protocol::Ipv6cp
        | Protocol::Ipxcp
        | Protocol::Nbfcp => negotiation(veil, protocol, information),
        Protocol::Chap => auth::chap(veil, information),
        Protocol::Pap => auth::pap(veil, information),
        Protocol::Eap => auth::eap(veil, information),
        Protocol::Ipv4 => inner::v4(veil, information),
        Protocol::Ipv6 => inner::v6(veil, information),
        Protocol::Compressed => inner::hide(&veil.key, after(information, MPPE_HEADER)),
        // LQR begins with a magic number, the others with code, identifier and length.
        Protocol(0x8000..) => wipe(after(information, HEADER)),
        _ => inner::hide(&veil.key, information),
    }
}

/// Code and data of a packet of the LCP shape (RFC 1661 §5); padding behind it becomes zero. A length
/// that lies takes all there is.
pub(super) fn body(packet: &mut [u8]) -> Option<(u8, &mut [u8])> {
    let length = usize::from(get16(packet, 2)?);
    let code = *packet.first()?;
    let (packet, padding) = split(packet, if length < HEADER { usize::MAX } else { length });
    wipe(padding);
    Some((code, after(packet, HEADER)))
}

fn negotiation(veil: &mut Veil, protocol: Protocol, packet: &mut [u8]) {
    let Some((code, data)) = body(packet) else { return };
    let is_lcp = protocol == Protocol::Lcp;
    match Code(code) {
        Code::ConfigureRequest
        | Code::ConfigureAck
        | Code::ConfigureNak
        | Code::ConfigureReject => options(veil, protocol, data),
        Code::TerminateRequest | Code::TerminateAck => texts::terminate(data),
        // Header of the rejected packet, which could be an Identification.
        Code::CodeReject => wipe(after(data, HEADER)),
        Code::ProtocolReject if is_lcp => wipe(after(data, PROTOCOL)),
        Code::EchoRequest | Code::EchoReply | Code::DiscardRequest if is_lcp => {
            wipe(after(data, MAGIC));
        }
        Code::Identification if is_lcp => {
            if let Some(name) = texts::identification(after(data, MAGIC)) {
                veil.names.host(name);
            }
        }
        // Magic number and seconds, then a text (RFC 1570 §2.2).
        Code::TimeRemaining if is_lcp => texts::words(after(data, 2 * MAGIC)),
        // Magic number, OUI and kind (RFC 2153 §2.1).
        Code::VendorSpecific => wipe(after(data, 2 * MAGIC)),
        _ => wipe(data),
    }
}

/// Walks options as [`ppp::options::Options`] does; where one is bad, only its header stays.
fn options(veil: &mut Veil, protocol: Protocol, data: &mut [u8]) {
    let mut rest = data;
    while let [kind, length, ..] = *rest {
        let length = usize::from(length);
        if length < OPTION || length > rest.len() {
            return wipe(after(rest, OPTION));
        }
        let (option, next) = split(rest, length);
        let value = after(option, OPTION);
        match protocol {
            Protocol::Lcp => of_lcp(lcp::OptionType(kind), value),
            Protocol::Ccp => of_ccp(ccp::OptionType(kind), value),
            Protocol::Ipcp => of_ipcp(veil, ipcp::OptionType(kind), value),
            // An interface identifier may be made of a hardware address (RFC 5072 §4.1).
            Protocol::Ipv6cp if kind == INTERFACE_IDENTIFIER => veil.key.blur("interface", value),
            _ => wipe(value),
        }
        rest = next;
    }
}

fn of_lcp(kind: lcp::OptionType, value: &mut [u8]) {
    use lcp::OptionType as Kind;
    let kept = match kind {
        Kind::Mru
        | Kind::Accm
        | Kind::Authentication
        | Kind::Quality
        | Kind::Magic
        | Kind::Pfc
        | Kind::Acfc
        | Kind::FcsAlternatives
        | Kind::Mrru
        | Kind::ShortSequence
        | Kind::LinkDiscriminator => return,
        // What follows is a telephone number, or an address.
        Kind::Callback | Kind::EndpointDiscriminator => 1,
        _ => 0,
    };
    wipe(after(value, kept));
}

fn of_ccp(kind: ccp::OptionType, value: &mut [u8]) {
    if kind.name().is_none() {
        wipe(value);
    }
}

fn of_ipcp(veil: &mut Veil, kind: ipcp::OptionType, value: &mut [u8]) {
    use ipcp::OptionType as Kind;
    match kind {
        Kind::Compression => {}
        Kind::IpAddresses
        | Kind::IpAddress
        | Kind::PrimaryDns
        | Kind::PrimaryNbns
        | Kind::SecondaryDns
        | Kind::SecondaryNbns => {
            let (addresses, rest) = value.as_chunks_mut::<4>();
            wipe(rest);
            for address in addresses {
                let old = IpAddr::V4(Ipv4Addr::from(*address));
                if let IpAddr::V4(new) = veil.address(old) {
                    *address = new.octets();
                }
            }
        }
        _ => wipe(value),
    }
}

/// Octets of code, identifier and length; of an option's type and length; of a magic number; of a
/// protocol; of the MPPE header (RFC 3078 §3.1).
const HEADER: usize = 4;
const OPTION: usize = 2;
const MAGIC: usize = 4;
const PROTOCOL: usize = 2;
const MPPE_HEADER: usize = 2;
const INTERFACE_IDENTIFIER: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::anonymize::keyed::Key;
    use hex_literal::hex;
    use proptest::prelude::*;

    fn veiled(octets: &[u8]) -> Vec<u8> {
        let mut veil = Veil::new(Key::new([3; 32]));
        veil.settle();
        let mut octets = octets.to_vec();
        frame(&mut veil, &mut octets);
        octets
    }

    #[test]
    fn negotiation_stays() {
        let request =
            hex!("ff03c021 0101001d 01040578 020600000000 0305c22381 05068ff9b765 0702 0802");
        for packet in [
            &request[..],
            &hex!("80fd 0101000a 1206 01000040"),
            &hex!("8021 0101000a 0306 00000000"),
            &hex!("c021 09000008 8ff9b765"),
            b"\xC0\x21\x05\x02\x00\x11MPPE disabled",
        ] {
            assert_eq!(veiled(packet), packet);
        }
    }

    #[test]
    fn addresses_names_and_rejected_packets_change() {
        let cases: [(&[u8], &[u8]); 6] = [
            (
                &hex!("8021 03010010 0306 08080808 8106 08080404"),
                &hex!("8021 03010010 0306 c0000201 8106 c6336401"),
            ),
            (&hex!("c021 01010009 130501 aabb"), &hex!("c021 01010009 130501 0000")),
            (&hex!("c021 0801000c 80fd 0101000a1206"), &hex!("c021 0801000c 80fd 000000000000")),
            (
                b"\xC0\x21\x0C\x02\x00\x15\x01\x02\x03\x04MSRAS-0-ALICE",
                b"\xC0\x21\x0C\x02\x00\x15\x01\x02\x03\x04MSRAS-0-host1",
            ),
            (
                &hex!("c021 09000010 8ff9b765 61626364 65666768"),
                &hex!("c021 09000010 8ff9b765 00000000 00000000"),
            ),
            (&hex!("c021 0101000a 0109 aabbccdd"), &hex!("c021 0101000a 0109 00000000")),
        ];
        for (old, new) in cases {
            assert_eq!(veiled(old), new);
        }
    }

    #[test]
    fn user_data_goes_and_stays_distinct() {
        let data = |end: u8| [&hex!("fd 9007")[..], b"secret secret secret", &[end]].concat();
        let (one, other) = (veiled(&data(1)), veiled(&data(2)));
        assert_eq!(one[..3], hex!("fd 9007"));
        assert_eq!((one.len(), one == veiled(&data(1)), one == other), (24, true, false));
        assert!(one[11..].iter().all(|o| *o == 0));
    }

    proptest! {
        #[test]
        fn any_octets_keep_their_length(
            protocol in prop::sample::select(
                vec![0xC021u16, 0x80FD, 0x8021, 0x8057, 0x0021, 0x0057, 0x002D, 0xC025],
            ),
            code in 0u8..16, length in 0u16..60, octets in prop::collection::vec(any::<u8>(), 0..50),
        ) {
            let [protocol, length] = [protocol, length].map(u16::to_be_bytes);
            let packet = [&protocol[..], &[code, 1], &length, &octets].concat();
            for end in 0..packet.len() {
                prop_assert_eq!(veiled(&packet[..end]).len(), end);
            }
        }
    }
}
