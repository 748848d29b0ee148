//! One zstd frame (RFC 8878). Its decoder keeps the last window of output back for references to come;
//! where the frame breaks off, that window is still to be had.

use std::io::{self, Read};

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder, StreamingDecoder};

use crate::base::limits;

/// Unpacks one frame; reads 0 octets at its end.
pub(super) struct Frame<R: Read> {
    decoder: StreamingDecoder<R, FrameDecoder>,
    /// Why the frame broke off; told once the rest of the window was read.
    broken: Option<io::Error>,
}

impl<R: Read> Frame<R> {
    /// Reads the frame header.
    pub(super) fn new(input: R) -> io::Result<Self> {
        let memory = limits::DECOMPRESSOR_MEMORY;
        match StreamingDecoder::new_with_max_window_size(input, memory) {
            Ok(decoder) => Ok(Self { decoder, broken: None }),
            Err(e @ FrameDecoderError::WindowSizeTooBig { .. }) => {
                Err(io::Error::new(io::ErrorKind::OutOfMemory, e))
            }
            Err(e) => Err(io::Error::other(e)),
        }
    }

    /// The input right behind the frame, whose end was read, once its checksum was compared.
    pub(super) fn finish(self) -> io::Result<R> {
        let (input, frame) = self.decoder.into_parts();
        match frame.get_checksum_from_data() {
            stated @ Some(_) if stated != frame.get_calculated_checksum() => {
                Err(io::Error::other("checksum mismatch"))
            }
            _ => Ok(input),
        }
    }
}

impl<R: Read> Read for Frame<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.broken.is_none() {
            match self.decoder.read(out) {
                Err(e) => {
                    // A last block of no octets ends the frame, and lets go of the window.
                    let _ = (self.decoder.decoder)
                        .decode_blocks(LAST_BLOCK, BlockDecodingStrategy::UptoBlocks(1));
                    self.broken = Some(e);
                }
                read => return read,
            }
        }
        match self.decoder.decoder.read(out)? {
            0 if !out.is_empty() => Err(self
                .broken
                .take()
                .unwrap_or_else(|| io::Error::other("a broken frame was read on"))),
            n => Ok(n),
        }
    }
}

/// A raw block of length 0 that calls itself the last one, and a checksum.
const LAST_BLOCK: &[u8] = &[1, 0, 0, 0, 0, 0, 0];
