//! Files built octet by octet.

use crate::base::frame::LinkType;
use crate::capture::tests::{codes, frames_of, read_bytes};

/// 2012-10-23 16:22:19.343, in milliseconds since 1970.
const START: i64 = 1_351_009_339_343;
/// That moment in 100 ns since 1601.
const START_1601: u64 = 129_954_829_393_430_000;

struct File {
    bytes: Vec<u8>,
    offsets: Vec<u32>,
    minor: u8,
    major: u8,
}

impl File {
    fn new(major: u8, minor: u8) -> Self {
        let mut bytes = if major == 1 { b"RTSS".to_vec() } else { b"GMBU".to_vec() };
        bytes.extend([minor, major, 1, 0]);
        bytes.extend([2012_u16, 10, 2, 23, 16, 22, 19, 343].iter().flat_map(|n| n.to_le_bytes()));
        bytes.resize(128, 0);
        Self { bytes, offsets: Vec::new(), minor, major }
    }

    /// A frame at `units` (ms or µs) after the start, of the media type where the version states one.
    fn frame(mut self, units: i64, original: u16, data: &[u8], media: u16) -> Self {
        self.offsets.push(u32::try_from(self.bytes.len()).unwrap());
        let captured = u16::try_from(data.len()).unwrap();
        if self.major == 1 {
            self.bytes.extend(u32::try_from(units).unwrap().to_le_bytes());
            self.bytes.extend([original, captured].iter().flat_map(|n| n.to_le_bytes()));
        } else {
            self.bytes.extend(units.to_le_bytes());
            self.bytes
                .extend([original, captured].iter().flat_map(|&n| u32::from(n).to_le_bytes()));
        }
        self.bytes.extend(data);
        if self.minor >= 1 {
            self.bytes.extend(media.to_le_bytes());
        }
        if self.minor >= 2 {
            self.bytes.extend([9; 4]);
        }
        if self.minor >= 3 {
            let ticks = START_1601 + units.cast_unsigned() * 10 + 3;
            self.bytes.extend(ticks.to_le_bytes());
            self.bytes.push(1);
        }
        self
    }

    /// The file with its table at the end.
    fn finish(mut self) -> Vec<u8> {
        let table = u32::try_from(self.bytes.len()).unwrap();
        self.bytes.extend(self.offsets.iter().flat_map(|n| n.to_le_bytes()));
        let length = u32::try_from(4 * self.offsets.len()).unwrap();
        self.bytes[24..28].copy_from_slice(&table.to_le_bytes());
        self.bytes[28..32].copy_from_slice(&length.to_le_bytes());
        self.bytes
    }
}

fn three(major: u8, minor: u8) -> File {
    File::new(major, minor)
        .frame(0, 3, b"abc", 1)
        .frame(1500, 900, b"defg", 1)
        .frame(2000, 0, b"", 1)
}

#[test]
fn reads_every_version() {
    for (major, minor, format) in [
        (1, 1, "netmon1"),
        (2, 0, "netmon2"),
        (2, 1, "netmon2"),
        (2, 2, "netmon2"),
        (2, 3, "netmon2"),
    ] {
        let minor = if major == 1 { 0 } else { minor };
        let (frames, facts) = frames_of(&three(major, minor).finish());
        assert_eq!((facts.format, frames.len(), facts.cut_frames), (format, 3, 1), "2.{minor}");
        let unit = if major == 1 { 1_000_000 } else { 1000 };
        let fine = if minor == 3 { 300 } else { 0 };
        let times: Vec<_> = frames.iter().map(|f| f.0 - START * 1_000_000).collect();
        assert_eq!(times, [fine, 1500 * unit + fine, 2000 * unit + fine], "{major}.{minor}");
        assert_eq!((frames[1].1, frames[1].2, frames[1].3), (2, LinkType::ETHERNET, 900));
        assert_eq!(frames[1].4, b"defg");
        let local =
            if minor == 3 { vec!["snap-length"] } else { vec!["local-time", "snap-length"] };
        assert_eq!(codes(&facts), local);
    }
}

#[test]
fn frames_may_come_before_the_start() {
    // As Windows writes it: multiplied by ten, the number wraps around to a negative one.
    let early = (u64::MAX / 10 - 4).cast_signed();
    let file = File::new(2, 0).frame(early, 1, b"a", 1).finish();
    let (frames, _) = frames_of(&file);
    assert_eq!(frames[0].0, START * 1_000_000 - 46 * 100);
}

#[test]
fn every_frame_has_its_own_media_type() {
    let wan = b"RECV\0\x01SEND\0\x01\x08\0rest";
    let file = File::new(2, 3)
        .frame(0, 3, b"abc", 0xE071)
        .frame(1, 3, b"net", 0xFFFD)
        .frame(2, 3, b"evt", 0xFFE0)
        .frame(3, 18, wan, 4)
        .frame(4, 9, b"\x02\x04\0\x08data", 6)
        .frame(5, 3, b"msg", 0xE089)
        .frame(6, 3, b"ip4", 9)
        .finish();
    let (frames, facts) = frames_of(&file);
    let seen: Vec<_> = frames.iter().map(|f| (f.1, f.2.0, f.3, &f.4[..])).collect();
    assert_eq!(
        seen,
        [(1, 113, 3, &b"abc"[..]), (3, 1, 18, wan), (4, 105, 5, b"data"), (6, 101, 3, b"ip4"),]
    );
    assert_eq!((facts.frames, codes(&facts)), (6, vec!["unknown-media-type", "snap-length"]));
    assert!(facts.notes[0].text.contains("frame 5 has the media type 0xe089"));
}

#[test]
fn the_table_gives_the_order_and_allows_holes() {
    let mut file = three(2, 1);
    file.offsets.rotate_left(1);
    let (frames, _) = frames_of(&file.finish());
    assert_eq!(frames.iter().map(|f| f.4.len()).collect::<Vec<_>>(), [4, 0, 3]);
    let mut file = three(2, 1);
    file.bytes.extend([0xFF; 1000]);
    let (frames, facts) = frames_of(&file.frame(3000, 5, b"tail!", 1).finish());
    assert_eq!((frames.len(), &frames[3].4[..]), (4, &b"tail!"[..]));
    assert_eq!(facts.frames, 4);
}

#[test]
fn frames_are_found_without_the_table() {
    let file = three(2, 2).finish();
    let table = file.len() - 12;
    for cut in table..file.len() {
        let (frames, facts) = frames_of(&file[..cut]);
        assert_eq!(frames.len(), 3, "cut at {cut}");
        assert!(codes(&facts).contains(&"cut-short"), "cut at {cut}");
    }
    let (frames, facts) = frames_of(&file[..table - 1]);
    assert_eq!((frames.len(), codes(&facts)[1]), (2, "cut-short"));
}

#[test]
fn a_wrong_place_in_the_table_costs_nothing() {
    for wrong in [0, 31, 0xFFFF_FFFF, 0x7FFF_FFFF] {
        let mut file = three(2, 1);
        file.offsets[1] = wrong;
        let (frames, facts) = frames_of(&file.finish());
        assert_eq!(frames.len(), 3, "{wrong:#x}");
        assert!(codes(&facts).contains(&"frame-table-damaged"));
    }
}

#[test]
fn a_table_that_names_one_frame_for_ever_ends() {
    let mut file = File::new(2, 0).frame(0, 900, &[7; 900], 1);
    file.offsets = vec![128; 1 << 16];
    let file = file.finish();
    let (frames, facts) = frames_of(&file);
    assert!(frames.len() * 916 <= file.len());
    assert!(codes(&facts).contains(&"damaged-block"));
}

#[test]
fn a_header_that_lies_is_refused_or_noted() {
    let mut file = three(2, 1).finish();
    file[10] = 13;
    assert_eq!(codes(&frames_of(&file).1)[0], "no-start-time");
    file[5] = 3;
    let message = read_bytes(&file).err().unwrap().to_string();
    assert!(message.contains("unknown version"), "{message}");
    let message = read_bytes(&file[..31]).err().unwrap().to_string();
    assert!(message.contains("cut off inside the file header"), "{message}");
    assert_eq!(codes(&frames_of(&File::new(2, 0).finish()).1), ["local-time", "no-frames"]);
}

#[test]
fn a_table_that_jumps_to_and_fro_reads_little_for_each_record() {
    let mut file = File::new(1, 0);
    for n in 0..40_000 {
        file = file.frame(n, 60, &[7; 60], 1);
    }
    let (low, high) = file.offsets.split_at(20_000);
    file.offsets = low.iter().zip(high).flat_map(|(a, b)| [*b, *a]).collect();
    let name = format!("pptp-diag-{}-jumps.cap", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, file.finish()).unwrap();
    let mut source = crate::capture::open(&path, 0).unwrap();
    let mut frames = 0;
    while source.next_frame().unwrap().is_some() {
        frames += 1;
    }
    assert_eq!(frames, 40_000);
    assert!(source.octets_read() < 40_000 * 8192 + (8 << 20), "{}", source.octets_read());
    std::fs::remove_file(path).unwrap();
}
