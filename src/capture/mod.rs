//! Capture files → frames.

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
    todo!()
}

/// The same over any stream (standard input, a decompressor, a test's bytes).
pub fn read(input: Box<dyn Read>, name: &str, capture: u32) -> Result<Box<dyn Source>, CaptureError> {
    todo!()
}
