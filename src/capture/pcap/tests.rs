//! Files built octet by octet.

use crate::base::frame::LinkType;
use crate::capture::tests::{codes, frames_of, read_bytes};

/// File header with the given magic, little endian unless `big`.
fn file(magic: u32, link: u32, big: bool) -> Vec<u8> {
    let fields: [u32; 6] = [magic, if big { 0x0002_0004 } else { 0x0004_0002 }, 0, 0, 96, link];
    words(&fields, big)
}

fn words(fields: &[u32], big: bool) -> Vec<u8> {
    fields.iter().flat_map(|f| if big { f.to_be_bytes() } else { f.to_le_bytes() }).collect()
}

fn record(out: &mut Vec<u8>, head: &[u32], data: &[u8], big: bool) {
    out.extend(words(head, big));
    out.extend(data);
}

#[test]
fn reads_both_byte_orders_and_both_units() {
    for (magic, big, tick) in [
        (0xA1B2_C3D4, false, 1000),
        (0xA1B2_C3D4, true, 1000),
        (0xA1B2_3C4D, false, 1),
        (0xA1B2_3C4D, true, 1),
    ] {
        let mut f = file(magic, 1, big);
        record(&mut f, &[7, 5, 3, 3], b"abc", big);
        record(&mut f, &[8, 6, 2, 9], b"de", big);
        let (frames, facts) = frames_of(&f);
        assert_eq!(
            frames[0],
            (7_000_000_000 + 5 * tick, 1, LinkType::ETHERNET, 3, b"abc".to_vec())
        );
        assert_eq!(frames[1], (8_000_000_000 + 6 * tick, 2, LinkType::ETHERNET, 9, b"de".to_vec()));
        assert_eq!((facts.frames, facts.cut_frames, facts.snap_length), (2, 1, 96));
        assert_eq!((facts.format, codes(&facts)), ("pcap", vec!["snap-length"]));
        assert_eq!(facts.link_types, [LinkType::ETHERNET]);
    }
}

#[test]
fn reads_longer_record_headers() {
    for (magic, words_in_header) in
        [(0xA1B2_CD34, 6), (0xA1B2_CD34, 7), (0xA1B2_C3D4, 6), (0xA1B2_C3D4, 5)]
    {
        let mut f = file(magic, 1, false);
        for n in 1..4 {
            let mut head = vec![1_000_000 + n, 0, 4, 4];
            head.resize(words_in_header, 0);
            record(&mut f, &head, b"ping", false);
        }
        let (frames, facts) = frames_of(&f);
        assert_eq!(frames.len(), 3, "{magic:x} {words_in_header}");
        assert!(frames.iter().all(|f| f.4 == b"ping"));
        assert!(facts.notes.is_empty());
    }
}

#[test]
fn frame_check_sequence_bits_are_no_link_type() {
    let mut f = file(0xA1B2_C3D4, 0x2400_0001, false);
    record(&mut f, &[1, 0, 1, 1], b"a", false);
    assert_eq!(frames_of(&f).1.link_types, [LinkType::ETHERNET]);
}

#[test]
fn odd_but_harmless_headers_are_accepted() {
    let mut f = file(0xA1B2_C3D4, 1, false);
    record(&mut f, &[1, 1_500_000, 4, 2], b"long", false);
    let (frames, facts) = frames_of(&f);
    assert_eq!(frames[0].0, 2_500_000_000);
    assert_eq!(frames[0].4, b"long");
    assert!(facts.notes.is_empty());
}

#[test]
fn old_versions_have_the_lengths_in_either_order() {
    let mut f = file(0xA1B2_C3D4, 1, false);
    f[6] = 2;
    record(&mut f, &[1, 0, 900, 2], b"ab", false);
    record(&mut f, &[2, 0, 3, 80], b"cde", false);
    let (frames, facts) = frames_of(&f);
    assert_eq!((frames[0].3, &frames[0].4[..]), (900, &b"ab"[..]));
    assert_eq!((frames[1].3, &frames[1].4[..]), (80, &b"cde"[..]));
    assert_eq!(facts.cut_frames, 2);
}

#[test]
fn what_was_read_before_the_cut_is_kept() {
    let mut f = file(0xA1B2_C3D4, 1, false);
    record(&mut f, &[1, 0, 3, 3], b"abc", false);
    let whole = f.len();
    record(&mut f, &[2, 0, 3, 3], b"def", false);
    for end in whole + 1..f.len() {
        let (frames, facts) = frames_of(&f[..end]);
        assert_eq!((frames.len(), codes(&facts)), (1, vec!["cut-short"]), "cut at {end}");
    }
    let (_, facts) = frames_of(&f[..f.len() - 1]);
    assert_eq!(facts.notes[0].text, "the capture breaks off inside frame 2: 1 octet is missing");
}

#[test]
fn absurd_lengths_end_the_capture() {
    let mut f = file(0xA1B2_C3D4, 1, false);
    record(&mut f, &[1, 0, 3, 3], b"abc", false);
    record(&mut f, &[1, 0, 0xFFFF_FFF0, 3], b"abc", false);
    let (frames, facts) = frames_of(&f);
    assert_eq!((frames.len(), codes(&facts)), (1, vec!["record-too-large"]));
}

#[test]
fn times_that_step_back_are_noted_once() {
    let mut f = file(0xA1B2_C3D4, 1, false);
    for seconds in [100, 99, 50, 101, 3] {
        record(&mut f, &[seconds, 0, 1, 1], b"a", false);
    }
    let (_, facts) = frames_of(&f);
    assert_eq!(codes(&facts), ["time-steps-back"]);
    assert!(facts.notes[0].text.starts_with("frame 3 is 50 s older"));
    assert_eq!((facts.first.unwrap().0, facts.last.unwrap().0), (3_000_000_000, 101_000_000_000));
}

#[test]
fn a_header_alone_is_a_capture_and_less_is_none() {
    let f = file(0xA1B2_C3D4, 1, false);
    assert_eq!(codes(&frames_of(&f).1), ["no-frames"]);
    for end in 4..f.len() {
        let message = read_bytes(&f[..end]).err().unwrap().to_string();
        assert!(message.contains("cut off inside the file header"), "{message}");
    }
}
