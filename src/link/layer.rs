//! What may stand between a link and an IP packet, taken off one header at a time. Links, pseudowires and
//! tunnels carry each other in any order, so each reader takes off its own header and names what follows.

use super::{ethernet, llc, mpls, ppp};

/// Octets together with what their first header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer<'a> {
    /// IPv4 or IPv6, the version still to be looked at.
    Ip(&'a [u8]),
    /// From the destination address on.
    Ethernet(&'a [u8]),
    /// Behind an EtherType.
    EtherType(u16, &'a [u8]),
    /// IEEE 802.2, from the destination service access point on.
    Llc(&'a [u8]),
    /// A label stack entry.
    Mpls(&'a [u8]),
    /// With or without address and control octets.
    Ppp(&'a [u8]),
}

impl<'a> Layer<'a> {
    /// The IP packet behind all headers; `None` where there is none that can be read. It reaches to the
    /// end of the given octets: what follows the packet on a link (padding, frame check sequence) is
    /// still there.
    pub(super) fn ip(self) -> Option<&'a [u8]> {
        let mut layer = self;
        for _ in 0..HEADERS {
            layer = match layer {
                Self::Ip(ip) => return Some(ip),
                Self::Ethernet(frame) => ethernet::next(frame)?,
                Self::EtherType(kind, rest) => ethernet::by_ethertype(kind, rest)?,
                Self::Llc(pdu) => llc::next(pdu)?,
                Self::Mpls(stack) => mpls::next(stack)?,
                Self::Ppp(frame) => ppp::next(frame)?,
            };
        }
        None
    }
}

/// Headers before one IP packet: tags and labels of real networks are far fewer.
const HEADERS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_behind_too_many_headers_is_not_reached() {
        let mut labels = vec![0; 4 * HEADERS];
        labels.extend([0, 0, 1, 64, 0x45]);
        assert_eq!(Layer::Mpls(&labels).ip(), None);
        assert_eq!(Layer::Mpls(&labels[8..]).ip(), Some(&[0x45][..]));
    }

    #[test]
    fn every_kind_in_one_frame() {
        let ppp = [&[0x11, 0, 0, 7, 0, 9][..], &[0x00, 0x21], b"ip"].concat();
        let inner = [&[0; 12][..], &[0x88, 0x64], &ppp].concat();
        let pseudowire = [&[0, 1, 0x21, 64][..], &[0, 0, 0, 9], &inner].concat();
        let snap = [&[0xAA, 0xAA, 3, 0, 0, 0, 0x88, 0x47][..], &pseudowire].concat();
        let outer = [&[0; 12][..], &[0x81, 0, 0, 5, 0, 60], &snap].concat();
        assert_eq!(Layer::Ethernet(&outer).ip(), Some(&b"ip"[..]));
    }
}
