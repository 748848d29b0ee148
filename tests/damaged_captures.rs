//! Damage costs what it hits and nothing before it: captures cut at every octet and with every octet
//! flipped are read to an end, without a panic, and the frames before the damage are delivered.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::io::Cursor;
use std::path::PathBuf;

use pptp_diag::base::frame::Frame;
use pptp_diag::capture;
use pptp_diag::link::Linker;

/// Number and octets of every frame; `None` where the file is not taken for a capture.
fn frames(file: &[u8]) -> Option<Vec<(u64, Vec<u8>)>> {
    let mut linker = Linker::new(&[]);
    let seen = read(file, |frame| {
        let _ = linker.datagram(frame);
    })?;
    // A record takes at least its header.
    assert!(seen.len() <= file.len() / 12, "more frames than there is room for");
    Some(seen)
}

fn read(file: &[u8], mut each: impl FnMut(&Frame<'_>)) -> Option<Vec<(u64, Vec<u8>)>> {
    let mut source = capture::read(Box::new(Cursor::new(file.to_vec())), "damaged", 0).ok()?;
    let mut seen = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        each(&frame);
        seen.push((frame.frame.number(), frame.data.to_vec()));
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

/// A capture of the three frames.
struct File {
    octets: Vec<u8>,
    /// Where each record ends, padding apart.
    ends: Vec<usize>,
    /// Where the table of records begins, in formats that have one.
    table: usize,
}

impl File {
    /// Frames that do not depend on the octet at `at`.
    fn before(&self, at: usize) -> usize {
        match at.checked_sub(self.table) {
            Some(in_table) => in_table / 4,
            None => self.ends.iter().filter(|&&end| end <= at).count(),
        }
    }
}

fn words(w: &[u32]) -> Vec<u8> {
    w.iter().flat_map(|n| n.to_le_bytes()).collect()
}

fn pcap() -> File {
    let mut octets = words(&[0xA1B2_C3D4, 0x0004_0002, 0, 0, 65_535, 1]);
    let mut ends = Vec::new();
    for (frame, second) in three_frames().iter().zip(1_700_000_000..) {
        let len = u32::try_from(frame.len()).unwrap();
        octets.extend(words(&[second, 0, len, len]));
        octets.extend(frame);
        ends.push(octets.len());
    }
    File { octets, ends, table: usize::MAX }
}

fn pcapng() -> File {
    let mut octets = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let padded = body.len().next_multiple_of(4);
        let length = u32::try_from(padded + 12).unwrap().to_le_bytes();
        octets.extend(kind.to_le_bytes());
        octets.extend(length);
        octets.extend(body);
        octets.resize(octets.len() + padded - body.len(), 0);
        octets.extend(length);
        octets.len()
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
    File { octets, ends, table: usize::MAX }
}

fn snoop() -> File {
    let words = |w: &[u32]| w.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<_>>();
    let mut octets = [b"snoop\0\0\0".to_vec(), words(&[2, 4])].concat();
    let mut ends = Vec::new();
    for frame in three_frames() {
        let len = u32::try_from(frame.len()).unwrap();
        let padded = len.next_multiple_of(4);
        octets.extend(words(&[len, len, padded + 24, 0, 1_700_000_000, 0]));
        octets.extend(&frame);
        ends.push(octets.len());
        octets.resize(octets.len() + (padded - len) as usize, 0);
    }
    File { octets, ends, table: usize::MAX }
}

/// Network Monitor 1.1 and 2.0 to 2.3.
fn netmon(major: u8, minor: u8) -> File {
    let mut octets = if major == 1 { b"RTSS".to_vec() } else { b"GMBU".to_vec() };
    octets.extend([minor, major, 1, 0]);
    octets.extend([2023_u16, 11, 2, 14, 22, 13, 20, 0].iter().flat_map(|n| n.to_le_bytes()));
    octets.resize(128, 0);
    let (mut ends, mut entries) = (Vec::new(), Vec::new());
    for frame in three_frames() {
        entries.extend(words(&[u32::try_from(octets.len()).unwrap()]));
        let len = u32::try_from(frame.len()).unwrap();
        let header =
            if major == 1 { words(&[7, len << 16 | len]) } else { words(&[7, 0, len, len]) };
        octets.extend(header);
        octets.extend(frame);
        let trailer = if major == 1 { 0 } else { [0, 2, 6, 15][usize::from(minor)] };
        octets.extend([1, 0].iter().chain(&[0; 13]).take(trailer));
        ends.push(octets.len());
    }
    let table = octets.len();
    octets[24..28].copy_from_slice(&words(&[u32::try_from(table).unwrap()]));
    octets[28] = u8::try_from(entries.len()).unwrap();
    octets.extend(entries);
    File { octets, ends, table }
}

fn files() -> Vec<File> {
    let netmon = [(1, 1), (2, 0), (2, 1), (2, 2), (2, 3)].map(|(a, b)| netmon(a, b));
    [pcap(), pcapng(), snoop()].into_iter().chain(netmon).collect()
}

#[test]
fn a_cut_keeps_every_whole_record_before_it() {
    for file in files() {
        assert_eq!(frames(&file.octets).unwrap().len(), 3);
        for cut in 0..=file.octets.len() {
            let whole = file.ends.iter().filter(|&&end| end <= cut).count();
            let seen = frames(&file.octets[..cut]).map_or(0, |f| f.len());
            assert_eq!(seen, whole, "cut at {cut} of {}", file.octets.len());
        }
    }
}

#[test]
fn a_flipped_octet_keeps_every_record_before_it() {
    for file in files() {
        let all = frames(&file.octets).unwrap();
        for at in 0..file.octets.len() {
            for mask in [0x01, 0x80, 0xFF] {
                let mut damaged = file.octets.clone();
                damaged[at] ^= mask;
                let whole = file.before(at);
                let seen = frames(&damaged).unwrap_or_default();
                assert_eq!(seen.get(..whole), Some(&all[..whole]), "octet {at} ^ {mask:#x}");
            }
        }
    }
}

#[test]
fn garbage_behind_the_end_costs_nothing() {
    for file in files() {
        let all = frames(&file.octets).unwrap();
        for garbage in [&[0; 40][..], &[0xFF; 40], b"\r\n"] {
            let seen = frames(&[&file.octets[..], garbage].concat()).unwrap();
            assert_eq!(seen.get(..3), Some(&all[..]));
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
            for at in 0..file.len().min(300) {
                let mut damaged = file.clone();
                damaged[at] ^= 0xFF;
                let _ = frames(&damaged);
            }
        }
    }
}

const CUTS: usize = 200;
const FIRST_RECORDS: usize = 512;
