//! What is a copy, and what is sent again.

use super::*;
use crate::base::frame::FrameRef;
use crate::flow::{Flow, Item};
use crate::wire;
use crate::wire::pptp;
use std::net::IpAddr;
use std::net::Ipv4Addr;

/// A GRE packet with a number (flag S) or without one.
fn gre(numbered: bool, seq: u32) -> Vec<u8> {
    let mut packet = if numbered { vec![0x30, 1] } else { vec![0x20, 1] };
    packet.extend([0x88, 0x0B, 0, 0, 0, 7]);
    packet.extend(seq.to_be_bytes());
    packet
}

fn datagram(millis: i64, payload: &[u8]) -> Datagram<'_> {
    Datagram {
        at: Timestamp(millis * 1_000_000),
        frame: FrameRef::default(),
        src: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10)),
        dst: IpAddr::V4(Ipv4Addr::new(198, 51, 100, 20)),
        protocol: protocol::GRE,
        ttl: 64,
        ident: 0,
        dont_fragment: true,
        payload,
        announced: payload.len(),
        fragments: 1,
        bad_checksum: None,
    }
}

#[test]
fn a_number_is_given_once_within_seconds() {
    let packet = gre(true, 1);
    for (millis, copy) in [(0, true), (50, true), (51, true), (10_000, true), (10_001, false)] {
        let mut copies = Copies::default();
        assert!(!copies.is_copy(&datagram(0, &packet)));
        // Others in between: generations come and go.
        for n in (0..millis).step_by(1000) {
            let other = gre(true, 100 + u32::try_from(n).unwrap());
            assert!(!copies.is_copy(&datagram(n, &other)), "{n}");
        }
        assert_eq!(copies.is_copy(&datagram(millis, &packet)), copy, "{millis}");
        assert_eq!(copies.seen(), u64::from(copy));
    }
}

#[test]
fn what_may_be_sent_again_is_a_copy_at_once_or_at_another_hop() {
    let packet = gre(false, 1);
    for (millis, ttl, ident, copy) in [
        (50, 64, 0, true),
        (51, 64, 0, false),
        (51, 64, 9, false),
        (51, 63, 9, true),
        (10_000, 63, 9, true),
        (10_001, 63, 9, false),
        (51, 63, 0, false),
    ] {
        let mut copies = Copies::default();
        assert!(!copies.is_copy(&Datagram { ident, ..datagram(0, &packet) }));
        let again = Datagram { ttl, ident, ..datagram(millis, &packet) };
        assert_eq!(copies.is_copy(&again), copy, "{millis} {ttl} {ident}");
    }
}

#[test]
fn every_part_that_tells_datagrams_apart_counts() {
    let packet = gre(true, 1);
    let plain = datagram(0, &packet);
    let [other, longer] = [gre(true, 2), [packet.as_slice(), &[0]].concat()];
    let mut copies = Copies::default();
    for d in [
        plain,
        Datagram { src: plain.dst, dst: plain.src, ..plain },
        Datagram { protocol: protocol::TCP, ..plain },
        Datagram { announced: 99, ..plain },
        Datagram { payload: &other, ..plain },
        Datagram { payload: &longer, announced: packet.len(), ..plain },
    ] {
        assert!(!copies.is_copy(&d), "{d:?}");
        assert!(copies.is_copy(&Datagram { ttl: 9, ..d }), "{d:?}");
    }
    copies.clear();
    assert!(!copies.is_copy(&plain));
}

#[test]
fn off_load_fills_in_the_checksum_of_tcp() {
    let mut segment = [7; 40];
    let mut copies = Copies::default();
    assert!(!copies.is_copy(&Datagram { protocol: protocol::TCP, ..datagram(0, &segment) }));
    segment[TCP_CHECKSUM] = 1;
    assert!(copies.is_copy(&Datagram { protocol: protocol::TCP, ..datagram(0, &segment) }));
    segment[TCP_CHECKSUM - 1] = 1;
    assert!(!copies.is_copy(&Datagram { protocol: protocol::TCP, ..datagram(0, &segment) }));
}

#[test]
fn a_flood_is_remembered_within_bounds() {
    let mut copies = Copies::default();
    let window = u32::try_from(limits::COPIES_WINDOW).unwrap();
    let count = 3 * window + 7;
    for seq in 0..count {
        assert!(!copies.is_copy(&datagram(0, &gre(true, seq))));
        assert!(copies.known.len() <= limits::COPIES_WINDOW);
    }
    assert!((count - window..count).all(|seq| copies.is_copy(&datagram(0, &gre(true, seq)))));
    // One more is one less.
    assert!(!copies.is_copy(&datagram(0, &gre(true, 0))));
    assert!(!copies.is_copy(&datagram(0, &gre(true, count - window))));
    assert!(copies.is_copy(&datagram(0, &gre(true, count - window + 2))));
}

/// What comes again and again, without being a copy, hides nothing else.
#[test]
fn the_newest_of_the_same_counts() {
    let (same, other) = (gre(false, 1), gre(false, 2));
    let mut copies = Copies::default();
    assert!(!copies.is_copy(&datagram(0, &other)));
    for n in 0..20 {
        assert!(!copies.is_copy(&datagram(100 * n, &same)));
        assert!(copies.is_copy(&datagram(100 * n + 1, &same)));
    }
    assert!(copies.is_copy(&datagram(1, &other)));
}

/// The numbers of datagrams wrap: those from before stay known, and older ones do not come back.
#[test]
fn numbers_wrap() {
    let window = u32::try_from(limits::COPIES_WINDOW).unwrap();
    // A whole number of windows before the end, as the places of an empty ring ask for.
    let mut copies = Copies { next: 0u32.wrapping_sub(window), ..Copies::default() };
    for seq in 0..2 * window {
        assert!(!copies.is_copy(&datagram(0, &gre(true, seq))), "{seq}");
    }
    assert!((window..2 * window).all(|seq| copies.is_copy(&datagram(0, &gre(true, seq)))));
    assert!((0..9).all(|seq| !copies.is_copy(&datagram(0, &gre(true, seq)))));
}

/// So many Echo-Requests in one segment, with a right checksum.
fn segment(echoes: u32) -> Vec<u8> {
    let mut out =
        vec![0x9C, 0x40, 0x06, 0xBB, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 1, 0, 0, 0, 0, 0];
    for identifier in 0..echoes {
        pptp::Message::EchoRequest { identifier }.emit(&mut out);
    }
    let length = u32::try_from(out.len()).unwrap().to_be_bytes();
    let ends = [192, 0, 2, 10, 198, 51, 100, 20, 0, protocol::TCP];
    let sum = wire::checksum::checksum(&[&ends, &length, &out]);
    out[TCP_CHECKSUM..][..2].copy_from_slice(&sum.to_be_bytes());
    out
}

#[test]
fn a_damaged_look_is_a_copy_of_damaged_ones_alone() {
    let sound = segment(6);
    let mut damaged = sound.clone();
    damaged[HASHED + 8] ^= 1;
    let at = |payload| Datagram { protocol: protocol::TCP, ..datagram(0, payload) };
    let mut copies = Copies::default();
    assert_eq!(copies.look(&at(&damaged)), Look::First);
    copies.discard_last();
    assert_eq!(copies.look(&at(&damaged)), Look::CopyOfDiscarded);
    assert_eq!(copies.look(&at(&sound)), Look::First);
    assert_eq!(copies.look(&at(&sound)), Look::Copy);
    assert_eq!(copies.look(&at(&damaged)), Look::CopyOfDiscarded);
    assert_eq!(copies.seen(), 3);
}

#[test]
fn a_damaged_look_hides_no_sound_one() {
    let sound = segment(6);
    let mut damaged = sound.clone();
    damaged[HASHED + 8] ^= 1;
    for (looks, counts, told) in [
        ([&damaged, &sound, &damaged], [false, true, false], "dmmmmmm"),
        ([&sound, &damaged, &sound], [true, false, true], "mmmmmmd"),
        ([&damaged, &damaged, &sound], [false, false, true], "dmmmmmm"),
    ] {
        let mut flow = Flow::new(&[]);
        // It shows that the checksums of this sender are right.
        let before = segment(0);
        let at =
            |millis, payload| Datagram { protocol: protocol::TCP, ..datagram(millis, payload) };
        flow.push(&at(-100, &before), &mut |_| {});
        let mut seen = String::new();
        let counted = looks.map(|payload| {
            flow.push(&at(0, payload), &mut |item| match item {
                Item::Message { .. } => seen.push('m'),
                Item::Damaged { .. } => seen.push('d'),
                _ => {}
            })
        });
        assert_eq!((counted, seen.as_str()), (counts, told));
    }
}
