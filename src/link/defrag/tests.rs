//! Orders, overlaps, lies and bounds.

use proptest::prelude::*;

use super::*;

fn packet(src: u32, data: &[u8], cut: usize) -> Packet<'_> {
    Packet {
        src: IpAddr::V4(src.into()),
        dst: IpAddr::V4(1.into()),
        protocol: 47,
        ttl: 64,
        ident: 7,
        dont_fragment: false,
        payload: &data[..data.len() - cut],
        announced: data.len(),
        bad_checksum: Some(false),
        fragment: None,
    }
}

fn at(ident: u32, offset: usize, more: bool) -> Fragment {
    Fragment { ident, offset, more }
}

#[test]
fn joins_fragments_in_any_order() {
    let data: Vec<u8> = (0..40).collect();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let (mut d, mut out) = (Defrag::default(), Vec::new());
        let mut whole = None;
        for n in order {
            let piece = &data[16 * n..40.min(16 * n + 16)];
            assert!(whole.is_none());
            whole = d.add(&packet(9, piece, 0), at(1, 16 * n, n < 2), Timestamp(0), &mut out);
        }
        assert_eq!(whole, Some(Whole { announced: 40, fragments: 3, bad_checksum: Some(false) }));
        assert_eq!(out, data);
        assert_eq!((d.octets, d.datagrams.len(), d.gave_up()), (0, 0, false));
    }
}

#[test]
fn what_came_first_stays_where_fragments_overlap() {
    let (mut d, mut out) = (Defrag::default(), Vec::new());
    assert!(d.add(&packet(9, &[1; 16], 0), at(1, 0, true), Timestamp(0), &mut out).is_none());
    assert!(d.add(&packet(9, &[9; 8], 0), at(1, 8, true), Timestamp(0), &mut out).is_none());
    let whole = d.add(&packet(9, &[2; 16], 0), at(1, 8, false), Timestamp(0), &mut out).unwrap();
    assert_eq!((whole.announced, whole.fragments), (24, 2));
    assert_eq!(out, [[1; 8], [1; 8], [2; 8]].concat());
}

#[test]
fn a_cut_fragment_ends_the_payload_but_not_the_datagram() {
    let (mut d, mut out) = (Defrag::default(), Vec::new());
    assert!(d.add(&packet(9, &[1; 16], 6), at(1, 0, true), Timestamp(0), &mut out).is_none());
    let whole = d.add(&packet(9, &[2; 8], 0), at(1, 16, false), Timestamp(0), &mut out).unwrap();
    assert_eq!((whole.announced, &out[..]), (24, &[1; 10][..]));
}

#[test]
fn pieces_of_other_times_and_datagrams_do_not_mix() {
    let (mut d, mut out) = (Defrag::default(), Vec::new());
    let late = Timestamp(0) + Span::from_secs(limits::DEFRAG_SECONDS + 1);
    assert!(d.add(&packet(9, &[1; 8], 0), at(1, 0, true), Timestamp(0), &mut out).is_none());
    assert!(d.add(&packet(8, &[2; 8], 0), at(1, 8, false), Timestamp(0), &mut out).is_none());
    assert!(d.add(&packet(9, &[2; 8], 0), at(2, 8, false), Timestamp(0), &mut out).is_none());
    assert!(!d.gave_up());
    assert!(d.add(&packet(9, &[2; 8], 0), at(1, 8, false), late, &mut out).is_none());
    assert!(d.gave_up());
}

#[test]
fn holds_no_more_than_the_bounds() {
    let (mut d, mut out) = (Defrag::default(), Vec::new());
    let large = vec![0; 60_000];
    for n in 0..2000 {
        assert!(d.add(&packet(n, &large, 0), at(1, 0, true), Timestamp(0), &mut out).is_none());
        assert!(d.octets <= limits::DEFRAG_OCTETS);
    }
    assert!(d.gave_up());
    for n in 0..2000 {
        assert!(d.add(&packet(n, &[0; 8], 0), at(1, 8, true), Timestamp(0), &mut out).is_none());
        assert!(d.datagrams.len() <= limits::DEFRAG_DATAGRAMS);
    }
    for n in 0..8000 {
        assert!(
            d.add(&packet(9, &[0; 8], 0), at(1, 8 + 8 * n, true), Timestamp(0), &mut out).is_none()
        );
    }
    assert!(d.datagrams.values().all(|p| p.pieces.len() <= PIECES));
}

#[test]
fn lying_offsets_are_refused() {
    let (mut d, mut out) = (Defrag::default(), Vec::new());
    assert!(
        d.add(&packet(9, &[0; 100], 0), at(1, 65_528, false), Timestamp(0), &mut out).is_none()
    );
    assert!(d.datagrams.is_empty());
    assert!(
        d.add(&packet(9, &[], 0), at(1, 0, false), Timestamp(0), &mut out)
            .is_none_or(|w| w.announced == 0)
    );
}

proptest! {
    /// Any split of a payload, in any order and with copies, gives the payload back.
    #[test]
    fn any_split_in_any_order(len in 1usize..400, step in 1usize..12, keys in prop::collection::vec(any::<u32>(), 100)) {
        let data: Vec<u8> = (0..=255).cycle().take(len).collect();
        let mut pieces: Vec<_> = (0..len).step_by(8 * step).collect();
        pieces.sort_by_key(|&o| keys[(o / 8) % 100]);
        let (mut d, mut out) = (Defrag::default(), Vec::new());
        let mut whole = None;
        for &o in &pieces {
            let end = len.min(o + 8 * step);
            whole = d.add(&packet(9, &data[o..end], 0), at(1, o, end < len), Timestamp(0), &mut out);
        }
        prop_assert_eq!(whole.map(|w| w.announced), Some(len));
        prop_assert_eq!(out, &data[..]);
    }

    #[test]
    fn never_panics(fragments in prop::collection::vec((0usize..70_000, any::<bool>(), 0usize..64, 0usize..64, 0u32..3), 0..64)) {
        let (mut d, mut out) = (Defrag::default(), Vec::new());
        let data = [0; 64];
        for (offset, more, len, cut, ident) in fragments {
            let p = packet(1, &data[..len], cut.min(len));
            if d.add(&p, at(ident, offset, more), Timestamp(0), &mut out).is_some() {
                prop_assert!(out.len() <= LONGEST);
            }
        }
    }
}
