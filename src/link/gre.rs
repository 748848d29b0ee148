//! GRE version 0 (RFC 2784, RFC 2890) as a tunnel, and the mirrored frames of ERSPAN in it
//! (draft-foschiano-erspan). Version 1 is PPTP's own and is never opened here.

use super::layer::Layer;
use crate::wire::gre;

/// Whether it is a packet of PPTP's own.
#[inline]
pub(super) fn is_pptp(packet: &[u8]) -> bool {
    let own = gre::Base { version: 1, protocol: gre::PROTOCOL_PPP };
    gre::base(packet).is_ok_and(|base| base == own)
}

/// What a GRE packet of a tunnel carries; `None` for PPTP's own, for source routes (RFC 1701, which
/// nobody sends) and for protocols that cannot hold IP.
pub(super) fn inner(packet: &[u8]) -> Option<Layer<'_>> {
    let gre::Base { version: 0, protocol } = gre::base(packet).ok()? else { return None };
    let ([flags, ..], rest) = packet.split_first_chunk::<4>()?;
    if flags & ROUTING != 0 {
        return None;
    }
    let words = [CHECKSUM, KEY, SEQUENCE].iter().filter(|&bit| flags & bit != 0).count();
    let rest = rest.get(4 * words..)?;
    match protocol {
        gre::PROTOCOL_PPP => None,
        // Type I has no header of its own, and no sequence number in that of GRE.
        ERSPAN_I_II if flags & SEQUENCE == 0 => Some(Layer::Ethernet(rest)),
        ERSPAN_I_II => Some(Layer::Ethernet(rest.get(8..)?)),
        ERSPAN_III => erspan_iii(rest),
        protocol => Some(Layer::EtherType(protocol, rest)),
    }
}

/// Version and VLAN, class and session, time (4), group (2), frame type and hardware (2), and eight
/// octets more where the last bit says so.
fn erspan_iii(message: &[u8]) -> Option<Layer<'_>> {
    let (head, rest) = message.split_first_chunk::<12>()?;
    let rest = if head[11] & PLATFORM == 0 { rest } else { rest.get(8..)? };
    match head[10] >> 2 & 0x1F {
        0 => Some(Layer::Ethernet(rest)),
        2 => Some(Layer::Ip(rest)),
        _ => None,
    }
}

const CHECKSUM: u8 = 0x80;
const ROUTING: u8 = 0x40;
const KEY: u8 = 0x20;
const SEQUENCE: u8 = 0x10;
const ERSPAN_I_II: u16 = 0x88BE;
const ERSPAN_III: u16 = 0x22EB;
const PLATFORM: u8 = 0x01;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(packet: &[u8]) -> Option<&[u8]> {
        inner(packet).and_then(Layer::ip)
    }

    fn with(head: &[u8], more: usize, carried: &[u8]) -> Vec<u8> {
        let mut packet = head.to_vec();
        packet.resize(head.len() + more, 0);
        packet.extend(carried);
        packet
    }

    #[test]
    fn opens_ip_and_ethernet_behind_every_set_of_fields() {
        let ethernet = [&[0; 12][..], &[8, 0], b"ip"].concat();
        for (flags, words) in [(0, 0), (0x80, 1), (0x20, 1), (0x10, 1), (0x30, 2), (0xB0, 3)] {
            for (protocol, carried) in
                [(0x0800u16, &b"ip"[..]), (0x86DD, b"ip"), (0x6558, &ethernet)]
            {
                let [high, low] = protocol.to_be_bytes();
                let packet = with(&[flags, 0, high, low], 4 * words, carried);
                assert_eq!(ip(&packet), Some(&b"ip"[..]), "{flags:x} {protocol:x}");
                for end in 0..packet.len() - 2 {
                    assert_eq!(ip(&packet[..end]), None);
                }
            }
        }
    }

    #[test]
    fn opens_mirrored_frames() {
        let ethernet = [&[0; 12][..], &[8, 0], b"ip"].concat();
        let one = with(&[0, 0, 0x88, 0xBE], 0, &ethernet);
        let two = with(&[0x10, 0, 0x88, 0xBE, 0, 0, 0, 1, 0x10, 1], 6, &ethernet);
        let three = with(&[0x10, 0, 0x22, 0xEB, 0, 0, 0, 1, 0x20, 1], 10, &ethernet);
        let mut platform = with(&three[..20], 8, &ethernet);
        platform[19] = 1;
        let mut bare = with(&three[..20], 0, b"ip");
        bare[18] = 0x88;
        for packet in [&one, &two, &three, &platform, &bare] {
            assert_eq!(ip(packet), Some(&b"ip"[..]), "{packet:02x?}");
        }
        bare[18] = 0x8C;
        assert_eq!(ip(&bare), None);
    }

    #[test]
    fn leaves_version_1_and_its_protocol_alone() {
        for head in [[0x30, 0x01, 0x88, 0x0B], [0x30, 0x81, 0x08, 0x00], [0, 0, 0x88, 0x0B]] {
            assert_eq!(inner(&with(&head, 12, &[0x45; 40])), None);
        }
        assert_eq!(inner(&with(&[0x40, 0, 8, 0], 4, &[0x45; 40])), None);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = ip(&bytes);
        }
    }
}
