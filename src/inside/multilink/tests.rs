//! Frames cut up and sent over one or more links, with loss, wraps and lies.

use hex_literal::hex;
use proptest::prelude::*;

use super::*;

fn fragment(format: Format, number: u32, begins: bool, ends: bool, data: &[u8]) -> Vec<u8> {
    let flags = if begins { BEGINS } else { 0 } | if ends { ENDS } else { 0 };
    let [_, a, b, c] = number.to_be_bytes();
    match format {
        Format::Long => [&[flags, a, b, c], data].concat(),
        Format::Short => [&[flags | b & 0x0F, c], data].concat(),
    }
}

fn long(number: u32, marks: &str, data: &[u8]) -> Vec<u8> {
    fragment(Format::Long, number, marks.contains('B'), marks.contains('E'), data)
}

#[test]
fn both_headers_by_hand() {
    let mut whole = Reassembler::new(Format::Long);
    assert_eq!(whole.push(0, &hex!("C0000001 0021 45")).unwrap(), [hex!("0021 45")]);
    assert_eq!(whole.push(0, &hex!("80000002 0021")).unwrap(), [[0; 0]; 0]);
    assert_eq!(whole.push(0, &hex!("40000003 45")).unwrap(), [hex!("0021 45")]);
    let mut short = Reassembler::new(Format::Short);
    assert_eq!(short.push(0, &hex!("8FFF 21")).unwrap(), [[0; 0]; 0]);
    assert_eq!(short.push(0, &hex!("4000 45")).unwrap(), [hex!("21 45")]);
    assert_eq!(short.push(0, &hex!("C0")), Err(MultilinkError::Truncated));
    assert_eq!(whole.push(0, &hex!("C00000")), Err(MultilinkError::Truncated));
    assert_eq!(whole.push(0, &hex!("C0000003")), Err(MultilinkError::Stale));
}

#[test]
fn a_lost_fragment_costs_its_frame_alone() {
    let mut bundle = Reassembler::new(Format::Long);
    let mut push = |number, marks, data: &[u8]| bundle.push(0, &long(number, marks, data)).unwrap();
    assert_eq!(push(10, "B", b"a"), [[0; 0]; 0]);
    // 11 is lost.
    assert_eq!(push(12, "E", b"c"), [[0; 0]; 0]);
    assert_eq!(push(13, "BE", b"d"), [b"d"]);
    // 14, which began a frame, is lost; so is the end of the one after it.
    assert_eq!(push(15, "E", b"f"), [[0; 0]; 0]);
    assert_eq!(push(16, "B", b"g"), [[0; 0]; 0]);
    assert_eq!(push(17, "BE", b"h"), [b"h"]);
    assert_eq!((bundle.lost(), bundle.discarded()), (2, 4));
}

#[test]
fn links_may_overtake_each_other() {
    let mut bundle = Reassembler::new(Format::Long);
    let mut push =
        |link, number, marks, data: &[u8]| bundle.push(link, &long(number, marks, data)).unwrap();
    assert_eq!(push(0, 1, "BE", b"x"), [b"x"]);
    assert_eq!(push(1, 2, "BE", b"y"), [b"y"]);
    assert_eq!(push(1, 4, "", b"b"), [[0; 0]; 0]);
    assert_eq!(push(1, 5, "E", b"c"), [[0; 0]; 0]);
    assert_eq!(push(0, 3, "B", b"a"), [b"abc"]);
    // 6 is lost, and both links have passed it before that is known.
    assert_eq!(push(1, 8, "BE", b"z"), [[0; 0]; 0]);
    assert_eq!(push(0, 7, "BE", b"w"), [b"w", b"z"]);
    assert_eq!((bundle.lost(), bundle.discarded()), (1, 0));
}

#[test]
fn bounds_hold() {
    let mut bundle = Reassembler::new(Format::Long);
    bundle.push(1, &long(0, "BE", b"")).unwrap();
    for number in 1..2000 {
        let marks = if number == 1 { "B" } else { "" };
        bundle.push(0, &long(number, marks, &[0; 1000])).unwrap();
        assert!(bundle.held.len() <= limits::MULTILINK_FRAGMENTS);
        assert!(bundle.octets <= limits::MULTILINK_OCTETS);
    }
    assert_eq!(bundle.lost(), 0);
    for link in 2..limits::MULTILINK_LINKS {
        bundle.push(u8::try_from(link).unwrap(), &long(2000, "", b"")).ok();
        bundle.push(u8::try_from(link).unwrap(), &long(2001, "", b"")).ok();
    }
    for link in 100..130 {
        bundle.push(link, &long(3000 + u32::from(link), "", b"")).ok();
    }
    assert!(bundle.links.len() <= limits::MULTILINK_LINKS);
    assert_eq!(bundle.push(200, &long(4000, "", b"")), Err(MultilinkError::TooManyLinks));
}

proptest! {
    #[test]
    fn round_trip(
        short: bool, start in 0u32..0x100_0000, cut in 1usize..20,
        frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..100), 1..20),
    ) {
        let format = if short { Format::Short } else { Format::Long };
        let mut bundle = Reassembler::new(format);
        let mut number = start;
        for frame in frames {
            let pieces: Vec<_> = frame.chunks(cut).collect();
            for (at, piece) in pieces.iter().enumerate() {
                let ends = at + 1 == pieces.len();
                let octets = fragment(format, number & 0xFF_FFFF, at == 0, ends, piece);
                let want = if ends { vec![frame.clone()] } else { vec![] };
                prop_assert_eq!(bundle.push(7, &octets), Ok(want));
                number = number.wrapping_add(1);
            }
        }
        prop_assert_eq!((bundle.lost(), bundle.discarded(), bundle.octets), (0, 0, 0));
    }

    #[test]
    fn arbitrary_fragments_never_panic(short: bool, fragments: Vec<(u8, u8, u8, Vec<u8>)>) {
        let mut bundle = Reassembler::new(if short { Format::Short } else { Format::Long });
        for (link, flags, low, data) in fragments {
            let head = if short { vec![flags & 0xC1, low] } else { vec![flags & 0xC0, 0, flags & 1, low] };
            let _ = bundle.push(link % 3, &[head, data].concat());
            let octets: usize = bundle.held.values().map(|f| f.data.len()).sum();
            prop_assert_eq!(octets, bundle.octets);
        }
    }
}
