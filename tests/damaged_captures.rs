//! Damage costs what it hits and nothing before it: captures cut at every octet and with every octet
//! flipped are read to an end, without a panic, and the frames before the damage are delivered.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::io::Cursor;
use std::path::PathBuf;

use pptp_diag::capture;
use pptp_diag::link::Linker;

/// Number and octets of every frame; `None` where the file is not taken for a capture.
fn frames(file: &[u8]) -> Option<Vec<(u64, Vec<u8>)>> {
    let mut source = capture::read(Box::new(Cursor::new(file.to_vec())), "damaged", 0).ok()?;
    let mut linker = Linker::new(&[]);
    let mut seen = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        let _ = linker.datagram(&frame);
        seen.push((frame.frame.number, frame.data.to_vec()));
        // A record takes at least its header.
        assert!(seen.len() <= file.len() / 12, "more frames than there is room for");
    }
    assert!(source.next_frame().unwrap().is_none(), "the end is an end");
    Some(seen)
}

/// Three Ethernet frames: GRE, a fragment of TCP, ARP.
fn three_frames() -> [Vec<u8>; 3] {
    let ethernet = |kind: [u8; 2], rest: &[u8]| [&[2; 12][..], &kind, rest].concat();
    let ip = |flags: u8, protocol: u8| {
        [
            0x45, 0, 0, 28, 0, 1, flags, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x30, 1,
            0x88, 0x0B, 0, 0, 0, 0,
        ]
    };
    [ethernet([8, 0], &ip(0, 47)), ethernet([8, 0], &ip(0x20, 6)), ethernet([8, 6], &[0; 28])]
}

/// The file and where each of its records ends.
fn pcap() -> (Vec<u8>, Vec<usize>) {
    let words = |w: &[u32]| w.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<_>>();
    let mut file = words(&[0xA1B2_C3D4, 0x0004_0002, 0, 0, 65_535, 1]);
    let mut ends = Vec::new();
    for (frame, second) in three_frames().iter().zip(1_700_000_000..) {
        let len = u32::try_from(frame.len()).unwrap();
        file.extend(words(&[second, 0, len, len]));
        file.extend(frame);
        ends.push(file.len());
    }
    (file, ends)
}

fn pcapng() -> (Vec<u8>, Vec<usize>) {
    let mut file = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let padded = body.len().next_multiple_of(4);
        let length = u32::try_from(padded + 12).unwrap().to_le_bytes();
        file.extend(kind.to_le_bytes());
        file.extend(length);
        file.extend(body);
        file.resize(file.len() + padded - body.len(), 0);
        file.extend(length);
        file.len()
    };
    block(
        0x0A0D_0D0A,
        &[0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255],
    );
    block(1, &[1, 0, 0, 0, 0, 0, 0, 0]);
    let mut ends = Vec::new();
    for frame in three_frames() {
        let len = u8::try_from(frame.len()).unwrap();
        let mut body = vec![0; 20];
        (body[12], body[16]) = (len, len);
        body.extend(frame);
        ends.push(block(6, &body));
    }
    (file, ends)
}

#[test]
fn a_cut_keeps_every_whole_record_before_it() {
    for (file, ends) in [pcap(), pcapng()] {
        for cut in 0..=file.len() {
            let whole = ends.iter().filter(|&&end| end <= cut).count();
            let seen = frames(&file[..cut]).map_or(0, |f| f.len());
            assert_eq!(seen, whole, "cut at {cut} of {}", file.len());
        }
    }
}

#[test]
fn a_flipped_octet_keeps_every_record_before_it() {
    for (file, ends) in [pcap(), pcapng()] {
        let all = frames(&file).unwrap();
        for at in 0..file.len() {
            for mask in [0x01, 0x80, 0xFF] {
                let mut damaged = file.clone();
                damaged[at] ^= mask;
                let whole = ends.iter().filter(|&&end| end <= at).count();
                let seen = frames(&damaged).unwrap_or_default();
                assert_eq!(seen.get(..whole), Some(&all[..whole]), "octet {at} ^ {mask:#x}");
            }
        }
    }
}

#[test]
fn recordings_survive_the_same() {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/captures"));
    for folder in ["formats", "public"] {
        let Ok(files) = std::fs::read_dir(root.join(folder)) else {
            eprintln!("skipped: {} is absent", root.join(folder).display());
            continue;
        };
        for path in files.map(|f| f.unwrap().path()) {
            let file = std::fs::read(&path).unwrap();
            let Some(all) = frames(&file) else { continue };
            let step = (file.len() / CUTS).max(1);
            for cut in (0..file.len().min(CUTS)).chain((0..file.len()).step_by(step)) {
                let seen = frames(&file[..cut]).unwrap_or_default();
                // The variant of a pcap file is told by its first records.
                if cut > FIRST_RECORDS {
                    assert!(all.starts_with(&seen), "{} cut at {cut}", path.display());
                }
            }
            for at in 0..file.len().min(200) {
                let mut damaged = file.clone();
                damaged[at] ^= 0xFF;
                let _ = frames(&damaged);
            }
        }
    }
}

const CUTS: usize = 200;
const FIRST_RECORDS: usize = 512;
