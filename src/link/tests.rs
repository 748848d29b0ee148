//! Whole frames through the layer.

use proptest::prelude::*;

use super::*;
use crate::base::frame::LinkType;

fn frame(link: LinkType, data: &[u8]) -> Frame<'_> {
    let frame = FrameRef::new(0, 1);
    let original_len = u32::try_from(data.len()).unwrap();
    Frame { at: Timestamp(0), frame, interface: 0, link, original_len, data }
}

fn v4(protocol: u8, flags: u16, payload: &[u8]) -> Vec<u8> {
    let total = u16::try_from(20 + payload.len()).unwrap();
    let mut ip = vec![0x45, 0];
    ip.extend(total.to_be_bytes());
    ip.extend([0, 9]);
    ip.extend(flags.to_be_bytes());
    ip.extend([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    ip.extend(payload);
    ip
}

fn tcp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let mut s = [from.to_be_bytes(), to.to_be_bytes()].concat();
    s.resize(20, 0);
    s[12] = 0x50;
    s.extend(payload);
    s
}

const START_REQUEST: [u8; 10] = [0, 156, 0, 1, 0x1A, 0x2B, 0x3C, 0x4D, 0, 1];

#[test]
fn the_same_packet_on_every_link() {
    let ip = v4(47, 0, b"gre");
    let ethernet = [&[0; 12][..], &[8, 0], &ip].concat();
    let cooked = [&[0; 14][..], &[8, 0], &ip].concat();
    let cooked2 = [&[8, 0][..], &[0; 18], &ip].concat();
    let null = [&[2, 0, 0, 0][..], &ip].concat();
    for (link, data) in [
        (1, &ethernet),
        (113, &cooked),
        (276, &cooked2),
        (0, &null),
        (108, &null),
        (101, &ip),
        (12, &ip),
        (14, &ip),
        (228, &ip),
    ] {
        let mut linker = Linker::new(&[]);
        let d = linker.datagram(&frame(LinkType(link), data)).unwrap();
        assert_eq!((d.protocol, d.payload, d.fragments, d.is_cut()), (47, &b"gre"[..], 1, false));
        assert!(linker.notes().is_empty());
    }
}

#[test]
fn an_unknown_link_type_is_noted_once() {
    let mut linker = Linker::new(&[]);
    for link in [147, 147, 9999] {
        assert!(linker.datagram(&frame(LinkType(link), &[0; 60])).is_none());
    }
    let texts: Vec<_> = linker.notes().iter().map(|n| (n.code, &n.text[..22])).collect();
    assert_eq!(
        texts,
        [
            ("unknown-link-type", "link type 147 (USER0) "),
            ("unknown-link-type", "link type 9999 is not ")
        ]
    );
    for link in 1000..2000 {
        assert!(linker.datagram(&frame(LinkType(link), &[])).is_none());
    }
    assert_eq!(linker.notes().len(), notes::UNKNOWN_LINKS);
}

#[test]
fn a_control_port_is_learned_from_the_cookie() {
    let mut linker = Linker::new(&[]);
    let answer = v4(6, 0, &tcp(8443, 40_000, b""));
    assert!(linker.datagram(&frame(LinkType::RAW, &answer)).is_none());
    let request = v4(6, 0, &tcp(40_000, 8443, &START_REQUEST));
    assert!(linker.datagram(&frame(LinkType::RAW, &request)).is_some());
    assert!(linker.ports.contains(8443) && !linker.ports.contains(40_000));
    assert!(linker.datagram(&frame(LinkType::RAW, &answer)).is_some());
}

#[test]
fn of_icmp_only_errors_about_pptp_matter() {
    let mut linker = Linker::new(&[1000]);
    let mut matters = |kind: u8, quoted: &[u8]| {
        let message = v4(1, 0, &[&[kind, 3, 0, 0, 0, 0, 0, 0], quoted].concat());
        linker.datagram(&frame(LinkType::RAW, &message)).is_some()
    };
    let gre = v4(47, 0, b"\x30\x01\x88\x0B\0\0\0\x07");
    let [control, own, web] = [1723, 1000, 443].map(|port| v4(6, 0, &tcp(40_000, port, b"")[..8]));
    assert!(matters(3, &gre) && matters(11, &control) && matters(3, &own));
    assert!(!matters(3, &web) && !matters(3, &v4(17, 0, &[6, 0xBB, 6, 0xBB, 0, 0, 0, 0])));
    // An echo that carries the same, a quote that is cut within its header, one that ends before the ports.
    assert!(!matters(8, &gre) && !matters(3, &gre[..19]) && !matters(3, &control[..22]));
}

#[test]
fn a_segment_without_a_whole_header_does_not_matter() {
    let mut linker = Linker::new(&[]);
    let mut segment = tcp(40_000, 1723, b"");
    segment[12] = 0x40;
    assert!(linker.datagram(&frame(LinkType::RAW, &v4(6, 0, &segment))).is_none());
}

#[test]
fn a_fragmented_datagram_comes_whole_with_its_last_fragment() {
    let segment = tcp(40_000, 1723, &[7; 100]);
    let first = v4(6, 0x2000, &segment[..64]);
    let last = v4(6, 8, &segment[64..]);
    let mut linker = Linker::new(&[]);
    assert!(linker.datagram(&frame(LinkType::RAW, &last)).is_none());
    let d = linker.datagram(&frame(LinkType::RAW, &first)).unwrap();
    assert_eq!((d.payload, d.announced, d.fragments), (&segment[..], 120, 2));
    // Of a connection that does not matter, the whole is dropped as well.
    let other = tcp(40_000, 443, &[7; 100]);
    assert!(linker.datagram(&frame(LinkType::RAW, &v4(6, 0x2000, &other[..64]))).is_none());
    assert!(linker.datagram(&frame(LinkType::RAW, &v4(6, 8, &other[64..]))).is_none());
}

#[test]
fn fragments_of_udp_are_held_behind_the_port_of_a_tunnel_alone() {
    let inner = v4(47, 0, b"gre");
    let vxlan = [&[0xC3, 0x50, 0x12, 0xB5, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 7, 0][..], &[0; 12]];
    let udp = [&vxlan.concat()[..], &[8, 0], &inner].concat();
    let (first, last) = (v4(17, 0x2000, &udp[..24]), v4(17, 3, &udp[24..]));
    let mut linker = Linker::new(&[]);
    assert!(linker.datagram(&frame(LinkType::RAW, &last)).is_none());
    assert!(linker.datagram(&frame(LinkType::RAW, &first)).is_none());
    let d = linker.datagram(&frame(LinkType::RAW, &last)).unwrap();
    assert_eq!((d.protocol, d.payload, d.announced, d.fragments), (47, &b"gre"[..], 3, 1));
    let ordinary = [&[0, 53, 0, 53][..], &udp[4..24]].concat();
    assert!(linker.datagram(&frame(LinkType::RAW, &v4(17, 0x2000, &ordinary))).is_none());
    assert!(linker.datagram(&frame(LinkType::RAW, &last)).is_none());
}

#[test]
fn a_datagram_in_a_tunnel_is_cut_where_the_capture_cut_the_frame() {
    let outer = v4(4, 0, &v4(47, 0, &[7; 40]));
    let mut linker = Linker::new(&[]);
    let whole = Frame { original_len: 80, ..frame(LinkType::RAW, &outer[..60]) };
    let d = linker.datagram(&whole).unwrap();
    assert_eq!((d.payload.len(), d.announced, d.is_cut()), (20, 40, true));
    // Version 0 that carries no IP, and PPTP's protocol under the wrong version.
    for (head, relevant) in [([0, 0, 0x20, 0], false), ([0, 0, 0x88, 0x0B], true)] {
        let ip = v4(47, 0, &head);
        assert_eq!(linker.datagram(&frame(LinkType::RAW, &ip)).is_some(), relevant);
    }
}

proptest! {
    /// Of PPTP's own GRE and of what nearly is such, also where other octets of the IP header are odd.
    #[test]
    fn the_shorter_way_leads_to_the_same(
        odd in prop::option::of((0usize..20, any::<u8>())), flags in prop::sample::select(vec![0u16, 0x4000, 0x2000, 1]),
        protocol in prop::sample::select(vec![47u8, 47, 47, 4, 6, 51]),
        kind in prop::sample::select(vec![*b"\x30\x01\x88\x0B", *b"\0\0\x08\0", *b"\x30\x01\x08\0"]),
        rest in prop::collection::vec(any::<u8>(), 0..40), captured in 0usize..80,
    ) {
        let mut ip = v4(protocol, flags, &[&kind[..], &rest].concat());
        if let Some((at, octet)) = odd {
            ip[at] = octet;
        }
        let whole = frame(LinkType::RAW, &ip);
        let cut = Frame { data: &ip[..captured.min(ip.len())], ..whole };
        for frame in [whole, cut] {
            if let Some(short) = plain_gre(frame.data, &frame) {
                let mut linker = Linker::new(&[]);
                let long = linker.decode(frame.data, &frame);
                prop_assert_eq!(format!("{:?}", Some(short)), format!("{long:?}"));
            }
        }
    }

    #[test]
    fn never_panics(link in prop::sample::select(vec![0u16, 1, 9, 12, 50, 51, 101, 104, 105, 108, 113, 119, 127, 147, 149, 163, 166, 204, 228, 229, 258, 276]),
                    data in prop::collection::vec(any::<u8>(), 0..120), original in any::<u32>()) {
        let mut linker = Linker::without_gate(&[]);
        let f = Frame { original_len: original, ..frame(LinkType(link), &data) };
        if let Some(d) = linker.datagram(&f) {
            prop_assert!(d.payload.len() <= d.announced);
        }
    }
}
