//! Codes written by hand, and round trips through a small compressor that shares only the dictionary.

use proptest::prelude::*;

use super::*;
use crate::inside::bits::tests::BitWriter;

/// The sender of RFC 1977 appendix A.
struct Compressor(Dictionary, u16);

impl Compressor {
    fn new(bits: u8) -> Self {
        Self(Dictionary::new(bits).unwrap(), 0)
    }

    /// Packs a frame whose first octet is its protocol.
    fn pack(&mut self, frame: &[u8]) -> Vec<u8> {
        let Self(dictionary, number) = self;
        let mut out = BitWriter::default();
        let mut written = 0;
        let (first, rest) = frame.split_first().unwrap();
        let mut prefix = u16::from(*first);
        for octet in rest {
            if let Some(code) = dictionary.find(prefix, *octet) {
                prefix = code;
                continue;
            }
            out.put(dictionary.width(), prefix);
            written += usize::from(dictionary.width());
            dictionary.add_as_sender(prefix, *octet);
            prefix = u16::from(*octet);
        }
        out.put(dictionary.width(), prefix);
        written += usize::from(dictionary.width());
        dictionary.account(frame.len(), written.div_ceil(8));
        let width = dictionary.width();
        dictionary.widen();
        let newest = dictionary.makes(FIRST_ENTRY);
        dictionary.check();
        if !newest && dictionary.makes(FIRST_ENTRY) {
            out.put(width, CLEAR);
        }
        let packet = [number.to_be_bytes().to_vec(), out.octets(true)].concat();
        *number = number.wrapping_add(1);
        packet
    }
}

const FIRST_ENTRY: u16 = 257;

/// Text with repetitions that fills dictionaries, different for each `n`.
fn text(n: u32) -> Vec<u8> {
    let mut state = n.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        b'a' + state.to_be_bytes()[0] % 7
    };
    let mut frame = vec![0x21];
    frame.extend((0..1400).map(|_| next()));
    frame
}

#[test]
fn codes_by_hand() {
    // '!' a b, then 258 ("ab"), then 260 ("aba", which is only being made).
    let mut out = BitWriter::default();
    for code in [0x21, 0x61, 0x62, 258, 260] {
        out.put(9, code);
    }
    let mut opener = Decompressor::new(12).unwrap();
    let packet = [vec![0, 0], out.octets(true)].concat();
    assert_eq!(opener.open(&packet).unwrap(), b"!abababa");
    // The dictionary lives on: 259 is "ba".
    let mut out = BitWriter::default();
    out.put(9, 0x21);
    out.put(9, 259);
    let packet = [vec![0, 1], out.octets(true)].concat();
    assert_eq!(opener.open(&packet).unwrap(), b"!ba");
}

#[test]
fn widths_grow_and_full_dictionaries_are_cleared_in_step() {
    for bits in 9..=15 {
        let (mut sender, mut receiver) = (Compressor::new(bits), Decompressor::new(bits).unwrap());
        for n in 0..60 {
            let frame = text(n);
            assert_eq!(receiver.open(&sender.pack(&frame)), Ok(frame), "{bits} bits, frame {n}");
            assert_eq!(receiver.dictionary.width(), sender.0.width());
        }
    }
    assert!(Decompressor::new(8).is_none() && Decompressor::new(16).is_none());
}

#[test]
fn frames_sent_as_they_are_go_into_the_dictionary() {
    for bits in [9, 12, 15] {
        let (mut sender, mut receiver) = (Compressor::new(bits), Decompressor::new(bits).unwrap());
        for n in 0..60 {
            let frame = text(n);
            let packed = sender.pack(&frame);
            if n % 3 == 1 {
                receiver.uncompressed(ppp::parse(&frame).unwrap());
            } else {
                assert_eq!(receiver.open(&packed), Ok(frame), "{bits} bits, frame {n}");
            }
        }
        // Control packets are no part of it.
        receiver.uncompressed(ppp::parse(&[0xC0, 0x21, 9, 0, 0, 4]).unwrap());
        assert_eq!(receiver.open(&sender.pack(b"!x")).unwrap(), b"!x");
    }
}

#[test]
fn after_a_loss_only_a_reset_helps() {
    let (mut sender, mut receiver) = (Compressor::new(12), Decompressor::new(12).unwrap());
    sender.pack(b"!lost");
    let next = sender.pack(b"!next");
    assert_eq!(receiver.open(&next), Err(NumberedError::LostSync { expected: 0, got: 1 }));
    assert_eq!(receiver.open(&next), Err(NumberedError::AwaitsReset));
    receiver.reset();
    assert_eq!(receiver.open(&Compressor::new(12).pack(b"!new")).unwrap(), b"!new");
}

#[test]
fn codes_that_cannot_be() {
    for codes in [&[257][..], &[0x21, 258], &[0x21, 0x61, 259], &[CLEAR, 0x21]] {
        let mut out = BitWriter::default();
        for code in codes {
            out.put(9, *code);
        }
        let packet = [vec![0, 0], out.octets(true)].concat();
        assert_eq!(
            Decompressor::new(12).unwrap().open(&packet),
            Err(NumberedError::BadCode),
            "{codes:?}"
        );
    }
    assert_eq!(Decompressor::new(12).unwrap().open(&[0]), Err(NumberedError::Truncated));
}

#[test]
fn a_bomb_is_an_error() {
    let mut sender = Compressor::new(15);
    let packed = sender.pack(&vec![0x21; INNER_FRAME + 1]);
    assert!(packed.len() < 1000);
    assert_eq!(Decompressor::new(15).unwrap().open(&packed), Err(NumberedError::TooLong));
}

proptest! {
    #[test]
    fn round_trip(frames in proptest::collection::vec(
        proptest::collection::vec(prop_oneof![Just(0x41u8), Just(0x42), any::<u8>()], 1..300), 1..10,
    )) {
        let (mut sender, mut receiver) = (Compressor::new(10), Decompressor::new(10).unwrap());
        for frame in frames {
            prop_assert_eq!(receiver.open(&sender.pack(&frame)), Ok(frame));
        }
    }

    #[test]
    fn arbitrary_octets_never_panic(bits in 9u8..=15, packets: Vec<Vec<u8>>) {
        let mut receiver = Decompressor::new(bits).unwrap();
        for (number, packet) in (0u16..).zip(packets) {
            if receiver.open(&[&number.to_be_bytes(), packet.as_slice()].concat()).is_err() {
                receiver.reset();
            }
            if let Ok(frame) = ppp::parse(&packet) {
                receiver.uncompressed(frame);
            }
        }
    }
}
