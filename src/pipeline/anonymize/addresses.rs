//! Addresses that stand for others. A private address stays one of its block, a public one becomes one of
//! the ranges for documentation (RFC 5737, 3849) and tests (RFC 2544); hosts of one /24 or /64 stay
//! together. What an address is given depends on the order of appearance alone, so it hides all else.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::keyed::Key;

/// The table of one run. It first learns which addresses there are, so that none of them is given out.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    order: Vec<IpAddr>,
    originals: BTreeSet<IpAddr>,
    given: BTreeMap<IpAddr, IpAddr>,
    networks: BTreeMap<(Block, u64), Network>,
    next: BTreeMap<Block, u32>,
    settled: bool,
}

/// What stands for one network of the originals.
#[derive(Clone, Copy, Debug)]
struct Network {
    number: u32,
    hosts: u32,
}

/// Blocks whose kind is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Block {
    Public4,
    Ten,
    Private12,
    Private16,
    Shared,
    Link4,
    Public6,
    Unique6,
    Link6,
}

impl Addresses {
    /// What stands for an address; the address itself while the table still learns.
    pub(super) fn map(&mut self, key: &Key, addr: IpAddr) -> IpAddr {
        if let IpAddr::V6(v6) = addr
            && let Some(v4) = v6.to_ipv4_mapped()
            && let IpAddr::V4(mapped) = self.map(key, v4.into())
        {
            return mapped.to_ipv6_mapped().into();
        }
        let Some((block, network)) = block(addr) else { return addr };
        if !self.settled {
            if self.originals.len() < ADDRESSES && self.originals.insert(addr) {
                self.order.push(addr);
            }
            return addr;
        }
        if let Some(known) = self.given.get(&addr) {
            return *known;
        }
        if self.given.len() >= ADDRESSES {
            return block.spread(key, addr);
        }
        let new = self.give(block, network).unwrap_or_else(|| block.spread(key, addr));
        self.given.insert(addr, new);
        new
    }

    /// Ends learning: addresses are given out in the order in which the originals appeared.
    pub(super) fn settle(&mut self, key: &Key) {
        self.settled = true;
        for addr in std::mem::take(&mut self.order) {
            self.map(key, addr);
        }
    }

    /// A free address; `None` where the block is used up.
    fn give(&mut self, block: Block, network: u64) -> Option<IpAddr> {
        loop {
            let next = self.next.entry(block).or_insert(0);
            let place = self.networks.entry((block, network)).or_insert_with(|| {
                let number = *next;
                *next += 1;
                Network { number, hosts: 0 }
            });
            if place.number >= block.networks() {
                return None;
            }
            if place.hosts >= block.hosts() {
                // More hosts than fit beside those that may not be given: they go on in another one.
                *place = Network { number: *next, hosts: 0 };
                *next += 1;
                continue;
            }
            place.hosts += 1;
            let new = block.address(place.number, place.hosts);
            if !self.originals.contains(&new) {
                return Some(new);
            }
        }
    }
}

impl Block {
    /// Networks that can be given out.
    const fn networks(self) -> u32 {
        match self {
            // Three /24 for documentation, and 198.18.0.0/15.
            Self::Public4 => 3 + 512,
            Self::Private12 => 1 << 12,
            Self::Private16 | Self::Link4 => 1 << 8,
            Self::Shared => 1 << 14,
            Self::Ten | Self::Public6 | Self::Unique6 => 1 << 16,
            Self::Link6 => 1,
        }
    }

    /// Hosts of each.
    const fn hosts(self) -> u32 {
        match self {
            Self::Public6 | Self::Unique6 | Self::Link6 => 1 << 20,
            _ => 254,
        }
    }

    fn address(self, number: u32, host: u32) -> IpAddr {
        let v4 = |base: [u8; 4]| -> IpAddr {
            Ipv4Addr::from_bits(u32::from_be_bytes(base) | number << 8 | host).into()
        };
        let v6 = |prefix: u128| -> IpAddr {
            Ipv6Addr::from_bits(prefix << 96 | u128::from(number) << 64 | u128::from(host)).into()
        };
        match (self, number) {
            (Self::Public4, 0) => v4([192, 0, 2, 0]),
            (Self::Public4, 1) => Ipv4Addr::from_bits(0xC633_6400 | host).into(),
            (Self::Public4, 2) => Ipv4Addr::from_bits(0xCB00_7100 | host).into(),
            (Self::Public4, n) => Ipv4Addr::from_bits(0xC612_0000 + ((n - 3) << 8) + host).into(),
            (Self::Ten, _) => v4([10, 0, 0, 0]),
            (Self::Private12, _) => v4([172, 16, 0, 0]),
            (Self::Private16, _) => v4([192, 168, 0, 0]),
            (Self::Shared, _) => v4([100, 64, 0, 0]),
            (Self::Link4, _) => v4([169, 254, 0, 0]),
            (Self::Public6, _) => v6(0x2001_0DB8),
            (Self::Unique6, _) => v6(0xFD00_0000),
            (Self::Link6, _) => v6(0xFE80_0000),
        }
    }

    /// Where none is free: a place in the block by chance, the same for the same address.
    fn spread(self, key: &Key, addr: IpAddr) -> IpAddr {
        let octets = match addr {
            IpAddr::V4(a) => a.to_ipv6_mapped().octets(),
            IpAddr::V6(a) => a.octets(),
        };
        let number = u32::from_be_bytes(key.octets("network", &octets));
        let host = u32::from_be_bytes(key.octets("host", &octets));
        self.address(number % self.networks(), 1 + host % self.hosts())
    }
}

/// Block and network of an address; `None` for one that names no single host, or none in particular: it
/// stays.
fn block(addr: IpAddr) -> Option<(Block, u64)> {
    match addr {
        IpAddr::V4(a) => {
            let [b0, b1, ..] = a.octets();
            let block = match (b0, b1) {
                (0 | 127 | 224..=239, _) => return None,
                (10, _) => Block::Ten,
                (172, 16..=31) => Block::Private12,
                (192, 168) => Block::Private16,
                (100, 64..=127) => Block::Shared,
                (169, 254) => Block::Link4,
                _ if a.is_broadcast() => return None,
                _ => Block::Public4,
            };
            Some((block, u64::from(a.to_bits() >> 8)))
        }
        IpAddr::V6(a) => {
            let [high, low] = halves(a);
            // A solicited-node address (RFC 4291 §2.7.1) has the end of a host's own in it.
            let solicited = high == 0xFF02 << 48 && low >> 24 == 0x01_FF;
            let block = match high >> 48 {
                0xFF00.. if !solicited => return None,
                0xFC00..=0xFDFF => Block::Unique6,
                0xFE80..=0xFEBF => Block::Link6,
                _ if a.is_unspecified() || a.is_loopback() => return None,
                _ => Block::Public6,
            };
            Some((block, high))
        }
    }
}

fn halves(a: Ipv6Addr) -> [u64; 2] {
    let bits = a.to_bits();
    [bits >> 64, bits & u128::from(u64::MAX)].map(|half| u64::try_from(half).unwrap_or(0))
}

/// Originals that are remembered; more are spread over their block by chance.
const ADDRESSES: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::addr::is_private;
    use proptest::prelude::*;

    fn mapped(list: &[&str]) -> Vec<String> {
        let key = Key::new([7; 32]);
        let mut table = Addresses::default();
        let list: Vec<IpAddr> = list.iter().map(|a| a.parse().unwrap()).collect();
        for a in &list {
            assert_eq!(table.map(&key, *a), *a);
        }
        table.settle(&key);
        list.iter().map(|a| table.map(&key, *a).to_string()).collect()
    }

    #[test]
    fn blocks_and_neighbours_are_kept_and_no_original_is_given_out() {
        assert_eq!(
            mapped(&["8.8.8.8", "8.8.4.4", "8.8.8.9", "192.0.2.1", "10.1.2.3", "192.168.1.1"]),
            ["192.0.2.2", "198.51.100.1", "192.0.2.3", "203.0.113.1", "10.0.0.1", "192.168.0.1"]
        );
        assert_eq!(
            mapped(&["fe80::1:2", "2a00::5", "2a00::6", "fd12::1", "::ffff:9.9.9.9", "100.64.9.9"]),
            ["fe80::1", "2001:db8::1", "2001:db8::2", "fd00::1", "::ffff:192.0.2.1", "100.64.0.1"]
        );
        let none = ["0.0.0.0", "255.255.255.255", "224.0.0.1", "::", "ff02::1", "127.0.0.1"];
        assert_eq!(mapped(&none), none);
    }

    #[test]
    fn a_full_network_goes_on_in_another_one() {
        let key = Key::new([7; 32]);
        let mut table = Addresses::default();
        let all: Vec<IpAddr> = (0..=255).map(|n| [192, 0, 2, n].into()).collect();
        for a in &all {
            table.map(&key, *a);
        }
        table.settle(&key);
        let new: BTreeSet<IpAddr> = all.iter().map(|a| table.map(&key, *a)).collect();
        assert_eq!(new.len(), 256);
        assert!(new.is_disjoint(&all.into_iter().collect()));
    }

    proptest! {
        #[test]
        fn private_stays_private(bits: u32, wide: u128) {
            let key = Key::new([7; 32]);
            for a in [IpAddr::from(Ipv4Addr::from_bits(bits)), Ipv6Addr::from_bits(wide).into()] {
                let mut table = Addresses { settled: true, ..Addresses::default() };
                let new = table.map(&key, a);
                prop_assert_eq!(is_private(new), is_private(a));
                prop_assert_eq!(new, table.map(&key, a));
            }
        }
    }
}
