//! Link type → IP packet. A new link type is one line in [`first_header`].

use super::layer::Layer;
use super::{cooked, ethernet, pktap, ppp, raw, wifi};
use crate::base::frame::LinkType;

/// What a link header leaves.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LinkPayload<'a> {
    /// An IP packet, its version still to be looked at.
    Ip(&'a [u8]),
    /// Something else, or too few octets.
    Other,
    /// A link type without a reader.
    UnknownLink(LinkType),
}

/// Takes off all headers before IP.
#[inline]
pub(super) fn payload(link: LinkType, data: &[u8]) -> LinkPayload<'_> {
    match ethernet::plain(data) {
        Some(ip) if link == LinkType::ETHERNET => LinkPayload::Ip(ip),
        _ => any_payload(link, data),
    }
}

fn any_payload(link: LinkType, data: &[u8]) -> LinkPayload<'_> {
    match link {
        LinkType::PKTAP | LinkType::USER2 => match pktap::inner(data) {
            Some((inner, frame)) => by_first_header(inner, frame),
            None if link == LinkType::USER2 => LinkPayload::UnknownLink(link),
            None => LinkPayload::Other,
        },
        _ => by_first_header(link, data),
    }
}

fn by_first_header(link: LinkType, data: &[u8]) -> LinkPayload<'_> {
    first_header(link, data).map_or_else(LinkPayload::UnknownLink, behind)
}

fn behind(layer: Option<Layer<'_>>) -> LinkPayload<'_> {
    layer.and_then(Layer::ip).map_or(LinkPayload::Other, LinkPayload::Ip)
}

/// What stands behind the link header, if anything that is followed. Error: a link type without a reader.
fn first_header(link: LinkType, data: &[u8]) -> Result<Option<Layer<'_>>, LinkType> {
    Ok(match link {
        LinkType::ETHERNET => Some(Layer::Ethernet(data)),
        // 12 and 14 are what BSD systems call raw IP.
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 | LinkType(12 | 14) => {
            Some(Layer::Ip(data))
        }
        LinkType::NULL | LinkType::LOOP => raw::by_family(data).map(Layer::Ip),
        LinkType::LINUX_SLL => cooked::v1(data),
        LinkType::LINUX_SLL2 => cooked::v2(data),
        LinkType::PPP => Some(Layer::Ppp(data)),
        LinkType::PPP_HDLC => ppp::serial(data),
        LinkType::PPP_ETHER => ppp::pppoe_session(data),
        LinkType::PPP_PPPD | LinkType::PPP_WITH_DIR => ppp::with_direction(data),
        LinkType::C_HDLC => ppp::cisco(data),
        LinkType::IEEE802_11 => wifi::frame(data),
        LinkType::IEEE802_11_PRISM => wifi::prism(data),
        LinkType::IEEE802_11_RADIOTAP => wifi::radiotap(data),
        LinkType::IEEE802_11_AVS => wifi::avs(data),
        _ => return Err(link),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tapped(link: u8, frame: &[u8]) -> Vec<u8> {
        let mut packet = vec![108, 0, 0, 0, 1, 0, 0, 0, link, 0, 0, 0];
        packet.resize(108, 0);
        packet.extend(frame);
        packet
    }

    #[test]
    fn a_tapped_frame_is_read_by_its_own_link_type() {
        for number in [258, 149] {
            let null = tapped(0, b"\x02\x00\x00\x00ip");
            assert_eq!(payload(LinkType(number), &null), LinkPayload::Ip(b"ip"));
            let unknown = tapped(147, b"ip");
            let inner = LinkPayload::UnknownLink(LinkType(147));
            assert_eq!(payload(LinkType(number), &unknown), inner);
        }
        // No header within a header, and private use of the second number.
        let twice = tapped(149, &tapped(1, &[0; 60]));
        let inner = LinkPayload::UnknownLink(LinkType::USER2);
        assert_eq!(payload(LinkType::PKTAP, &twice), inner);
        assert_eq!(payload(LinkType::USER2, &[0; 200]), inner);
        assert_eq!(payload(LinkType::PKTAP, &[0; 200]), LinkPayload::Other);
    }
}
