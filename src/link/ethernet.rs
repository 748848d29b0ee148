//! Ethernet (IEEE 802.3 §3.2.6) with VLAN tags, and the EtherType dispatch that other links share.

use super::layer::Layer;
use super::ppp;

/// The IP packet in an untagged frame, which is what most frames of most captures are.
#[inline]
pub(super) fn plain(frame: &[u8]) -> Option<&[u8]> {
    let (head, rest) = frame.split_first_chunk::<14>()?;
    matches!(u16::from_be_bytes([head[12], head[13]]), IPV4 | IPV6).then_some(rest)
}

/// What follows the two addresses and the EtherType.
pub(super) fn next(frame: &[u8]) -> Option<Layer<'_>> {
    let (head, rest) = frame.split_first_chunk::<14>()?;
    Some(Layer::EtherType(u16::from_be_bytes([head[12], head[13]]), rest))
}

/// What an EtherType announces; `None` for all that cannot hold an IP packet of interest.
pub(super) fn by_ethertype(kind: u16, rest: &[u8]) -> Option<Layer<'_>> {
    match kind {
        IPV4 | IPV6 => Some(Layer::Ip(rest)),
        // Customer tag, provider tag, and the provider tag before it had a number of its own.
        0x8100 | 0x88A8 | 0x9100 => {
            let (tag, inner) = rest.split_first_chunk::<4>()?;
            Some(Layer::EtherType(u16::from_be_bytes([tag[2], tag[3]]), inner))
        }
        // A length. The end of the packet is known from IP, so it is not cut here.
        ..=LONGEST => Some(Layer::Llc(rest)),
        TRANSPARENT_BRIDGING => Some(Layer::Ethernet(rest)),
        // Downstream and upstream assigned labels (RFC 5332).
        0x8847 | 0x8848 => Some(Layer::Mpls(rest)),
        PPPOE_SESSION => ppp::pppoe_session(rest),
        _ => None,
    }
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;
const TRANSPARENT_BRIDGING: u16 = 0x6558;
const PPPOE_SESSION: u16 = 0x8864;
/// IEEE 802.3 §3.2.6: up to here the field is a length.
const LONGEST: u16 = 1500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_off_tag_after_tag() {
        let mut frame = vec![0; 12];
        for tag in [0x88A8u16, 0x9100, 0x8100, 0x8100] {
            frame.extend(tag.to_be_bytes());
            frame.extend([0, 7]);
        }
        frame.extend([0x08, 0x00, b'i', b'p']);
        assert_eq!(Layer::Ethernet(&frame).ip(), Some(&b"ip"[..]));
        assert_eq!(plain(&frame), None);
        for end in 0..frame.len() - 2 {
            assert_eq!(Layer::Ethernet(&frame[..end]).ip(), None);
        }
    }

    #[test]
    fn plain_is_untagged_ip_alone() {
        for (kind, is_ip) in [(0x0800u16, true), (0x86DD, true), (0x0806, false), (0x8100, false)] {
            let frame = [&[0; 12][..], &kind.to_be_bytes(), b"ip"].concat();
            assert_eq!(plain(&frame), is_ip.then_some(&b"ip"[..]));
        }
        assert_eq!(plain(&[8, 0]), None);
    }

    #[test]
    fn leaves_other_types_alone() {
        for kind in [0x0806u16, 1501, 0x0BAD, 0x8863, 0x888E, 0x88CC, 0xFFFF] {
            assert_eq!(by_ethertype(kind, &[0x45; 60]), None);
        }
    }
}
