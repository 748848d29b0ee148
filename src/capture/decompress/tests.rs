//! Streams as `gzip -9n`, `zstd -19`, `xz`, `bzip2` and `lz4` make them of one short text.

use std::io::Cursor;

use hex_literal::hex;

use super::*;
use crate::capture::window::Input;

const TEXT: &[u8] = b"pptp pptp pptp pptp\n";

fn streams() -> [(Compression, Vec<u8>); 5] {
    [
        (
            Compression::Gzip,
            hex!("1f8b08000000000002032b28282950284021b80016faf1f614000000").to_vec(),
        ),
        (Compression::Zstd, hex!("28b52ffd24146500003070707470200a0100908b163b9ba642").to_vec()),
        (
            Compression::Xz,
            hex!(
                "fd377a585a000004e6d6b4460200210116000000742fe5a3e00013000b5d003861cce0209bed049560"
                "00000089bad554c420b6b20001271433d399e01fb6f37d010000000004595a"
            )
            .to_vec(),
        ),
        (
            Compression::Bzip2,
            hex!(
                "425a68393141592653592c70dc30000005d080001040004400200020aa1ea0cd34e22ca1e2ee48a70a"
                "12058e1b8600"
            )
            .to_vec(),
        ),
        (
            Compression::Lz4,
            hex!("04224d186440a70e000000567070747020050050707074700a0000000076cd9604").to_vec(),
        ),
    ]
}

/// What comes out of a file, and how it ended.
fn unpack(file: &[u8]) -> (Vec<u8>, Option<Fault>) {
    let format = Compression::of(file).unwrap();
    let input = Input::Stream(Box::new(Cursor::new(file.to_vec())));
    let mut decompressor = Decompressor::new(format, Window::new(input));
    let mut out = Vec::new();
    decompressor.read_to_end(&mut out).unwrap();
    assert_eq!(decompressor.read(&mut [0; 9]).unwrap(), 0, "the end is an end");
    (out, decompressor.fault().cloned())
}

#[test]
fn unpacks_every_format() {
    for (format, file) in streams() {
        assert_eq!(Compression::of(&file), Some(format));
        assert_eq!(unpack(&file), (TEXT.to_vec(), None), "{format:?}");
    }
    assert_eq!(Compression::of(b"BZh0"), None);
    assert_eq!(Compression::of(b""), None);
}

#[test]
fn unpacks_streams_one_behind_the_other_and_padding() {
    for (format, file) in streams() {
        let padded = [&file[..], &file, &[0; 512], &file, &[0; 3]].concat();
        assert_eq!(unpack(&padded), (TEXT.repeat(3), None), "{format:?}");
        let skippable = b"\x53\x2A\x4D\x18\x03\0\0\0abc";
        if matches!(format, Compression::Zstd | Compression::Lz4) {
            let skipping = [&file[..], skippable, &file, skippable].concat();
            assert_eq!(unpack(&skipping), (TEXT.repeat(2), None), "{format:?}");
            let (out, fault) = unpack(&skipping[..skipping.len() - 1]);
            assert_eq!(out, TEXT.repeat(2));
            assert!(matches!(fault, Some(Fault::Damaged(..))));
        }
    }
}

#[test]
fn says_what_follows_the_compressed_data() {
    for (format, file) in streams() {
        let (out, fault) = unpack(&[&file[..], b"garbage"].concat());
        assert_eq!((&out[..], fault), (TEXT, Some(Fault::Trailing(format))));
    }
}

#[test]
fn a_cut_ends_with_its_reason_and_keeps_what_came_before() {
    for (format, file) in streams() {
        let two = [&file[..], &file].concat();
        for cut in 8..two.len() {
            let (out, fault) = unpack(&two[..cut]);
            assert!(TEXT.repeat(2).starts_with(&out), "{format:?} cut at {cut}");
            assert!(out.len() >= cut / file.len() * TEXT.len(), "{format:?} cut at {cut}");
            assert_eq!(fault.is_none(), cut == file.len(), "{format:?} cut at {cut}: {fault:?}");
        }
        let Some(Fault::Damaged(_, why)) = unpack(&file[..file.len() - 1]).1 else {
            panic!("{format:?}: not told");
        };
        assert!(!why.is_empty() && !why.contains('\n'), "{format:?}: {why}");
    }
}

#[test]
fn a_flipped_octet_does_no_harm() {
    for (_, file) in streams() {
        for at in 4..file.len() {
            for mask in [0x01, 0x10, 0x80, 0xFF] {
                let mut damaged = file.clone();
                damaged[at] ^= mask;
                if Compression::of(&damaged).is_some() {
                    let _ = unpack(&damaged);
                }
            }
        }
    }
}

/// The window of a frame that breaks off is given away: raw blocks of 5, then a cut.
#[test]
fn zstd_gives_the_last_window_away() {
    let frame = hex!("28b52ffd 00 50 280000 6162636465 280000 66676869");
    let (out, fault) = unpack(&frame);
    assert!(out.starts_with(b"abcde"), "{out:?}");
    assert!(matches!(fault, Some(Fault::Damaged(Compression::Zstd, _))));
}

#[test]
fn a_wrong_checksum_is_told() {
    for (format, mut file) in streams() {
        let last = match format {
            // Before the length, and in the block's own checksum.
            Compression::Gzip => file.len() - 5,
            Compression::Xz => file.len() - 37,
            Compression::Bzip2 => 12,
            _ => file.len() - 1,
        };
        file[last] ^= 0xFF;
        let (_, fault) = unpack(&file);
        assert!(matches!(fault, Some(Fault::Damaged(..))), "{format:?}: {fault:?}");
    }
}
