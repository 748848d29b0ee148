//! Compressed captures: gzip, zstd, xz, bzip2 and lz4, found by content and unpacked while being read.
//!
//! Each format allows several compressed streams one behind the other, and padding between them: rotating
//! captures, parallel compressors and `cat` make such files. Damage ends the data with a [`Fault`]; what
//! was unpacked before it is kept. Memory and output are bounded, so that a file of a few octets cannot
//! take hours or gigabytes.

mod zstd;

use std::error::Error;
use std::fmt;
use std::io::{self, BufRead, ErrorKind, Read};

use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;
use lz4_flex::frame::FrameDecoder as Lz4Decoder;
use lzma_rust2::XzReader;

use super::window::Window;
use crate::base::limits;
use crate::base::text;

/// A compressed file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// <https://tukaani.org/xz/xz-file-format.txt>
    Xz,
    /// The format of the program of that name.
    Bzip2,
    /// <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>
    Lz4,
}

impl Compression {
    /// The format that begins as `head` does.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        Some(match head {
            [0x1F, 0x8B, ..] => Self::Gzip,
            // Parallel zstd begins with a skippable frame.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Zstd,
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0x04, 0x22, 0x4D, 0x18, ..] => Self::Lz4,
            _ => return None,
        })
    }

    /// The format's name, as in [`CaptureFacts::compression`](super::CaptureFacts::compression).
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
            Self::Lz4 => "lz4",
        }
    }
}

/// Why compressed data ended other than they should. Reads as the end of a sentence on the capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The data are cut or damaged: the format and the decompressor's reason.
    Damaged(Compression, String),
    /// Something else follows the compressed data, which are whole.
    Trailing(Compression),
    /// More than [`limits::DECOMPRESSED`] octets came out.
    TooLarge(Compression),
    /// A decompressor would take more than [`limits::DECOMPRESSOR_MEMORY`].
    NeedsMemory(Compression),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(c, why) => write!(f, "the {} data are cut or damaged ({why})", c.name()),
            Self::Trailing(c) => {
                write!(f, "octets that are no {} data follow the compressed capture", c.name())
            }
            Self::TooLarge(c) => {
                let gibibytes = limits::DECOMPRESSED >> 30;
                write!(f, "the {} data unpack to more than {gibibytes} GiB", c.name())
            }
            Self::NeedsMemory(c) => {
                let mebibytes = limits::DECOMPRESSOR_MEMORY >> 20;
                write!(
                    f,
                    "the {0} data take more than {mebibytes} MiB of memory to unpack, which \
                           `{0} -dc FILE | pptp-diag -` leaves to {0}",
                    c.name()
                )
            }
        }
    }
}

/// Unpacks all streams of a compressed input. Never fails: it ends, and keeps why.
pub(super) struct Decompressor {
    format: Compression,
    /// The stream that is being unpacked; `None` after the end.
    stream: Option<Stream>,
    fault: Option<Fault>,
    /// Octets that may still come out.
    room: u64,
    of_file: bool,
}

impl Decompressor {
    /// Over an input whose first octets are those of `format`.
    pub(super) fn new(format: Compression, input: Window) -> Self {
        let of_file = input.is_of_file();
        let mut new =
            Self { format, stream: None, fault: None, room: limits::DECOMPRESSED, of_file };
        new.go_on(input);
        new
    }

    /// Why the data ended, where they did not end as they should.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Whether all octets come from a file.
    pub(super) const fn is_of_file(&self) -> bool {
        self.of_file
    }

    /// Starts the stream at the start of the input, if there is one.
    fn go_on(&mut self, mut input: Window) {
        match at_next_stream(self.format, &mut input) {
            Ok(true) => match Stream::new(self.format, input) {
                Ok(stream) => self.stream = Some(stream),
                Err(e) => self.fail(&e),
            },
            Ok(false) if input.bytes().is_empty() => {}
            Ok(false) => self.fault = Some(Fault::Trailing(self.format)),
            Err(e) => self.fail(&e),
        }
    }

    fn fail(&mut self, why: &io::Error) {
        self.stream = None;
        self.fault = Some(if why.kind() == ErrorKind::OutOfMemory {
            Fault::NeedsMemory(self.format)
        } else if is_early_end(why) {
            Fault::Damaged(self.format, "they end too early".to_owned())
        } else {
            Fault::Damaged(self.format, text::visible(&why.to_string(), REASON))
        });
    }
}

/// Whether the end of the input is the reason, which decoders wrap in errors of their own.
fn is_early_end(error: &io::Error) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        match error.downcast_ref::<io::Error>() {
            Some(e) if e.kind() == ErrorKind::UnexpectedEof => return true,
            Some(e) => next = e.get_ref().map(|inner| inner as _),
            None => next = error.source(),
        }
    }
    false
}

impl Read for Decompressor {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(stream) = &mut self.stream
            && !out.is_empty()
        {
            match stream.read(out) {
                Ok(0) => match self.stream.take().map(Stream::finish) {
                    Some(Ok(input)) => self.go_on(input),
                    Some(Err(e)) => self.fail(&e),
                    None => {}
                },
                Ok(n) if n as u64 > self.room => {
                    self.stream = None;
                    self.fault = Some(Fault::TooLarge(self.format));
                }
                Ok(n) => {
                    self.room -= n as u64;
                    return Ok(n);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => self.fail(&e),
            }
        }
        Ok(0)
    }
}

/// Skips what may stand between streams, and says whether one follows.
fn at_next_stream(format: Compression, input: &mut Window) -> io::Result<bool> {
    loop {
        let head = input.want(LONGEST_MAGIC)?;
        let zeros = head.iter().take_while(|&&b| b == 0).count();
        match head {
            _ if zeros > 0 => input.consume(zeros),
            // A skippable frame: its length, then that many octets of anybody's (RFC 8878 §3.1.2).
            &[0x50..=0x5F, 0x2A, 0x4D, 0x18, a, b, c, d, ..]
                if matches!(format, Compression::Zstd | Compression::Lz4) =>
            {
                let length = u32::from_le_bytes([a, b, c, d]) as usize;
                if input.skip(8)? + input.skip(length)? > 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
            }
            _ => return Ok(Compression::of(head) == Some(format)),
        }
    }
}

/// One compressed stream; reads 0 octets at its own end, with the input right behind it.
enum Stream {
    Gzip(Box<GzDecoder<Packed>>),
    Zstd(Box<zstd::Frame<Packed>>),
    Xz(Box<XzReader<Packed>>),
    Bzip2(Box<BzDecoder<Packed>>),
    Lz4(Box<Lz4Decoder<OneFrame>>),
}

impl Stream {
    fn new(format: Compression, input: Window) -> io::Result<Self> {
        let input = Packed(input);
        Ok(match format {
            Compression::Gzip => Self::Gzip(Box::new(GzDecoder::new(input))),
            Compression::Zstd => Self::Zstd(Box::new(zstd::Frame::new(input)?)),
            Compression::Xz => {
                let kibibytes = limits::DECOMPRESSOR_MEMORY >> 10;
                let kibibytes = u32::try_from(kibibytes).unwrap_or(u32::MAX);
                Self::Xz(Box::new(XzReader::new_mem_limit(input, false, kibibytes)))
            }
            Compression::Bzip2 => Self::Bzip2(Box::new(BzDecoder::new(input))),
            Compression::Lz4 => Self::Lz4(Box::new(Lz4Decoder::new(OneFrame(input)))),
        })
    }

    /// The input behind the stream, whose end was read.
    fn finish(self) -> io::Result<Window> {
        Ok(match self {
            Self::Gzip(d) => d.into_inner().0,
            Self::Zstd(d) => d.finish()?.0,
            Self::Xz(d) => d.into_inner().0,
            Self::Bzip2(d) => d.into_inner().0,
            Self::Lz4(d) => d.into_inner().0.0,
        })
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(d) => {
                let step = out.len().min(GZIP_STEP);
                d.read(out.get_mut(..step).unwrap_or_default())
            }
            Self::Zstd(d) => d.read(out),
            Self::Xz(d) => d.read(out),
            Self::Bzip2(d) => d.read(out),
            Self::Lz4(d) => d.read(out),
        }
    }
}

/// Input of a decoder. Where it comes out of a decompressor itself, a fault of that one is an error here.
struct Packed(Window);

impl Read for Packed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(out)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Packed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.0.want(1)?.is_empty()
            && let Some(fault) = self.0.fault()
        {
            return Err(io::Error::other(fault.to_string()));
        }
        Ok(self.0.bytes())
    }

    fn consume(&mut self, n: usize) {
        self.0.consume(n);
    }
}

/// Input of the lz4 decoder, which takes an end of its input anywhere for the end of the frame: an error
/// takes its place.
struct OneFrame(Packed);

impl Read for OneFrame {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.0.read(out)? {
            0 if !out.is_empty() => {
                Err(io::Error::other(io::Error::from(ErrorKind::UnexpectedEof)))
            }
            n => Ok(n),
        }
    }
}

/// Octets asked of the gzip decoder at a time: it drops what it unpacked in the call that meets damage.
const GZIP_STEP: usize = 4096;
/// Characters of a decoder's reason.
const REASON: usize = 120;
/// Of the five formats, and of a skippable frame with its length.
const LONGEST_MAGIC: usize = 8;

#[cfg(test)]
mod tests;
