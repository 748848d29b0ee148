//! IPCP options (RFC 1332 §3, RFC 1877).

use std::net::Ipv4Addr;

use super::options::RawOption;

crate::wire_names! {
    /// IPCP option type.
    pub struct OptionType(u8) {
        IpAddresses = 1 => "IP-Addresses",
        Compression = 2 => "IP-Compression-Protocol",
        IpAddress = 3 => "IP-Address",
        PrimaryDns = 129 => "Primary-DNS",
        PrimaryNbns = 130 => "Primary-WINS",
        SecondaryDns = 131 => "Secondary-DNS",
        SecondaryNbns = 132 => "Secondary-WINS",
    }
}

/// An IPCP option with its sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum IpcpOption<'a> {
    IpAddress(Ipv4Addr),
    Compression { protocol: u16, data: &'a [u8] },
    PrimaryDns(Ipv4Addr),
    SecondaryDns(Ipv4Addr),
    PrimaryNbns(Ipv4Addr),
    SecondaryNbns(Ipv4Addr),
    Other(RawOption<'a>),
}

/// Gives an option its sense; never fails.
#[must_use]
pub fn option(raw: RawOption<'_>) -> IpcpOption<'_> {
    todo!()
}

impl IpcpOption<'_> {
    /// Appends the option in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        todo!()
    }
}
