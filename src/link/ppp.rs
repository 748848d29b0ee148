//! PPP as a link of the capture (RFC 1661, RFC 1662 without flags): alone, over Ethernet (RFC 2516), or
//! in the HDLC of serial lines. Only IP that is not compressed is followed: the sessions of interest are
//! those in PPTP, not those that carry it.

use super::layer::Layer;
use crate::wire::ppp;
use crate::wire::ppp::Protocol;

/// What follows a PPP header, compressed or not.
pub(super) fn next(frame: &[u8]) -> Option<Layer<'_>> {
    let frame = ppp::parse(frame).ok()?;
    by_protocol(frame.protocol, frame.information)
}

/// What a PPP protocol number announces.
pub(super) fn by_protocol(protocol: Protocol, information: &[u8]) -> Option<Layer<'_>> {
    match protocol {
        Protocol::Ipv4 | Protocol::Ipv6 => Some(Layer::Ip(information)),
        // RFC 3032 §4.3, labels for unicast and multicast.
        Protocol(0x0281 | 0x0283) => Some(Layer::Mpls(information)),
        _ => None,
    }
}

/// PPP behind a PPPoE session header: version and type, code, session, length.
pub(super) fn pppoe_session(packet: &[u8]) -> Option<Layer<'_>> {
    let (head, frame) = packet.split_first_chunk::<6>()?;
    let [VERSION_AND_TYPE, SESSION_DATA, ..] = *head else { return None };
    Some(Layer::Ppp(frame))
}

/// `LINKTYPE_PPP_HDLC`: PPP, or Cisco's protocol, which the address octet tells apart (RFC 1547 §4.3.1).
pub(super) fn serial(frame: &[u8]) -> Option<Layer<'_>> {
    match frame {
        [UNICAST | MULTICAST, ..] => cisco(frame),
        _ => Some(Layer::Ppp(frame)),
    }
}

/// Cisco HDLC: address, control, EtherType.
pub(super) fn cisco(frame: &[u8]) -> Option<Layer<'_>> {
    let (head, rest) = frame.split_first_chunk::<4>()?;
    let [UNICAST | MULTICAST, _, high, low] = *head else { return None };
    Some(Layer::EtherType(u16::from_be_bytes([high, low]), rest))
}

/// PPP behind an octet that tells the direction. That octet comes before the frame
/// (`LINKTYPE_PPP_WITH_DIR`) or in place of its address, so that the control octet follows
/// (`LINKTYPE_PPP_PPPD`). Writers mix the two up; as a protocol the control octet would be none that is
/// followed, so both forms are taken under both numbers.
pub(super) fn with_direction(frame: &[u8]) -> Option<Layer<'_>> {
    match frame {
        [_, CONTROL, frame @ ..] | [_, frame @ ..] => Some(Layer::Ppp(frame)),
        [] => None,
    }
}

const VERSION_AND_TYPE: u8 = 0x11;
const SESSION_DATA: u8 = 0;
const UNICAST: u8 = 0x0F;
const MULTICAST: u8 = 0x8F;
const CONTROL: u8 = 0x03;

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(layer: Option<Layer<'_>>) -> Option<&[u8]> {
        layer.and_then(Layer::ip)
    }

    #[test]
    fn follows_ip_under_every_header() {
        for frame in [&b"\xFF\x03\x00\x21ip"[..], b"\x00\x57ip", b"\xFF\x03\x21ip", b"\x57ip"] {
            assert_eq!(ip(next(frame)), Some(&b"ip"[..]));
            assert_eq!(ip(serial(frame)), Some(&b"ip"[..]));
            let directed = [&[1][..], frame].concat();
            assert_eq!(ip(with_direction(&directed)), Some(&b"ip"[..]));
        }
        assert_eq!(ip(with_direction(b"\x00\x03\x00\x21ip")), Some(&b"ip"[..]));
        assert_eq!(ip(next(&[0x02, 0x81, 0, 0, 1, 9, 0x45])), Some(&[0x45][..]));
    }

    #[test]
    fn leaves_control_and_compressed_protocols_alone() {
        for frame in [&[0xC0, 0x21, 1][..], &[0x00, 0x2D, 1], &[0xFD, 1], &[0xFF, 0x03], &[0], &[]]
        {
            assert_eq!(next(frame), None);
        }
        assert_eq!(with_direction(&[]), None);
    }

    /// Session 1, length 86. Other versions and other codes (PADT is A7) are no session data.
    #[test]
    fn reads_pppoe_session_data_alone() {
        let packet = [0x11, 0, 0, 1, 0, 86, 0, 0x21, 0x45];
        assert_eq!(ip(pppoe_session(&packet)), Some(&[0x45][..]));
        for (offset, value) in [(0, 0x21), (1, 0xA7)] {
            let mut other = packet;
            other[offset] = value;
            assert_eq!(pppoe_session(&other), None);
        }
        assert_eq!(pppoe_session(&packet[..5]), None);
    }

    #[test]
    fn tells_cisco_frames_from_ppp() {
        for frame in [b"\x0F\x00\x08\x00ip", b"\x8F\x00\x86\xDDip"] {
            assert_eq!(ip(serial(frame)), Some(&b"ip"[..]));
            assert_eq!(ip(cisco(frame)), Some(&b"ip"[..]));
        }
        // Keep-alives, and a frame that is not Cisco's.
        assert_eq!(ip(cisco(b"\x8F\x00\x80\x35\x00\x00\x00\x02")), None);
        assert_eq!(cisco(b"\xFF\x03\x00\x21ip"), None);
    }
}
