//! `LINKTYPE_PKTAP`: what macOS writes for several interfaces at once. A header names the link type of
//! its own frame. Apple's files carry it under the number of `DLT_USER2` as well, which anyone may use.

use crate::base::frame::LinkType;

/// Link type and frame behind the header: length, what follows, link type, interface name and more;
/// little endian. `None` where it is no such header, or no frame follows.
pub(super) fn inner(packet: &[u8]) -> Option<(LinkType, &[u8])> {
    let (head, _) = packet.split_first_chunk::<SHORTEST>()?;
    let [l0, l1, l2, l3, n0, n1, n2, n3, d0, d1, d2, d3, ..] = *head;
    let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).ok()?;
    let link = LinkType(u16::try_from(u32::from_le_bytes([d0, d1, d2, d3])).ok()?);
    if length < SHORTEST || u32::from_le_bytes([n0, n1, n2, n3]) != FRAME {
        return None;
    }
    Some((link, packet.get(length..)?))
}

/// Up to the name of the effective process; later systems append to it.
const SHORTEST: usize = 108;
/// "A packet follows", not a header alone.
const FRAME: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_link_of_its_frame() {
        let mut packet = vec![0; 108];
        packet[0] = 108;
        packet[4] = 1;
        packet[8] = 12;
        packet[12..15].copy_from_slice(b"en0");
        packet.extend(b"ip");
        assert_eq!(inner(&packet), Some((LinkType(12), &b"ip"[..])));
        for end in 0..108 {
            assert_eq!(inner(&packet[..end]), None);
        }
        // Too short, too long, a link type of more than 16 bits, no packet.
        for (offset, value) in [(0, 107), (3, 1), (10, 1), (4, 0)] {
            let mut other = packet.clone();
            other[offset] = value;
            assert_eq!(inner(&other), None);
        }
    }
}
