//! Capture files → frames.
//!
//! A file is read through one window; a frame is lent from it until the next call. Formats are found by
//! content (`open`), laid out by `pcap` and `pcapng`, counted and noted in `reader`. Damage never loses
//! what stands before it: the stream ends early and a [`CaptureNote`] says where and why.

mod open;
mod pcap;
mod pcapng;
mod reader;
pub mod timeline;
mod window;

use std::io::Read;
use std::path::Path;

use crate::base::frame::{Frame, LinkType};
use crate::base::time::Timestamp;

/// What is known of a capture as a whole; complete once the last frame was read.
#[derive(Clone, Debug, Default)]
pub struct CaptureFacts {
    /// File name as given, `-` for standard input.
    pub name: String,
    /// `pcap`, `pcapng` …
    pub format: &'static str,
    /// Link types in the order of their first appearance.
    pub link_types: Vec<LinkType>,
    /// Frames read.
    pub frames: u64,
    /// Earliest time of a frame.
    pub first: Option<Timestamp>,
    /// Latest time of a frame.
    pub last: Option<Timestamp>,
    /// Frames shorter than on the wire.
    pub cut_frames: u64,
    /// Smallest snap length that a file header or interface states (0 = none stated).
    pub snap_length: u32,
    /// What the reader noticed.
    pub notes: Vec<CaptureNote>,
}

/// Something a reader of the report should know about a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureNote {
    /// Stable code for scripts: `cut-short`, `time-steps-back`, `record-too-large` …
    pub code: &'static str,
    /// For people.
    pub text: String,
}

/// Why a capture could not be read at all. Each message is one line and says what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The file cannot be opened or read.
    #[error("{name}: {source}")]
    Io {
        /// File name as given.
        name: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Nothing in it.
    #[error("{name}: the file is empty")]
    Empty {
        /// File name as given.
        name: String,
    },
    /// Not a capture that this program reads.
    #[error("{name}: {what}")]
    NotACapture {
        /// File name as given.
        name: String,
        /// What it looks like and what to do.
        what: String,
    },
}

/// A source of frames in capture order.
pub trait Source {
    /// The next frame; `None` at the end. Damage in the middle ends the stream with a note in
    /// [`CaptureFacts::notes`], not with an error, so that what was read is kept.
    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, CaptureError>;
    /// What is known so far.
    fn facts(&self) -> &CaptureFacts;
}

/// Opens a file and finds its format by content. `capture` is its index in the report.
pub fn open(path: &Path, capture: u32) -> Result<Box<dyn Source>, CaptureError> {
    open::open(path, capture)
}

/// The same over any stream (standard input, a decompressor, a test's bytes).
pub fn read(
    input: Box<dyn Read>,
    name: &str,
    capture: u32,
) -> Result<Box<dyn Source>, CaptureError> {
    open::read(input, name, capture)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Time, number, link type, original length and octets of a frame.
    pub(super) type Seen = (i64, u64, LinkType, u32, Vec<u8>);

    pub(super) fn read_bytes(file: &[u8]) -> Result<Box<dyn Source>, CaptureError> {
        read(Box::new(std::io::Cursor::new(file.to_vec())), "test", 0)
    }

    pub(super) fn frames_of(file: &[u8]) -> (Vec<Seen>, CaptureFacts) {
        let mut source = read_bytes(file).unwrap();
        let mut frames = Vec::new();
        while let Some(f) = source.next_frame().unwrap() {
            frames.push((f.at.0, f.frame.number, f.link, f.original_len, f.data.to_vec()));
        }
        assert!(source.next_frame().unwrap().is_none());
        (frames, source.facts().clone())
    }

    pub(super) fn codes(facts: &CaptureFacts) -> Vec<&'static str> {
        facts.notes.iter().map(|n| n.code).collect()
    }

    fn refusal(file: &[u8], name: &str) -> String {
        read(Box::new(std::io::Cursor::new(file.to_vec())), name, 0).err().unwrap().to_string()
    }

    #[test]
    fn names_what_it_cannot_read_and_the_way_out() {
        for (file, name, words) in [
            (&b""[..], "a.pcap", "the file is empty"),
            (b"\x1F\x8B\x08", "a.gz", "`gzip -dc FILE | pptp-diag -`"),
            (b"\x28\xB5\x2F\xFD", "a.zst", "zstd -dc"),
            (b"GMBU\0\x02", "a.cap", "Network Monitor 2: `editcap -F pcapng IN OUT`"),
            (b"snoop\0\0\0\0\0\0\x02", "a.snoop", "Solaris snoop"),
            (b"TRSNIFF data    \x1A", "a.enc", "Sniffer for DOS"),
            (b"PK\x03\x04", "a.zip", "unpack"),
            (b"\0\0\x01\0\x48\0", "a.ETL", "etl2pcapng"),
            ("12:00:01 IP Müller > b: GRE".as_bytes(), "a.txt", "text, not a capture"),
            (b"\x7FELF\x02\x01", "a", "begins with 7f 45 4c 46"),
        ] {
            let message = refusal(file, name);
            assert!(message.contains(words), "{message}");
            assert!(message.starts_with(name) && !message.contains('\n'), "{message}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_path() {
        let directory = open(Path::new("."), 0).err().unwrap().to_string();
        assert!(directory.contains("a directory"), "{directory}");
        let missing = open(Path::new("no/such.pcap"), 0).err().unwrap().to_string();
        assert_eq!(missing, "no/such.pcap: no such file: check the path");
    }
}
