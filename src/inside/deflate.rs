//! PPP Deflate (RFC 1979): every packet is a sequence number and a piece of one endless raw deflate
//! stream (RFC 1951). Each piece ends with an empty stored block whose last four octets, always the
//! same, are left out.

use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};

use super::numbered::{NumberedError, Numbers};
use crate::base::limits::INNER_FRAME;
use crate::wire::ppp;
use crate::wire::ppp::Protocol;

/// The stream of one direction.
pub struct Inflater {
    stream: Decompress,
    numbers: Numbers,
}

impl Inflater {
    /// The state after CCP opened. Whatever window was agreed on, the largest reads it.
    #[must_use]
    pub fn new() -> Self {
        Self { stream: Decompress::new(false), numbers: Numbers::default() }
    }

    /// What a CCP Reset-Ack of the sender does: an empty window, and numbers from 0.
    pub fn reset(&mut self) {
        self.stream.reset(false);
        self.numbers = Numbers::default();
    }

    /// Unpacks what stands behind protocol 00FD: gives protocol field and information of the frame.
    pub fn open(&mut self, payload: &[u8]) -> Result<Vec<u8>, NumberedError> {
        let Self { stream, numbers } = self;
        numbers.open(payload, |piece| {
            let mut out = Vec::new();
            inflate(stream, piece, &mut out)?;
            inflate(stream, &FLUSH_END, &mut out)?;
            Ok(out)
        })
    }

    /// Takes note of a frame that was sent as it is because packing made it no shorter (§2.1). Control protocols
    /// are no part of the stream.
    pub fn uncompressed(&mut self, frame: ppp::Frame<'_>) {
        let is_packed = matches!(frame.protocol, Protocol::Compressed | Protocol::CompressedLink);
        if is_packed || frame.protocol.0 > LAST_DATA_PROTOCOL {
            return;
        }
        let Self { stream, numbers } = self;
        numbers.pass(|| {
            let mut octets = Vec::with_capacity(frame.information.len() + 2);
            ppp::Frame { address_control: false, short_protocol: true, ..frame }.emit(&mut octets);
            let Ok(length) = u16::try_from(octets.len()) else { return false };
            // A stored block makes the window hold the frame; between packets the stream is at an octet.
            let ([l0, l1], [n0, n1]) = (length.to_le_bytes(), (!length).to_le_bytes());
            let mut seen = Vec::new();
            inflate(stream, &[0, l0, l1, n0, n1], &mut seen).is_ok()
                && inflate(stream, &octets, &mut seen).is_ok()
        });
    }
}

/// Feeds all of `input`; appends what comes out.
fn inflate(
    stream: &mut Decompress,
    mut input: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), NumberedError> {
    loop {
        if out.len() > INNER_FRAME {
            return Err(NumberedError::TooLong);
        }
        out.reserve(CHUNK);
        let (fed, made) = (stream.total_in(), out.len());
        let status = stream
            .decompress_vec(input, out, FlushDecompress::Sync)
            .map_err(|_| NumberedError::BadCode)?;
        let fed = usize::try_from(stream.total_in() - fed).unwrap_or(usize::MAX);
        input = input.get(fed..).unwrap_or_default();
        if status == Status::StreamEnd {
            // The stream of a link has no end.
            return Err(NumberedError::BadCode);
        }
        if out.len() < out.capacity() && input.is_empty() {
            return Ok(());
        }
        if fed == 0 && out.len() == made {
            return Err(NumberedError::BadCode);
        }
    }
}

impl Default for Inflater {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater").field("numbers", &self.numbers).finish_non_exhaustive()
    }
}

/// Length and its complement of the empty stored block that ends every packet.
const FLUSH_END: [u8; 4] = [0, 0, 0xFF, 0xFF];
/// Output buffers grow by this, octets.
const CHUNK: usize = 2048;
/// Protocols above it are never packed.
const LAST_DATA_PROTOCOL: u16 = 0x3FFF;

#[cfg(test)]
pub(crate) mod tests;
