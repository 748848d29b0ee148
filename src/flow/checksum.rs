//! The checksum of a TCP segment (RFC 9293 §3.1): what a receiver discards must not be taken for a message.
//!
//! Where a network adapter computes it, a capture on the sending host holds the sum over the pseudo-header
//! alone, or nothing: that says nothing about the segment.

use std::net::IpAddr;

use crate::link::protocol;
use crate::wire::checksum::ones_sum;

/// What the checksum of a whole segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// The octets are those that were sent.
    Right,
    /// Left to the adapter.
    Unset,
    /// Some octet, an address or a port is not what was sent.
    Wrong,
}

/// Whether a wrong checksum means damage, as it does where those of other segments are right: a capture in
/// which all are wrong had its addresses replaced, and one of a strange network card has half of them wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust {
    right: u32,
    wrong: u32,
}

impl Trust {
    /// Takes note of a checksum.
    pub fn note(&mut self, checksum: Checksum) {
        let count = match checksum {
            Checksum::Right => &mut self.right,
            Checksum::Wrong => &mut self.wrong,
            Checksum::Unset => return,
        };
        *count = count.saturating_add(1);
    }

    /// Whether a wrong checksum means damage.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.right > self.wrong.saturating_mul(2)
    }
}

/// Judges a segment from its header to its last octet.
#[must_use]
pub fn of_tcp(src: IpAddr, dst: IpAddr, segment: &[u8]) -> Checksum {
    let Some(&field) = segment.get(FIELD..).and_then(|rest| rest.first_chunk::<2>()) else {
        return Checksum::Unset;
    };
    let field = u16::from_be_bytes(field);
    let addresses = ones_sum(of_address(of_address(0, src), dst), &[0, protocol::TCP]);
    let length = u32::try_from(segment.len()).unwrap_or(u32::MAX);
    let pseudo = ones_sum(addresses, &length.to_be_bytes());
    if ones_sum(pseudo, segment) == 0xFFFF {
        Checksum::Right
    } else if [0, addresses, pseudo].contains(&field) {
        Checksum::Unset
    } else {
        Checksum::Wrong
    }
}

/// The sum of an address on top of `sum`.
fn of_address(sum: u16, address: IpAddr) -> u16 {
    match address {
        IpAddr::V4(a) => ones_sum(sum, &a.octets()),
        IpAddr::V6(a) => ones_sum(sum, &a.octets()),
    }
}

/// Offset of the checksum in a TCP header.
const FIELD: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use std::net::Ipv4Addr;

    const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10));
    const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 20));
    /// An acknowledgment with one octet of data.
    const SEGMENT: [u8; 21] = hex!("9C40 06BB 00000001 00000002 5010 FFFF 0000 0000 2A");

    fn with(checksum: u16) -> [u8; 21] {
        let mut segment = SEGMENT;
        segment[FIELD..FIELD + 2].copy_from_slice(&checksum.to_be_bytes());
        segment
    }

    #[test]
    fn tells_damage_from_what_is_left_to_the_adapter() {
        // Addresses C000+020A+C633+6414, protocol 6, length 15h; ports, numbers, flags, window, 2A00.
        let (addresses, length, rest) =
            (0x1EC51_u32 + 6, 21, 0x9C40 + 0x06BB + 3 + 0x5010 + 0xFFFF + 0x2A00);
        let fold = |n: u32| u16::try_from((n & 0xFFFF) + (n >> 16)).unwrap();
        let right = !fold(u32::from(fold(addresses + length)) + rest);
        let of = |checksum| of_tcp(CLIENT, SERVER, &with(checksum));
        assert_eq!(of(right), Checksum::Right);
        assert_eq!(of(right ^ 0x0100), Checksum::Wrong);
        for left in [0, fold(addresses), fold(addresses + length)] {
            assert_eq!(of(left), Checksum::Unset);
        }
        let mut damaged = with(right);
        damaged[13] ^= 0x04;
        assert_eq!(of_tcp(CLIENT, SERVER, &damaged), Checksum::Wrong);
        assert_eq!(of_tcp(CLIENT, CLIENT, &with(right)), Checksum::Wrong);
        for cut in 0..18 {
            assert_eq!(of_tcp(CLIENT, SERVER, &SEGMENT[..cut]), Checksum::Unset);
        }
    }
}
