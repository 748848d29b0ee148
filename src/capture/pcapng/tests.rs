//! Files built block by block.

use crate::base::frame::LinkType;
use crate::base::limits;
use crate::capture::tests::{codes, frames_of, read_bytes};

/// Writes blocks in one byte order.
struct Writer {
    out: Vec<u8>,
    big: bool,
}

impl Writer {
    fn new(big: bool) -> Self {
        Self { out: Vec::new(), big }
    }

    fn u16(&self, n: u16) -> [u8; 2] {
        if self.big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn u32(&self, n: u32) -> [u8; 4] {
        if self.big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    fn block(&mut self, kind: u32, body: &[u8]) {
        let padded = body.len().next_multiple_of(4);
        let length = self.u32(u32::try_from(padded + 12).unwrap());
        self.out.extend(self.u32(kind));
        self.out.extend(length);
        self.out.extend(body);
        self.out.resize(self.out.len() + padded - body.len(), 0);
        self.out.extend(length);
    }

    fn section(&mut self) {
        let body = [&self.u32(0x1A2B_3C4D)[..], &self.u16(1), &self.u16(0), &[0xFF; 8]].concat();
        self.block(0x0A0D_0D0A, &body);
    }

    fn interface(&mut self, link: u16, snap: u32, options: &[(u16, &[u8])]) {
        let mut body = [&self.u16(link)[..], &[0; 2], &self.u32(snap)].concat();
        for (code, value) in options {
            body.extend(self.u16(*code));
            body.extend(self.u16(u16::try_from(value.len()).unwrap()));
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        self.block(1, &body);
    }

    fn enhanced(&mut self, interface: u32, units: u64, original: u32, data: &[u8]) {
        let captured = u32::try_from(data.len()).unwrap();
        let [high, low] = [units >> 32, units & 0xFFFF_FFFF].map(|n| u32::try_from(n).unwrap());
        let head = [interface, high, low, captured, original].map(|n| self.u32(n)).concat();
        self.block(6, &[&head, data].concat());
    }
}

#[test]
fn reads_sections_of_either_byte_order() {
    let mut file = Vec::new();
    for big in [false, true] {
        let mut w = Writer::new(big);
        w.section();
        w.interface(if big { 101 } else { 1 }, 0, &[]);
        w.enhanced(0, 5_000_001, 3, b"abc");
        file.extend(w.out);
    }
    let (frames, facts) = frames_of(&file);
    assert_eq!(frames[0], (5_000_001_000, 1, LinkType::ETHERNET, 3, b"abc".to_vec()));
    assert_eq!(frames[1], (5_000_001_000, 2, LinkType::RAW, 3, b"abc".to_vec()));
    assert_eq!((facts.format, facts.notes.len()), ("pcapng", 0));
    assert_eq!(facts.link_types, [LinkType::ETHERNET, LinkType::RAW]);
}

#[test]
fn each_interface_has_its_own_clock() {
    for big in [false, true] {
        let mut w = Writer::new(big);
        let hour = if big { 3600i64.to_be_bytes() } else { 3600i64.to_le_bytes() };
        w.section();
        w.interface(1, 0, &[(2, b"eth0"), (9, &[9])]);
        w.interface(1, 0, &[(9, &[0x8A]), (14, &hour)]);
        w.interface(1, 0, &[(9, &[0])]);
        w.interface(1, 0, &[(9, &[15])]);
        w.interface(1, 0, &[(9, &[127])]);
        w.enhanced(0, 1_000_000_007, 1, b"a");
        w.enhanced(1, 1536, 1, b"b");
        w.enhanced(2, 3, 1, b"c");
        w.enhanced(3, 4_000_000_000_000_000, 1, b"d");
        w.enhanced(4, u64::MAX, 1, b"e");
        w.enhanced(2, u64::MAX, 1, b"f");
        let times: Vec<_> = frames_of(&w.out).0.iter().map(|f| f.0).collect();
        let expected =
            [1_000_000_007, 3_601_500_000_000, 3_000_000_000, 4_000_000_000, 0, i64::MAX];
        assert_eq!(times, expected);
    }
}

#[test]
fn simple_and_obsolete_packets_count_as_frames() {
    let mut w = Writer::new(false);
    w.section();
    w.interface(1, 4, &[]);
    w.enhanced(0, 9, 1, b"a");
    w.block(3, &[&w.u32(6)[..], b"bcde"].concat());
    let head = [w.u16(0), w.u16(7)].concat();
    let rest = [0, 11, 2, 2].map(|n| w.u32(n)).concat();
    w.block(2, &[&head[..], &rest, b"fg"].concat());
    w.block(0x8000_0001, b"some vendor's");
    w.block(0x0BAD, b"with a number, as Wireshark counts");
    w.enhanced(0, 12, 1, b"h");
    let (frames, facts) = frames_of(&w.out);
    assert_eq!(frames[1], (9_000, 2, LinkType::ETHERNET, 6, b"bcde".to_vec()));
    assert_eq!(frames[2], (11_000, 3, LinkType::ETHERNET, 2, b"fg".to_vec()));
    assert_eq!((frames[3].1, facts.frames, facts.cut_frames), (5, 5, 1));
}

#[test]
fn packets_of_an_unknown_interface_keep_their_number() {
    let mut w = Writer::new(false);
    w.section();
    w.enhanced(0, 0, 1, b"x");
    w.interface(1, 0, &[]);
    w.enhanced(0, 0, 1, b"y");
    w.enhanced(9, 0, 1, b"z");
    w.enhanced(0, 0, 1, b"w");
    let (frames, facts) = frames_of(&w.out);
    assert_eq!(frames.iter().map(|f| f.1).collect::<Vec<_>>(), [2, 4]);
    assert_eq!((facts.frames, codes(&facts)), (4, vec!["missing-interface"]));
}

#[test]
fn damage_ends_the_capture_and_never_loops() {
    let mut w = Writer::new(false);
    w.section();
    w.interface(1, 0, &[]);
    w.enhanced(0, 0, 4, b"good");
    let good = w.out.len();
    w.enhanced(0, 0, 4, b"evil");
    for (offset, value) in [(4, 0), (4, 8), (4, 37), (4, 40), (20, 5), (32, 0)] {
        let mut file = w.out.clone();
        file[good + offset..good + offset + 4].copy_from_slice(&u32::to_le_bytes(value));
        file.extend([0; 64]);
        let (frames, facts) = frames_of(&file);
        assert_eq!((frames.len(), codes(&facts)), (1, vec!["damaged-block"]), "{offset} {value}");
    }
    let mut file = w.out.clone();
    file[good + 4..good + 8].copy_from_slice(&[0xF0, 0xFF, 0xFF, 0xFF]);
    assert_eq!(codes(&frames_of(&file).1), ["record-too-large"]);
    for end in good + 1..w.out.len() {
        assert_eq!(codes(&frames_of(&w.out[..end]).1), ["cut-short"], "cut at {end}");
    }
}

#[test]
fn interfaces_are_bounded() {
    let mut w = Writer::new(false);
    w.section();
    for _ in 0..=limits::PCAPNG_INTERFACES {
        w.interface(1, 0, &[]);
    }
    w.enhanced(u32::try_from(limits::PCAPNG_INTERFACES).unwrap() - 1, 0, 1, b"a");
    let (frames, facts) = frames_of(&w.out);
    assert_eq!((frames.len(), codes(&facts)), (1, vec!["too-many-interfaces"]));
}

#[test]
fn a_file_must_begin_with_a_whole_section_header() {
    let mut w = Writer::new(true);
    w.section();
    for end in 4..24 {
        let message = read_bytes(&w.out[..end]).err().unwrap().to_string();
        assert!(message.contains("cut off inside the file header"), "{message}");
    }
    w.out[9] ^= 1;
    assert!(read_bytes(&w.out).err().unwrap().to_string().contains("byte-order"));
}
