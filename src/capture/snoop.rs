//! Sun snoop files (RFC 1761), as Solaris and its descendants write them, and Finisar Surveyor.
//!
//! All numbers are big endian. The file header has 16 octets: `snoop` and three zeros, version, datalink
//! type. A record has original length, captured length, record length, drops so far, seconds,
//! microseconds, then the frame and padding.

use std::io;

use super::pcap::Order;
use super::reader::{Format, Reader, Record, Step, Tally, cut_short, too_large};
use super::window::Window;
use super::{CaptureError, CaptureNote, Source};
use crate::base::frame::LinkType;
use crate::base::limits;
use crate::base::time::{Span, Timestamp};

/// Reads the file header; the magic was seen before.
pub(super) fn open(mut window: Window, mut tally: Tally) -> Result<Box<dyn Source>, CaptureError> {
    let bytes = window.want(FILE_HEADER + RECORD_HEADER).map_err(|e| tally.failed(e))?;
    if bytes.len() < FILE_HEADER {
        return Err(
            tally.refuse("a snoop file cut off inside the file header: copy or capture it again")
        );
    }
    let (version, datalink) = (Order::Big.u32(bytes, 8), Order::Big.u32(bytes, 12));
    if !VERSIONS.contains(&version) {
        return Err(tally.refuse(format!(
            "a snoop file of the unknown version {version}: if Wireshark opens it, \
             `editcap -F pcapng IN OUT` makes it readable"
        )));
    }
    let Some(link) = link_type(datalink, is_surveyor(bytes)) else {
        return Err(tally.refuse(format!(
            "a snoop file of the link type {datalink:#x}, which this program does not read: capture \
             on the Ethernet interface below it"
        )));
    };
    window.consume(FILE_HEADER);
    tally.set_format("snoop");
    Ok(Box::new(Reader::new(Snoop { link, dropped: 0 }, window, tally)))
}

struct Snoop {
    link: LinkType,
    /// Packets that the capturing machine lost, as the latest record counts them.
    dropped: u32,
}

impl Format for Snoop {
    fn step(&mut self, window: &mut Window, tally: &mut Tally) -> io::Result<Step> {
        let step = self.record(window, tally)?;
        if matches!(step, Step::End(_)) && self.dropped > 0 {
            tally.note_once("frames-dropped", || {
                format!(
                    "the capturing machine dropped {} frames: what is missing may have been there",
                    self.dropped
                )
            });
        }
        Ok(step)
    }
}

impl Snoop {
    #[inline]
    fn record(&mut self, window: &mut Window, tally: &Tally) -> io::Result<Step> {
        let number = tally.next_number();
        let bytes = window.want(RECORD_HEADER)?;
        if bytes.len() < RECORD_HEADER {
            return Ok(match bytes.len() {
                0 => Step::End(None),
                n => cut_short(number, RECORD_HEADER - n),
            });
        }
        let [original_len, captured, length, dropped, seconds, micros] =
            [0, 4, 8, 12, 16, 20].map(|at| Order::Big.u32(bytes, at));
        let size = length as usize;
        if captured as usize > limits::CAPTURE_RECORD || size > LONGEST_RECORD {
            return Ok(too_large(number, captured.max(length)));
        }
        let frame_end = RECORD_HEADER + captured as usize;
        if size < frame_end {
            let text = format!(
                "the record of frame {number} is shorter than the frame in it: damage, reading stops \
                 before it"
            );
            return Ok(Step::End(Some(CaptureNote { code: "damaged-block", text })));
        }
        // The padding of the last record may be missing.
        let at_hand = window.want(size)?.len();
        if at_hand < frame_end {
            return Ok(cut_short(number, frame_end - at_hand));
        }
        self.dropped = self.dropped.max(dropped);
        Ok(Step::Record(Record {
            at: Timestamp::from_parts(seconds.into(), 0) + Span(i64::from(micros) * 1000),
            interface: 0,
            link: self.link,
            original_len,
            data: RECORD_HEADER..frame_end,
            size,
        }))
    }
}

/// RFC 1761 assigns the first ten datalink types, the IANA registry and Solaris the rest.
fn link_type(datalink: u32, surveyor: bool) -> Option<LinkType> {
    Some(match datalink {
        0 | 4 => LinkType::ETHERNET,
        // Fast, Gigabit and 10 Gigabit Ethernet.
        10 | 12 | 19 if surveyor => LinkType::ETHERNET,
        2 => LinkType(6),
        8 => LinkType(10),
        9 | 14 if !surveyor => LinkType::NULL,
        // The private bit, and `DL_IPNET`.
        0x8000_0005 => LinkType(226),
        _ => return None,
    })
}

/// Surveyor gives some datalink types another meaning. It is told by its trailer in the padding, which
/// is longer than any padding of snoop.
fn is_surveyor(bytes: &[u8]) -> bool {
    let captured = Order::Big.u32(bytes, FILE_HEADER + 4);
    let length = Order::Big.u32(bytes, FILE_HEADER + 8);
    u64::from(length) >= u64::from(captured) + RECORD_HEADER as u64 + SURVEYOR_TRAILER
}

const FILE_HEADER: usize = 16;
const RECORD_HEADER: usize = 24;
const SURVEYOR_TRAILER: u64 = 16;
/// Room for a trailer and padding behind the longest frame.
const LONGEST_RECORD: usize = RECORD_HEADER + limits::CAPTURE_RECORD + 256;
/// Solaris writes 2, Surveyor with its own hardware 3 to 5.
const VERSIONS: std::ops::RangeInclusive<u32> = 2..=5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::tests::{codes, frames_of, read_bytes};

    fn words(fields: &[u32]) -> Vec<u8> {
        fields.iter().flat_map(|f| f.to_be_bytes()).collect()
    }

    fn file(version: u32, datalink: u32) -> Vec<u8> {
        [b"snoop\0\0\0".to_vec(), words(&[version, datalink])].concat()
    }

    /// RFC 1761 §3: a record padded to four octets.
    fn record(out: &mut Vec<u8>, data: &[u8], original: u32, padding: usize, drops: u32) {
        let captured = u32::try_from(data.len()).unwrap();
        let length = u32::try_from(RECORD_HEADER + data.len() + padding).unwrap();
        out.extend(words(&[original, captured, length, drops, 7, 5]));
        out.extend(data);
        out.resize(out.len() + padding, 0);
    }

    #[test]
    fn reads_padded_records() {
        let mut f = file(2, 4);
        record(&mut f, b"abc", 3, 1, 0);
        record(&mut f, b"defgh", 900, 3, 0);
        let (frames, facts) = frames_of(&f);
        assert_eq!(frames[0], (7_000_005_000, 1, LinkType::ETHERNET, 3, b"abc".to_vec()));
        assert_eq!((frames[1].3, &frames[1].4[..]), (900, &b"defgh"[..]));
        assert_eq!((facts.format, facts.frames, facts.cut_frames), ("snoop", 2, 1));
    }

    #[test]
    fn says_what_the_capturing_machine_dropped() {
        let mut f = file(2, 4);
        record(&mut f, b"abcd", 4, 0, 0);
        record(&mut f, b"abcd", 4, 0, 12);
        record(&mut f, b"abcd", 4, 0, 17);
        let (_, facts) = frames_of(&f);
        assert_eq!(codes(&facts), ["frames-dropped"]);
        assert!(facts.notes[0].text.contains("dropped 17 frames"));
    }

    #[test]
    fn link_types_by_registry_and_by_surveyor() {
        let mut f = file(5, 12);
        record(&mut f, b"abcd", 4, 16, 0);
        assert_eq!(frames_of(&f).1.link_types, [LinkType::ETHERNET]);
        let mut f = file(2, 12);
        record(&mut f, b"abcd", 4, 0, 0);
        let message = read_bytes(&f).err().unwrap().to_string();
        assert!(message.contains("link type 0xc"), "{message}");
        assert!(read_bytes(&file(9, 4)).err().unwrap().to_string().contains("version 9"));
    }

    #[test]
    fn lying_lengths_end_the_capture() {
        for (captured, length, code) in [
            (u32::MAX, 28, "record-too-large"),
            (4, u32::MAX, "record-too-large"),
            (4, 27, "damaged-block"),
            (4, 0, "damaged-block"),
        ] {
            let mut f = file(2, 4);
            record(&mut f, b"abcd", 4, 0, 0);
            f.extend(words(&[4, captured, length, 0, 7, 5]));
            f.extend(b"abcd");
            let (frames, facts) = frames_of(&f);
            assert_eq!((frames.len(), codes(&facts)), (1, vec![code]));
        }
    }

    #[test]
    fn the_last_padding_may_be_missing() {
        let mut f = file(2, 4);
        record(&mut f, b"abc", 3, 1, 0);
        let (frames, facts) = frames_of(&f[..f.len() - 1]);
        assert_eq!((frames.len(), codes(&facts)), (1, vec![]));
        let (frames, facts) = frames_of(&f[..f.len() - 2]);
        assert_eq!((frames.len(), codes(&facts)), (0, vec!["cut-short", "no-frames"]));
        assert_eq!(codes(&frames_of(&file(2, 4)).1), ["no-frames"]);
    }
}
