//! PPP frames in GRE (RFC 1661 §2, RFC 1662 §3 without flags and FCS, RFC 2637 §4).

use super::error::WireError;

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
pub fn parse(input: &[u8]) -> Result<Frame<'_>, WireError> {
    todo!()
}

impl Frame<'_> {
    /// Appends the frame in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        todo!()
    }
}
