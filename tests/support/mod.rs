//! What the integration tests share: scenarios written as text, and where they stand in the pages.
//!
//! Mistakes in a scenario are panics that name the file and the line.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout
)]

pub mod deflater;
pub mod fences;
pub mod frames;
pub mod mutation;
pub mod report;
pub mod scenario;

use std::path::PathBuf;

use pptp_diag::base::frame::Frame;
use pptp_diag::capture::write::PcapngWriter;
use pptp_diag::capture::{self, CaptureFacts, Source};
use pptp_diag::pipeline::extract::Extract;
use pptp_diag::pipeline::{Analysis, Analyzer, Options};

/// Runs the whole program core over a capture held in memory.
pub fn analyse(bytes: Vec<u8>, options: Options) -> Analysis {
    let mut source = capture::read(Box::new(std::io::Cursor::new(bytes)), "memory", 0).unwrap();
    run(source.as_mut(), options)
}

/// Runs the whole program core over one source.
pub fn run(source: &mut dyn Source, options: Options) -> Analysis {
    let mut analyzer = Analyzer::new(options);
    while let Some(frame) = source.next_frame().unwrap() {
        analyzer.push(&frame);
    }
    if let Some(until) = source.facts().until {
        analyzer.tick(until);
    }
    analyzer.finish()
}

/// The extract of one source, as far as it can be read.
pub fn extract(source: &mut dyn Source) -> Vec<u8> {
    let mut extract = Extract::new(&[]);
    let mut writer = PcapngWriter::new(Vec::new()).unwrap();
    loop {
        let (data, head) = match source.next_frame() {
            Ok(Some(frame)) if extract.keeps(&frame) => {
                (frame.data.to_vec(), Frame { data: &[], ..frame })
            }
            Ok(Some(_)) => continue,
            _ => break,
        };
        writer.frame(&Frame { data: &data, ..head }, source.facts()).unwrap();
    }
    let CaptureFacts { last, until, .. } = *source.facts();
    writer.finish(until.max(last)).unwrap()
}

/// The shared reference captures, or `None` (said on the test's output) where they are absent.
pub fn shared_captures() -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/captures");
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no reference captures at ../shared/captures");
    None
}
