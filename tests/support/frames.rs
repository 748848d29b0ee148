//! Captures held in memory as frames that can be changed one by one, and the analysis of such frames.

use std::borrow::Cow;
use std::io::Cursor;

use pptp_diag::base::frame::Frame;
use pptp_diag::base::frame::FrameRef;
use pptp_diag::base::frame::LinkType;
use pptp_diag::base::time::Timestamp;
use pptp_diag::capture;
use pptp_diag::crypto::tail::Searches;
use pptp_diag::pipeline::Analysis;
use pptp_diag::pipeline::Analyzer;
use pptp_diag::pipeline::Options;

/// A frame with its own octets.
#[derive(Clone, Debug)]
pub struct Captured {
    pub at: Timestamp,
    pub interface: u32,
    pub link: LinkType,
    pub original_len: u32,
    pub data: Vec<u8>,
}

/// What of a capture an analysis reads.
#[derive(Clone, Debug)]
pub struct Recording {
    pub name: String,
    pub frames: Vec<Captured>,
    /// When the capture was ended, where the file says so.
    pub until: Option<Timestamp>,
}

impl Recording {
    /// All that can be read of a file; `None` where it is no capture.
    pub fn read(name: &str, file: Vec<u8>) -> Option<Self> {
        let mut source = capture::read(Box::new(Cursor::new(file)), name, 0).ok()?;
        let mut frames = Vec::new();
        while let Ok(Some(f)) = source.next_frame() {
            frames.push(Captured {
                at: f.at,
                interface: f.interface,
                link: f.link,
                original_len: f.original_len,
                data: f.data.to_vec(),
            });
        }
        let until = source.facts().until;
        Some(Self { name: name.to_owned(), frames, until })
    }
}

/// Runs the whole program core over frames, which are numbered as they stand; `searches`: what was searched for
/// before.
pub fn analyse(
    frames: &[Cow<'_, Captured>],
    until: Option<Timestamp>,
    searches: &Searches,
) -> Analysis {
    let mut analyzer = Analyzer::new(Options { searches: searches.clone(), ..Options::default() });
    for (f, number) in frames.iter().zip(1..) {
        analyzer.push(&Frame {
            at: f.at,
            frame: FrameRef::new(0, number),
            interface: f.interface,
            link: f.link,
            original_len: f.original_len,
            data: &f.data,
        });
    }
    if let Some(until) = until {
        analyzer.tick(until);
    }
    analyzer.finish()
}
