//! Which format a capture has: by its first octets, never by its name. Compressed files are unpacked on
//! the way, what cannot be read is named ([`unread`]).

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::decompress::{Compression, Decompressor, Fault};
use super::reader::Tally;
use super::window::{Input, Meter, Window};
use super::{CaptureError, Source};
use super::{netmon, pcap, pcapng, snoop, unread};
use crate::base::limits;

/// What a thread of its own may do with a file that is not short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Apart {
    Nothing,
    /// Read and unpack it, where it is compressed.
    Unpacking,
    /// Read it, and unpack it where it is compressed.
    Reading,
}

pub(super) fn open(
    path: &Path,
    capture: u32,
    apart: Apart,
) -> Result<Box<dyn Source>, CaptureError> {
    let name = path.to_string_lossy();
    let failed =
        |source: io::Error| CaptureError::Io { name: name.to_string(), source: reworded(source) };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        let what = "a directory: name the capture files in it".to_owned();
        return Err(CaptureError::NotACapture { name: name.into_owned(), what });
    }
    let input = if metadata.is_file() { Input::File(file) } else { Input::Stream(Box::new(file)) };
    find_format(input, Tally::new(&name, capture), apart)
}

pub(super) fn read(
    input: Box<dyn Read + Send>,
    name: &str,
    capture: u32,
) -> Result<Box<dyn Source>, CaptureError> {
    find_format(Input::Stream(input), Tally::new(name, capture), Apart::Nothing)
}

fn find_format(
    input: Input,
    mut tally: Tally,
    apart: Apart,
) -> Result<Box<dyn Source>, CaptureError> {
    let meter = Meter::default();
    tally.set_meter(meter.clone());
    let mut window = Window::metered(input, meter);
    let mut compressions: Vec<Compression> = Vec::new();
    loop {
        // A slow pipe is not kept waiting for more than the shortest file header.
        let head = window.want(LONGEST_MAGIC).map_err(|e| tally.failed(e))?;
        if head.is_empty() {
            return Err(empty(&window, compressions.last(), &tally));
        }
        if let Some((_, open)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
            if let Some(outer) = compressions.first() {
                tally.set_compression(outer.name());
            }
            let packed = !compressions.is_empty();
            if apart == Apart::Reading || packed && apart == Apart::Unpacking {
                window.let_go_ahead();
            }
            return open(window, tally);
        }
        let Some(compression) = Compression::of(head) else { break };
        if compressions.len() == limits::COMPRESSION_DEPTH {
            return Err(tally.refuse(format!(
                "compressed more than {} times over: unpack it first",
                limits::COMPRESSION_DEPTH
            )));
        }
        compressions.push(compression);
        let decompressor = Decompressor::new(compression, window);
        window = Window::new(Input::Compressed(Box::new(decompressor)));
    }
    let sample = window.want(unread::SAMPLE).map_err(|e| tally.failed(e))?;
    let sample = sample.get(..unread::SAMPLE).unwrap_or(sample);
    let what = unread::what_it_is(sample, tally.name());
    Err(tally.refuse(match compressions.last() {
        Some(c) => format!("compressed with {}, and inside it {what}", c.name()),
        None => what,
    }))
}

/// The error of an input from which nothing comes.
fn empty(window: &Window, compression: Option<&Compression>, tally: &Tally) -> CaptureError {
    match (window.fault(), compression) {
        (Some(fault @ Fault::NeedsMemory(_)), _) => tally.refuse(fault.to_string()),
        (Some(fault), _) => {
            tally.refuse(format!("{fault}, and nothing can be unpacked: copy it again"))
        }
        (None, Some(c)) => tally.refuse(format!("compressed with {}, and empty inside", c.name())),
        (None, None) => CaptureError::Empty { name: tally.name().to_owned() },
    }
}

/// The system's reason in words that say what to do.
fn reworded(source: io::Error) -> io::Error {
    let text = match source.kind() {
        ErrorKind::NotFound => "no such file: check the path",
        ErrorKind::PermissionDenied => {
            "permission denied: captures often belong to root; run as its owner or `chmod a+r` it"
        }
        _ => return source,
    };
    io::Error::new(source.kind(), text)
}

const LONGEST_MAGIC: usize = 8;

/// Reads a file header and makes a source of the rest.
type Open = fn(Window, Tally) -> Result<Box<dyn Source>, CaptureError>;

/// A new format is one line here and one file beside this one.
const MAGICS: &[(&[u8], Open)] = &[
    (&[0xD4, 0xC3, 0xB2, 0xA1], pcap::open),
    (&[0xA1, 0xB2, 0xC3, 0xD4], pcap::open),
    (&[0x4D, 0x3C, 0xB2, 0xA1], pcap::open),
    (&[0xA1, 0xB2, 0x3C, 0x4D], pcap::open),
    (&[0x34, 0xCD, 0xB2, 0xA1], pcap::open),
    (&[0xA1, 0xB2, 0xCD, 0x34], pcap::open),
    (&[0x0A, 0x0D, 0x0D, 0x0A], pcapng::open),
    (b"RTSS", netmon::open),
    (b"GMBU", netmon::open),
    (b"snoop\0\0\0", snoop::open),
];
