//! Streams taken apart by hand after RFC 2118 §4, and round trips through a small compressor.

use proptest::prelude::*;

use super::*;
use crate::inside::bits::tests::BitWriter;

const PLAIN: Header =
    Header { flushed: false, front: false, compressed: false, encrypted: false, count: 0 };
const PACKED: Header = Header { compressed: true, ..PLAIN };
const FLUSHED: Header = Header { flushed: true, ..PACKED };

fn literal(octet: u8, out: &mut BitWriter) {
    if octet < 0x80 {
        out.put(8, u16::from(octet));
    } else {
        out.put(9, 0x100 | u16::from(octet & 0x7F));
    }
}

fn copy(offset: u16, length: u16, out: &mut BitWriter) {
    match offset {
        0..64 => out.put(10, 0b1111 << 6 | offset),
        64..320 => out.put(12, 0b1110 << 8 | (offset - 64)),
        _ => out.put(16, 0b110 << 13 | (offset - 320)),
    }
    if length == 3 {
        out.put(1, 0);
        return;
    }
    let width = u8::try_from(length.ilog2()).unwrap();
    out.put(width, (1 << width) - 2);
    out.put(width, length & ((1 << width) - 1));
}

/// Compresses greedily; `written` is all that the history holds, from its front.
pub(crate) fn pack(written: &[u8], data: &[u8]) -> Vec<u8> {
    let all = [written, data].concat();
    let mut out = BitWriter::default();
    let mut at = written.len();
    while at < all.len() {
        let length =
            |from: usize| all[at..].iter().zip(&all[from..]).take_while(|(a, b)| a == b).count();
        let best =
            (0..at).map(|from| (length(from), from)).max().filter(|(length, _)| *length >= 3);
        if let Some((length, from)) = best {
            copy(u16::try_from(at - from).unwrap(), u16::try_from(length).unwrap(), &mut out);
            at += length;
        } else {
            literal(all[at], &mut out);
            at += 1;
        }
    }
    out.octets(false)
}

#[test]
fn the_bell_of_rfc_2118() {
    let mut out = BitWriter::default();
    b"for whom the bell tolls,".iter().for_each(|octet| literal(*octet, &mut out));
    copy(16, 15, &mut out);
    literal(b' ', &mut out);
    copy(40, 4, &mut out);
    copy(19, 3, &mut out);
    b"e.".iter().for_each(|octet| literal(*octet, &mut out));
    let text = History::default().open(FLUSHED, &out.octets(false)).unwrap();
    assert_eq!(text, b"for whom the bell tolls, the bell tolls for thee.");
}

#[test]
fn every_code_by_hand() {
    // 'A', C1 as 10 1000001, then 1111 000010 (two back), 0 (three octets).
    let packed = [0b0100_0001, 0b1010_0000, 0b1111_1000, 0b0100_0000];
    let text = History::default().open(FLUSHED, &packed).unwrap();
    assert_eq!(text, [0x41, 0xC1, 0x41, 0xC1, 0x41]);
}

#[test]
fn the_history_reaches_over_packets_and_back_from_the_front() {
    let mut history = History::default();
    let first: Vec<u8> = (0..8000u32).map(|n| ((n * n) >> 5).to_le_bytes()[0]).collect();
    assert_eq!(history.open(FLUSHED, &pack(&[], &first)).unwrap(), first);
    let mut out = BitWriter::default();
    copy(8000, 3, &mut out);
    assert_eq!(history.open(PACKED, &out.octets(false)).unwrap(), first[..3]);
    // Moved to the front: 192 octets back is the very beginning of what was written, seen around the end.
    let mut out = BitWriter::default();
    literal(b'x', &mut out);
    copy(8192 - 7000 + 1, 4, &mut out);
    let front = Header { front: true, ..PACKED };
    let text = history.open(front, &out.octets(false)).unwrap();
    assert_eq!((text[0], &text[1..]), (b'x', &first[7000..7004]));
}

#[test]
fn what_cannot_be_is_an_error_until_the_next_flush() {
    type Case<'a> = (&'a dyn Fn(&mut BitWriter), MppcError);
    let cases: [Case<'_>; 5] = [
        (&|out| copy(1, 3, out), MppcError::BadOffset),
        (&|out| copy(0, 3, out), MppcError::BadOffset),
        (&|out| out.put(8, 0xF0), MppcError::BadCode),
        (&|out| (literal(b'a', out), copy(1, 8191, out), copy(1, 3, out)).2, MppcError::TooLong),
        (&|out| (literal(b'a', out), out.put(10, 0x3C1), out.put(12, 0xFFF)).2, MppcError::BadCode),
    ];
    for (write, error) in cases {
        let mut out = BitWriter::default();
        write(&mut out);
        let mut history = History::default();
        assert_eq!(history.open(FLUSHED, &out.octets(false)), Err(error));
        assert_eq!(history.open(PACKED, b"abc"), Err(MppcError::AwaitsFlush));
        assert_eq!(history.open(PLAIN, b"abc").unwrap(), b"abc");
        assert_eq!(history.open(FLUSHED, b"abc").unwrap(), b"abc");
    }
}

#[test]
fn a_missing_packet_is_noticed_by_its_count() {
    let packet = |header: Header| [header.emit().as_slice(), b"abc"].concat();
    let mut opener = Decompressor::new();
    assert_eq!(opener.open(&packet(FLUSHED)).unwrap(), b"abc");
    let lost = MppcError::LostSync { expected: 1, got: 2 };
    assert_eq!(opener.open(&packet(Header { count: 2, ..PACKED })), Err(lost));
    let next = packet(Header { count: 3, ..PACKED });
    assert_eq!(opener.open(&next), Err(MppcError::AwaitsFlush));
    assert_eq!(opener.open(&packet(Header { count: 4, ..FLUSHED })).unwrap(), b"abc");
    assert_eq!(opener.open(&[0x90, 0x00]), Err(MppcError::Encrypted));
    assert_eq!(opener.open(&[0x90]), Err(MppcError::Truncated));
    // A capture that begins in the middle has to wait too.
    assert_eq!(Decompressor::new().open(&next), Err(MppcError::AwaitsFlush));
}

proptest! {
    #[test]
    fn round_trip(packets in proptest::collection::vec(
        proptest::collection::vec(prop_oneof![Just(0x41u8), Just(0xC1), any::<u8>()], 0..200), 1..8,
    )) {
        let (mut history, mut written) = (History::default(), Vec::new());
        for packet in packets {
            prop_assert_eq!(&history.open(PACKED, &pack(&written, &packet)).unwrap(), &packet);
            written.extend(packet);
        }
    }

    #[test]
    fn arbitrary_octets_never_panic(packets: Vec<Vec<u8>>) {
        let mut opener = Decompressor::new();
        for packet in packets {
            if let Ok(text) = opener.open(&packet) {
                prop_assert!(text.len() <= MPPC_HISTORY.max(packet.len()));
            }
        }
    }
}
