//! Capture files → frames.
//!
//! A file is read through one window; a frame is lent from it until the next call. Formats are found by
//! content (`open`), unpacked where they are compressed (`decompress`), laid out by `pcap`, `pcapng`,
//! `netmon` and `snoop`, counted and noted in `reader`. What cannot be read is named (`unread`). Damage
//! never loses what stands before it: the stream ends early and a [`CaptureNote`] says where and why.
//! `live` takes frames from a network interface instead.

mod ahead;
mod decompress;
mod frames_ahead;
pub mod live;
mod netmon;
mod open;
mod pcap;
mod pcapng;
mod reader;
mod snoop;
pub mod timeline;
mod unread;
mod window;
pub mod write;

use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use crate::base::frame::{Frame, LinkType};
use crate::base::time::Timestamp;

/// What is known of a capture as a whole; complete once the last frame was read.
#[derive(Clone, Debug, Default)]
pub struct CaptureFacts {
    /// File name as given, `-` for standard input; the name of the interface, if live.
    pub name: String,
    /// `pcap`, `pcapng`, `netmon1`, `netmon2`, `snoop`, or `live`.
    pub format: &'static str,
    /// What the file was compressed with: `gzip`, `zstd`, `xz`, `bzip2` or `lz4`. The outer one of two.
    pub compression: Option<&'static str>,
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
    /// When the capture was ended, where the file says so: as a rule later than its last frame.
    pub until: Option<Timestamp>,
    /// Interfaces, where the format names them.
    pub interfaces: Vec<InterfaceFacts>,
    /// What the reader noticed.
    pub notes: Vec<CaptureNote>,
}

/// An interface of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceFacts {
    /// Link type.
    pub link: LinkType,
    /// Its name, empty where none is given. Text from the file: make it visible before printing.
    pub name: String,
    /// Snap length, 0 where none is stated.
    pub snap_length: u32,
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
pub trait Source: Send {
    /// The next frame; `None` at the end. Damage in the middle ends the stream with a note in
    /// [`CaptureFacts::notes`], not with an error, so that what was read is kept.
    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, CaptureError>;
    /// Shows up to `most` frames to `take`, fewer where it says so; returns whether there may be more. Faster
    /// than [`next_frame`](Self::next_frame), and otherwise the same.
    fn pass(
        &mut self,
        most: usize,
        take: &mut dyn FnMut(&Frame<'_>) -> ControlFlow<()>,
    ) -> Result<bool, CaptureError>;
    /// What is known so far.
    fn facts(&self) -> &CaptureFacts;
    /// Octets read from the file or stream so far, as they are there: of compressed data the packed ones.
    fn octets_read(&self) -> u64;
}

/// Opens a file and finds its format by content. `capture` is its index in the report.
pub fn open(path: &Path, capture: u32) -> Result<Box<dyn Source>, CaptureError> {
    open::open(path, capture, open::Apart::Nothing)
}

/// The same over any stream (standard input, a decompressor, a test's bytes).
pub fn read(
    input: Box<dyn Read + Send>,
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
            frames.push((f.at.0, f.frame.number(), f.link, f.original_len, f.data.to_vec()));
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
        let tar = [&[b'a'; 257][..], b"ustar"].concat();
        let etl = [&[0, 0, 1, 0][..], &[0; 68], &[2, 0, 2, 0xC0]].concat();
        let erf = [0, 0, 0, 0, 0, 0, 0, 0x60, 2, 4, 0, 82, 0, 0, 0, 64];
        let commview = [78, 0, 78, 0, 0, 0xDC, 7, 10, 23, 16, 22, 19, 0x89, 0x3E];
        for (file, name, words) in [
            (&b""[..], "a.pcap", "the file is empty"),
            (b"\x1F\x8B\x08", "a.gz", "the gzip data are cut or damaged"),
            (b"\x1F\x9D\x90", "a.Z", "`gzip -dc FILE | pptp-diag -`"),
            (b"TRSNIFF data    \x1A", "a.enc", "Sniffer for DOS: `editcap -F pcapng IN OUT`"),
            (b"PK\x03\x04", "a.zip", "a zip archive: unpack it"),
            (&tar, "a", "a tar archive: unpack it (`tar -xf FILE`)"),
            (&etl, "a", "a Windows event trace"),
            (b"\0\0\x01\0\x48\0", "a.ETL", "etl2pcapng"),
            (&erf, "a", "ERF"),
            (&commview, "a", "CommView"),
            ("12:00:01 IP Müller > b: GRE".as_bytes(), "a.txt", "text, not a capture"),
            (b"\xFF\xFEt\0e\0x\0t\0", "a.txt", "text, not a capture"),
            (b"\n<!DOCTYPE html><html>", "a.pcap", "a web page, not a capture"),
            (b"Frame 1:\n  Ethernet II, Src: 00:15:5d", "a", "text, not a capture"),
            (b"%PDF-1.7\n%\xE2\xE3", "a.pdf", "a PDF document"),
            (b"\x89PNG\r\n\x1A\n", "a.png", "an image, not a capture"),
            (b"\x7FELF\x02\x01", "a", "a program"),
            (b"\x01\x02\x03\x04", "a", "begins with 01 02 03 04"),
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
