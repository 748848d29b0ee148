//! PPP frames in GRE (RFC 1661 §2, RFC 1662 §3 without flags and FCS, RFC 2637 §4).

use super::error::{Fault, Res, WireError, fail, finish};

pub mod ccp;
pub mod chap;
pub mod control;
pub mod eap;
pub mod ipcp;
pub mod ipv6cp;
pub mod lcp;
pub mod mppe;
pub mod mschap;
pub mod options;
pub mod pap;

crate::wire_names! {
    /// PPP protocol number (IANA "PPP DLL Protocol Numbers").
    pub struct Protocol(u16) {
        Ipv4 = 0x0021 => "IPv4",
        VjCompressed = 0x002D => "VJ compressed TCP",
        VjUncompressed = 0x002F => "VJ uncompressed TCP",
        Multilink = 0x003D => "Multilink",
        Ipx = 0x002B => "IPX",
        NetBios = 0x003F => "NetBIOS",
        Ipv6 = 0x0057 => "IPv6",
        Compressed = 0x00FD => "compressed or encrypted data",
        CompressedLink = 0x00FB => "link-compressed data",
        Ipcp = 0x8021 => "IPCP",
        Ipxcp = 0x802B => "IPXCP",
        Nbfcp = 0x803F => "NBFCP",
        Ipv6cp = 0x8057 => "IPV6CP",
        Ccp = 0x80FD => "CCP",
        Lcp = 0xC021 => "LCP",
        Pap = 0xC023 => "PAP",
        Spap = 0xC027 => "SPAP",
        Lqr = 0xC025 => "LQR",
        Cbcp = 0xC029 => "CBCP",
        Bacp = 0xC02B => "BACP",
        Chap = 0xC223 => "CHAP",
        Eap = 0xC227 => "EAP",
    }
}

/// One PPP frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Whether `FF 03` preceded the protocol (address and control not compressed).
    pub address_control: bool,
    /// Whether the protocol field was one octet (RFC 1661 §6.5).
    pub short_protocol: bool,
    /// Protocol number.
    pub protocol: Protocol,
    /// Information field.
    pub information: &'a [u8],
}

/// Reads a frame with or without address/control and protocol-field compression.
/// Errors: empty, or a protocol field that ends early.
#[inline]
pub fn parse(input: &[u8]) -> Result<Frame<'_>, WireError> {
    finish(frame(input))
}

impl Frame<'_> {
    /// Appends the frame in wire form. A protocol that has no one-octet form (RFC 1661 §6.5: above
    /// 00FF, or even) is written in two, whatever `short_protocol` says.
    pub fn emit(&self, out: &mut Vec<u8>) {
        if self.address_control {
            out.extend_from_slice(&ADDRESS_CONTROL);
        }
        match self.protocol.0.to_be_bytes() {
            [0, low] if self.short_protocol && low & 1 == 1 => out.push(low),
            both => out.extend_from_slice(&both),
        }
        out.extend_from_slice(self.information);
    }
}

fn frame(input: &[u8]) -> Res<'_, Frame<'_>> {
    let stripped = input.strip_prefix(&ADDRESS_CONTROL);
    let i = stripped.unwrap_or(input);
    let (short_protocol, protocol, information) = match i {
        [low, rest @ ..] if low & 1 == 1 => (true, u16::from(*low), rest),
        [high, low, rest @ ..] => (false, u16::from_be_bytes([*high, *low]), rest),
        _ => return Err(fail(i, Fault::Truncated)),
    };
    let address_control = stripped.is_some();
    let protocol = Protocol(protocol);
    Ok((&[], Frame { address_control, short_protocol, protocol, information }))
}

/// All-Stations address and Unnumbered Information control (RFC 1662 §3.1). FF is no protocol, so the
/// two cannot be mistaken for a compressed one.
const ADDRESS_CONTROL: [u8; 2] = [0xFF, 0x03];

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;

    fn wire(frame: Frame<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        frame.emit(&mut out);
        out
    }

    #[test]
    fn the_four_headers_of_one_frame() {
        let cases = [
            (hex!("FF03 0021 45").as_slice(), true, false),
            (&hex!("0021 45"), false, false),
            (&hex!("FF03 21 45"), true, true),
            (&hex!("21 45"), false, true),
        ];
        for (bytes, address_control, short_protocol) in cases {
            let protocol = Protocol::Ipv4;
            let frame = Frame { address_control, short_protocol, protocol, information: &[0x45] };
            assert_eq!(parse(bytes), Ok(frame));
            assert_eq!(wire(frame), bytes);
        }
    }

    #[test]
    fn recorded_by_pptpd_and_pptp_linux() {
        let lcp = parse(&hex!("ff03 c021 06020004")).unwrap();
        assert_eq!((lcp.protocol, lcp.information.len()), (Protocol::Lcp, 4));
        let encrypted = parse(&hex!("fd 9000 5172cbba")).unwrap();
        assert_eq!((encrypted.protocol, encrypted.short_protocol), (Protocol::Compressed, true));
        assert_eq!(encrypted.information, hex!("9000 5172cbba"));
    }

    #[test]
    fn a_protocol_field_that_ends_early() {
        for bytes in [[].as_slice(), &[0xFF, 0x03], &[0xC0], &[0xFF, 0x03, 0x00]] {
            assert_eq!(parse(bytes).map_err(|e| e.fault), Err(Fault::Truncated));
        }
    }

    #[test]
    fn a_protocol_without_a_short_form_is_written_long() {
        for number in [0x0020, 0xC021] {
            let (short_protocol, protocol) = (true, Protocol(number));
            let frame =
                Frame { address_control: false, short_protocol, protocol, information: &[] };
            assert_eq!(wire(frame), number.to_be_bytes());
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_emitted_again(
            head in prop_oneof![Just(vec![]), Just(vec![0xFF, 0x03])], rest: Vec<u8>,
        ) {
            let bytes = [head, rest].concat();
            if let Ok(frame) = parse(&bytes) {
                prop_assert_eq!(wire(frame), bytes);
            }
        }
    }
}
