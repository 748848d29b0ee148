//! Other addresses for those of a report.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

/// Whose an address is: each kind has a documentation range of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Client,
    Server,
    Other,
}

/// Addresses with those that take their places.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    /// In the order in which they were met.
    met: Vec<(IpAddr, Kind)>,
    known: BTreeSet<IpAddr>,
    instead: BTreeMap<IpAddr, IpAddr>,
    /// How many of each range were given out: clients, servers, others, IPv4 beyond these, IPv6.
    given: [u32; 5],
}

impl Addresses {
    /// Remembers an address; what it was first taken for counts.
    pub(super) fn learn(&mut self, address: IpAddr, kind: Kind) {
        if !tells_nothing(address) && self.known.insert(address) {
            self.met.push((address, kind));
        }
    }

    /// The address in its place.
    pub(super) fn instead(&mut self, address: IpAddr) -> IpAddr {
        for (met, kind) in std::mem::take(&mut self.met) {
            // None that the report shows of others may serve.
            let fresh = loop {
                let fresh = self.next(met, kind);
                if !self.known.contains(&fresh) {
                    break fresh;
                }
            };
            self.instead.insert(met, fresh);
        }
        *self.instead.get(&address).unwrap_or(&address)
    }

    /// RFC 5737 and RFC 3849; where 254 hosts are not enough, the range for benchmarks of RFC 2544.
    fn next(&mut self, like: IpAddr, kind: Kind) -> IpAddr {
        let [clients, servers, others, beyond, v6] = &mut self.given;
        if like.is_ipv6() {
            *v6 += 1;
            return Ipv6Addr::from_bits(DOCUMENTATION + u128::from(*v6)).into();
        }
        let (given, range) = match kind {
            Kind::Client => (clients, [192, 0, 2]),
            Kind::Server => (servers, [198, 51, 100]),
            Kind::Other => (others, [203, 0, 113]),
        };
        if *given < HOSTS {
            *given += 1;
            let [a, b, c] = range;
            return Ipv4Addr::from_bits(u32::from_be_bytes([a, b, c, 0]) + *given).into();
        }
        *beyond += 1;
        Ipv4Addr::from_bits(BENCHMARKS.saturating_add(*beyond)).into()
    }
}

/// The address that begins a text, with its length.
pub(super) fn at_start(text: &str) -> Option<(IpAddr, usize)> {
    let digits = text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let v4 = text.get(..digits).map(|t| t.trim_end_matches('.')).unwrap_or_default();
    let run = text.bytes().take_while(|b| b.is_ascii_hexdigit() || b":.".contains(b)).count();
    let run = text.get(..run).unwrap_or_default();
    // The longest reading first: a v6 address may end in a v4 address.
    let trimmed = run.trim_end_matches('.');
    let v6 = [run, trimmed, trimmed.strip_suffix(':').unwrap_or(trimmed)];
    let v6 = v6.into_iter().find_map(|t| Some((IpAddr::V6(t.parse().ok()?), t.len())));
    v6.or_else(|| Some((IpAddr::V4(v4.parse().ok()?), v4.len())))
}

/// The same address everywhere: no host, any host, all hosts, this host.
fn tells_nothing(address: IpAddr) -> bool {
    address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address == IpAddr::V4(Ipv4Addr::BROADCAST)
}

/// Hosts of a /24.
const HOSTS: u32 = 254;
/// 198.18.0.0, of RFC 2544.
const BENCHMARKS: u32 = 0xC612_0000;
/// 2001:db8::, of RFC 3849.
const DOCUMENTATION: u128 = 0x2001_0DB8 << 96;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_at_the_start_of_a_text() {
        let cases = [
            ("10.1.2.3:1723", "10.1.2.3"),
            ("10.1.2.3.", "10.1.2.3"),
            ("10.0.0.0/8", "10.0.0.0"),
            ("fe80::1]:1723", "fe80::1"),
            ("2001:db8::7: x", "2001:db8::7"),
            ("::ffff:10.1.2.3, x", "::ffff:10.1.2.3"),
        ];
        for (text, want) in cases {
            let (address, length) = at_start(text).unwrap();
            assert_eq!((address, length), (want.parse().unwrap(), want.len()), "{text}");
        }
        for text in ["2.4.7", "4.0.1381.4", "12:30:45", "00:11:22:33:44:55", "", "x", "300.1.1.1"] {
            assert!(at_start(text).is_none(), "{text}");
        }
    }

    #[test]
    fn one_for_one_and_none_of_the_others() {
        let mut addresses = Addresses::default();
        let all: Vec<IpAddr> = (0..2000u32)
            .map(|n| Ipv4Addr::from(0xC000_0200 + n).into())
            .chain(["fe80::1".parse().unwrap()])
            .collect();
        for (n, address) in all.iter().enumerate() {
            addresses.learn(*address, [Kind::Client, Kind::Server, Kind::Other][n % 3]);
        }
        let fresh: BTreeSet<IpAddr> = all.iter().map(|a| addresses.instead(*a)).collect();
        assert_eq!(fresh.len(), all.len());
        assert!(all.iter().all(|a| !fresh.contains(a)));
        let any: IpAddr = "0.0.0.0".parse().unwrap();
        addresses.learn(any, Kind::Other);
        assert_eq!(addresses.instead(any), any);
    }
}
