//! Streams of another maker: packed, lost, reset, and made to harm.

#[path = "../../../tests/support/deflater.rs"]
mod deflater;

use super::*;
pub(crate) use deflater::Deflater;
use proptest::prelude::*;

#[test]
fn the_window_reaches_over_packets_packed_or_not() {
    let (mut deflater, mut inflater) = (Deflater::new(), Inflater::new());
    let text: Vec<u8> = b"\x21all that is said here is said again ".repeat(3);
    let long = deflater.pack(&text);
    assert_eq!(inflater.open(&long).unwrap(), text);
    let short = deflater.pack(&text);
    assert!(short.len() < long.len() / 2);
    assert_eq!(inflater.open(&short).unwrap(), text);
    // Sent as it is; the next one refers to it.
    let noise: Vec<u8> = (0..=255).map(|n: u8| n.wrapping_mul(n) ^ n >> 3).collect();
    let frame = [&[0x00, 0x21], noise.as_slice()].concat();
    deflater.pack(&frame[1..]);
    inflater.uncompressed(ppp::parse(&frame).unwrap());
    assert_eq!(inflater.open(&deflater.pack(&frame[1..])).unwrap(), frame[1..]);
    // A control packet is no part of it.
    inflater.uncompressed(ppp::parse(&[0xC0, 0x21, 9, 0, 0, 4]).unwrap());
    assert_eq!(inflater.open(&deflater.pack(b"!x")).unwrap(), b"!x");
}

#[test]
fn after_a_loss_only_a_reset_helps() {
    let (mut deflater, mut inflater) = (Deflater::new(), Inflater::new());
    deflater.pack(b"!lost");
    let next = deflater.pack(b"!next");
    assert_eq!(inflater.open(&next), Err(NumberedError::LostSync { expected: 0, got: 1 }));
    assert_eq!(inflater.open(&next), Err(NumberedError::AwaitsReset));
    inflater.reset();
    assert_eq!(inflater.open(&Deflater::new().pack(b"!new")).unwrap(), b"!new");
}

#[test]
fn a_bomb_a_final_block_and_noise_are_errors() {
    let packed = Deflater::new().pack(&vec![0x21; 1 << 20]);
    assert!(packed.len() < 4096);
    assert_eq!(Inflater::new().open(&packed), Err(NumberedError::TooLong));
    // An empty block with fixed codes, marked as the last.
    assert_eq!(Inflater::new().open(&[0, 0, 0x03, 0x00]), Err(NumberedError::BadCode));
    assert_eq!(Inflater::new().open(&[0, 0, 0xFF]), Err(NumberedError::BadCode));
    assert_eq!(Inflater::new().open(&[0]), Err(NumberedError::Truncated));
}

proptest! {
    #[test]
    fn round_trip(frames in proptest::collection::vec(
        proptest::collection::vec(any::<u8>(), 1..300), 1..10,
    )) {
        let (mut deflater, mut inflater) = (Deflater::new(), Inflater::new());
        for frame in frames {
            prop_assert_eq!(inflater.open(&deflater.pack(&frame)), Ok(frame));
        }
    }

    #[test]
    fn arbitrary_octets_never_panic(packets: Vec<Vec<u8>>) {
        let mut inflater = Inflater::new();
        for packet in packets {
            let _ = inflater.open(&[&[0, 0], packet.as_slice()].concat());
            if let Ok(frame) = ppp::parse(&packet) {
                inflater.reset();
                inflater.uncompressed(frame);
            }
            inflater.reset();
        }
    }
}
