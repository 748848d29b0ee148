//! What a Network Monitor record holds, by its media type.
//!
//! The numbers are those of NDIS at first; 2.x gave several of them another meaning, put pcap's link
//! types at 0xE000, and what is no frame at all from 0xFFE0 on.

use crate::base::frame::LinkType;

/// What a record holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A frame of this link type, behind `skip` octets of Network Monitor's own.
    Frame { link: LinkType, skip: usize },
    /// The adapters, names and filters of the capture, which no frame number counts.
    Bookkeeping,
    /// An event or a filter text, which has a frame number in Wireshark.
    Event,
    /// A link type that cannot be read.
    Unknown,
}

/// The content of a record of the given media type.
pub(super) fn content(media: u16, frame: &[u8]) -> Content {
    let plain = |link| Content::Frame { link, skip: 0 };
    match media {
        // Captures of VPN adapters by Network Monitor 3.4 state 0 for Ethernet.
        0 | 1 => plain(LinkType::ETHERNET),
        2 => plain(TOKEN_RING),
        3 => plain(FDDI),
        // Dial-up and VPN adapters pretend to be Ethernet; ATM has a circuit number in that place.
        4 if looks_like_ethernet(frame) => plain(LinkType::ETHERNET),
        6 => Content::Frame { link: IEEE802_11, skip: wireless_header(frame) },
        // Tunnels, mobile broadband and "raw IP".
        7..=9 => plain(LinkType::RAW),
        0xE080 => plain(IEEE802_11),
        // Message Analyzer's own.
        0xE081..=0xE08A => Content::Unknown,
        0xE000..=0xEFFF => plain(LinkType(media & 0x0FFF)),
        0xFFE0 | 0xFFFB | 0xFFFF => Content::Event,
        0xFFFC..=0xFFFE => Content::Bookkeeping,
        _ => Content::Unknown,
    }
}

fn looks_like_ethernet(frame: &[u8]) -> bool {
    matches!(frame.get(12..14), Some(&[high, _]) if high >= FIRST_ETHERTYPE)
}

/// Octets of the radio facts before an 802.11 frame: version, then their length.
fn wireless_header(frame: &[u8]) -> usize {
    match frame {
        [_, a, b, ..] => u16::from_le_bytes([*a, *b]).into(),
        _ => 0,
    }
}

/// Upper octet of the smallest EtherType, 0x0600.
const FIRST_ETHERTYPE: u8 = 6;
const TOKEN_RING: LinkType = LinkType(6);
const FDDI: LinkType = LinkType(10);
const IEEE802_11: LinkType = LinkType(105);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_become_link_types() {
        let link = |media, frame: &[u8]| match content(media, frame) {
            Content::Frame { link, skip } => Some((link.0, skip)),
            _ => None,
        };
        assert_eq!(link(0, &[]), Some((1, 0)));
        assert_eq!(link(1, &[]), Some((1, 0)));
        assert_eq!(link(9, &[]), Some((101, 0)));
        assert_eq!(link(0xE071, &[]), Some((113, 0)));
        assert_eq!(link(4, b"RECV\0\x01SEND\0\x01\x08\x00"), Some((1, 0)));
        assert_eq!(link(4, b"123456123456\0\x05"), None);
        assert_eq!(link(6, &[2, 32, 0, 9]), Some((105, 32)));
        assert_eq!(link(6, &[2]), Some((105, 0)));
        assert_eq!(content(0xFFFD, &[]), Content::Bookkeeping);
        assert_eq!(content(0xFFE0, &[]), Content::Event);
        assert_eq!(content(0xE089, &[]), Content::Unknown);
    }
}
