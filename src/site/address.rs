//! Networks in CIDR form (RFC 4632 §3.1), IPv4 and IPv6.

use std::net::IpAddr;

/// A network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    /// Leading bits that count.
    prefix: u32,
}

impl Network {
    /// `10.20.0.0/16`, `2001:db8::/32`; an address alone is the network of itself.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(p) if p.is_empty() || !p.bytes().all(|b| b.is_ascii_digit()) => return None,
            Some(p) => p.parse().ok().filter(|p| *p <= width)?,
            None => width,
        };
        Some(Self { address, prefix })
    }

    /// Whether the address is in it. No IPv4 address is in a network of IPv6.
    pub(super) fn holds(self, address: IpAddr) -> bool {
        let differ = match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits() ^ b.to_bits())) << 96,
            (IpAddr::V6(a), IpAddr::V6(b)) => a.to_bits() ^ b.to_bits(),
            _ => return false,
        };
        differ.leading_zeros() >= self.prefix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_shares_its_prefix() {
        let holds = |network: &str, address: &str| {
            Network::parse(network).unwrap().holds(address.parse().unwrap())
        };
        assert!(holds("10.20.0.0/16", "10.20.255.1"));
        assert!(!holds("10.20.0.0/16", "10.21.0.0"));
        assert!(holds("10.20.3.4/16", "10.20.0.0"), "bits behind the prefix do not count");
        assert!(holds("0.0.0.0/0", "255.1.2.3") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1/32", "192.0.2.0"));
        assert!(holds("2001:db8::/33", "2001:db8:7fff::1"));
        assert!(!holds("2001:db8::/33", "2001:db8:8000::1"));
        assert!(holds("::/0", "::1") && !holds("::1/128", "::"));
    }

    #[test]
    fn refuses_what_is_no_network() {
        for text in
            ["", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/+8", "x/8"]
        {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
