//! Files of every format, packed ones too: whatever a file holds, its frames are within bounds, are counted
//! right, and are the same once they were written to a new file.

use std::io::Cursor;

use pptp_diag::base::frame::Frame;
use pptp_diag::base::frame::FrameRef;
use pptp_diag::base::frame::LinkType;
use pptp_diag::base::limits;
use pptp_diag::base::time::Timestamp;
use pptp_diag::capture;
use pptp_diag::capture::CaptureFacts;
use pptp_diag::capture::write::PcapngWriter;

/// Time, link type, length on the wire, octets.
type Seen = (i64, LinkType, u32, Vec<u8>);

/// Any file.
pub fn run(data: &[u8]) {
    // Packed ones are another target's: there small inputs are large files.
    if !MAGICS.iter().any(|magic| data.starts_with(magic)) {
        check(data);
    }
}

/// A packed file: the first octet chooses the format, whose magic octets need not be found.
pub fn compressed(data: &[u8]) {
    let Some((&choice, rest)) = data.split_first() else { return };
    let magic = MAGICS[usize::from(choice) % MAGICS.len()];
    let rest = rest.strip_prefix(magic).unwrap_or(rest);
    check(&[magic, rest].concat());
}

fn check(file: &[u8]) {
    let frames = match frames_of(file) {
        Ok((frames, _)) => frames,
        Err(message) => {
            assert!(!message.contains(char::is_control), "{message:?}");
            return;
        }
    };
    let mut writer = PcapngWriter::new(Vec::new()).unwrap();
    for (n, (_, link, original_len, data)) in frames.iter().enumerate() {
        // Times far from now have no place in every format: they are kept from the new file.
        let at = Timestamp(i64::try_from(n).unwrap());
        let frame = FrameRef::new(0, n as u64 + 1);
        let (link, original_len) = (*link, *original_len);
        let frame = Frame { at, frame, interface: 0, link, original_len, data };
        writer.frame(&frame, &CaptureFacts::default()).unwrap();
    }
    let again = frames_of(&writer.finish(None).unwrap()).expect("our own file is read").0;
    assert_eq!(again.len(), frames.len());
    for (a, b) in again.iter().zip(&frames) {
        assert_eq!((a.1, a.2, &a.3), (b.1, b.2, &b.3));
    }
}

/// The frames of a file and whether it was read to its end.
fn frames_of(file: &[u8]) -> Result<(Vec<Seen>, bool), String> {
    let input = Box::new(Cursor::new(file.to_vec()));
    let mut source = capture::read(input, "fuzz", 0).map_err(|e| e.to_string())?;
    let mut frames: Vec<Seen> = Vec::new();
    let mut octets = 0;
    loop {
        let frame = match source.next_frame() {
            Ok(Some(frame)) => frame,
            Ok(None) => break,
            Err(e) if frames.is_empty() => return Err(e.to_string()),
            Err(e) => panic!("frames were lost to {e}"),
        };
        assert!(frame.data.len() <= limits::CAPTURE_RECORD);
        assert!(frame.frame.number() > frames.len() as u64);
        octets += frame.data.len();
        let Frame { at, link, original_len, data, .. } = frame;
        frames.push((at.0, link, original_len, data.to_vec()));
        if frames.len() >= MOST_FRAMES || octets >= MOST_OCTETS {
            return Ok((frames, false));
        }
    }
    assert!(matches!(source.next_frame(), Ok(None)), "the end is an end");
    let facts = source.facts();
    // Records that cannot be used keep their numbers.
    assert!(facts.frames >= frames.len() as u64);
    assert_eq!(facts.first, frames.iter().map(|f| f.0).min().map(Timestamp));
    assert!(source.octets_read() <= file.len() as u64);
    assert!(facts.notes.len() <= 32, "{:?}", facts.notes);
    assert!(facts.notes.iter().all(|n| !n.text.contains(char::is_control)), "{:?}", facts.notes);
    Ok((frames, true))
}

/// What packed files begin with.
pub const MAGICS: [&[u8]; 6] = [
    &[0x1F, 0x8B],
    &[0x28, 0xB5, 0x2F, 0xFD],
    &[0xFD, b'7', b'z', b'X', b'Z', 0],
    b"BZh",
    &[0x04, 0x22, 0x4D, 0x18],
    &[0x50, 0x2A, 0x4D, 0x18],
];
const MOST_FRAMES: usize = 2000;
const MOST_OCTETS: usize = 4 << 20;
