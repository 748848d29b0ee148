//! IPCP options (RFC 1332 §3, RFC 1877).

use std::net::Ipv4Addr;

use super::options::{self, RawOption};

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
    let kind = OptionType(raw.kind);
    if let (OptionType::Compression, &[a, b, ref data @ ..]) = (kind, raw.value) {
        return IpcpOption::Compression { protocol: u16::from_be_bytes([a, b]), data };
    }
    let Ok(octets) = <[u8; 4]>::try_from(raw.value) else {
        return IpcpOption::Other(raw);
    };
    let addr = Ipv4Addr::from(octets);
    match kind {
        OptionType::IpAddress => IpcpOption::IpAddress(addr),
        OptionType::PrimaryDns => IpcpOption::PrimaryDns(addr),
        OptionType::SecondaryDns => IpcpOption::SecondaryDns(addr),
        OptionType::PrimaryNbns => IpcpOption::PrimaryNbns(addr),
        OptionType::SecondaryNbns => IpcpOption::SecondaryNbns(addr),
        _ => IpcpOption::Other(raw),
    }
}

impl IpcpOption<'_> {
    /// Appends the option in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let (kind, addr) = match *self {
            Self::Compression { protocol, data } => {
                let value = [protocol.to_be_bytes().as_slice(), data].concat();
                return options::emit(OptionType::Compression.0, &value, out);
            }
            Self::Other(raw) => return options::emit(raw.kind, raw.value, out),
            Self::IpAddress(addr) => (OptionType::IpAddress, addr),
            Self::PrimaryDns(addr) => (OptionType::PrimaryDns, addr),
            Self::SecondaryDns(addr) => (OptionType::SecondaryDns, addr),
            Self::PrimaryNbns(addr) => (OptionType::PrimaryNbns, addr),
            Self::SecondaryNbns(addr) => (OptionType::SecondaryNbns, addr),
        };
        options::emit(kind.0, &addr.octets(), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ppp::options::Options;
    use hex_literal::hex;
    use proptest::prelude::*;

    #[test]
    fn all_options_of_a_client() {
        let data = hex!(
            "0306 0a090064 0206 002d0f01 8106 0a090001 8206 00000000 8306 0a090002 8406 00000000"
        );
        let none = Ipv4Addr::UNSPECIFIED;
        let expected = [
            IpcpOption::IpAddress([10, 9, 0, 100].into()),
            IpcpOption::Compression { protocol: 0x002D, data: &[15, 1] },
            IpcpOption::PrimaryDns([10, 9, 0, 1].into()),
            IpcpOption::PrimaryNbns(none),
            IpcpOption::SecondaryDns([10, 9, 0, 2].into()),
            IpcpOption::SecondaryNbns(none),
        ];
        let read: Vec<_> = Options::new(&data).map(|raw| option(raw.unwrap())).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn an_option_of_another_length_stays_raw() {
        for (kind, value) in [(3, [1, 2, 3].as_slice()), (3, &[1; 5]), (2, &[0]), (1, &[0; 4])] {
            let raw = RawOption { kind, value };
            assert_eq!(option(raw), IpcpOption::Other(raw));
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_emitted_again(
            kind in prop_oneof![0u8..5, 128u8..134],
            value in proptest::collection::vec(any::<u8>(), 0..6),
        ) {
            let (mut given, mut again) = (Vec::new(), Vec::new());
            options::emit(kind, &value, &mut given);
            option(RawOption { kind, value: &value }).emit(&mut again);
            prop_assert_eq!(again, given);
        }
    }
}
