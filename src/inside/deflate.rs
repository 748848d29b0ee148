//! PPP Deflate (RFC 1979): every packet is a sequence number and a piece of one endless raw deflate
//! stream (RFC 1951). Each piece ends with an empty stored block whose last four octets, always the
//! same, are left out.

use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};

use crate::base::limits::INNER_FRAME;
use crate::wire::ppp;
use crate::wire::ppp::Protocol;

/// Why a packet stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeflateError {
    /// Fewer than the two octets of the sequence number.
    #[error("the packet ends inside its header")]
    Truncated,
    /// Packets are missing. Nothing can be unpacked until a reset.
    #[error("packets are missing: {got} instead of {expected}")]
    LostSync {
        /// Number of the packet that should have come.
        expected: u16,
        /// Number of the one that came.
        got: u16,
    },
    /// An earlier packet is missing or was broken, and CCP has not reset the stream yet.
    #[error("the stream is broken and was not reset yet")]
    AwaitsReset,
    /// Not a deflate stream.
    #[error("no deflate stream")]
    Corrupt,
    /// The packet unpacks to more than a PPP frame can hold.
    #[error("the packet unpacks to more than a frame can hold")]
    TooLong,
}

/// The stream of one direction.
pub struct Inflater {
    stream: Decompress,
    expected: u16,
    broken: bool,
}

impl Inflater {
    /// The state after CCP opened. Whatever window was agreed on, the largest reads it.
    #[must_use]
    pub fn new() -> Self {
        Self { stream: Decompress::new(false), expected: 0, broken: false }
    }

    /// What a CCP Reset-Ack of the sender does: an empty window, and numbers from 0.
    pub fn reset(&mut self) {
        self.stream.reset(false);
        self.expected = 0;
        self.broken = false;
    }

    /// Unpacks what stands behind protocol 00FD: gives protocol field and information of the frame.
    pub fn open(&mut self, payload: &[u8]) -> Result<Vec<u8>, DeflateError> {
        let (&number, piece) = payload.split_first_chunk().ok_or(DeflateError::Truncated)?;
        if self.broken {
            return Err(DeflateError::AwaitsReset);
        }
        let (expected, got) = (self.expected, u16::from_be_bytes(number));
        self.broken = true;
        if got != expected {
            return Err(DeflateError::LostSync { expected, got });
        }
        let mut out = Vec::new();
        self.inflate(piece, &mut out)?;
        self.inflate(&FLUSH_END, &mut out)?;
        self.expected = expected.wrapping_add(1);
        self.broken = false;
        Ok(out)
    }

    /// Takes note of a frame that was sent as it is because packing made it no shorter: it has a number
    /// too, and later packets may refer to it (§2.1). Control protocols are no part of the stream.
    pub fn uncompressed(&mut self, frame: ppp::Frame<'_>) {
        let is_packed = matches!(frame.protocol, Protocol::Compressed | Protocol::CompressedLink);
        if self.broken || is_packed || frame.protocol.0 > LAST_DATA_PROTOCOL {
            return;
        }
        let mut octets = Vec::with_capacity(frame.information.len() + 2);
        ppp::Frame { address_control: false, short_protocol: true, ..frame }.emit(&mut octets);
        let Ok(length) = u16::try_from(octets.len()) else {
            self.broken = true;
            return;
        };
        // A stored block makes the window hold the frame; between packets the stream is at an octet.
        let ([l0, l1], [n0, n1]) = (length.to_le_bytes(), (!length).to_le_bytes());
        let mut seen = Vec::new();
        self.broken = self.inflate(&[0, l0, l1, n0, n1], &mut seen).is_err()
            || self.inflate(&octets, &mut seen).is_err();
        self.expected = self.expected.wrapping_add(1);
    }

    /// Feeds all of `input`; appends what comes out.
    fn inflate(&mut self, mut input: &[u8], out: &mut Vec<u8>) -> Result<(), DeflateError> {
        loop {
            if out.len() > INNER_FRAME {
                return Err(DeflateError::TooLong);
            }
            out.reserve(CHUNK);
            let (fed, made) = (self.stream.total_in(), out.len());
            let status = self
                .stream
                .decompress_vec(input, out, FlushDecompress::Sync)
                .map_err(|_| DeflateError::Corrupt)?;
            let fed = usize::try_from(self.stream.total_in() - fed).unwrap_or(usize::MAX);
            input = input.get(fed..).unwrap_or_default();
            if status == Status::StreamEnd {
                // The stream of a link has no end.
                return Err(DeflateError::Corrupt);
            }
            if out.len() < out.capacity() && input.is_empty() {
                return Ok(());
            }
            if fed == 0 && out.len() == made {
                return Err(DeflateError::Corrupt);
            }
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
        let Self { expected, broken, .. } = self;
        f.debug_struct("Inflater")
            .field("expected", expected)
            .field("broken", broken)
            .finish_non_exhaustive()
    }
}

/// Length and its complement of the empty stored block that ends every packet.
const FLUSH_END: [u8; 4] = [0, 0, 0xFF, 0xFF];
/// Output buffers grow by this, octets.
const CHUNK: usize = 2048;
/// Protocols above it are never packed.
const LAST_DATA_PROTOCOL: u16 = 0x3FFF;

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compress, Compression, FlushCompress};
    use proptest::prelude::*;

    struct Deflater(Compress, u16);

    impl Deflater {
        fn new() -> Self {
            Self(Compress::new(Compression::default(), false), 0)
        }

        fn pack(&mut self, frame: &[u8]) -> Vec<u8> {
            let mut out = self.1.to_be_bytes().to_vec();
            self.1 = self.1.wrapping_add(1);
            out.reserve(frame.len() + 100);
            self.0.compress_vec(frame, &mut out, FlushCompress::Sync).unwrap();
            assert!(out.ends_with(&FLUSH_END));
            out.truncate(out.len() - 4);
            out
        }
    }

    #[test]
    fn the_window_reaches_over_packets_packed_or_not() {
        let (mut deflater, mut inflater) = (Deflater::new(), Inflater::new());
        let text: Vec<u8> = b"\x21all that is said here is said again ".repeat(3);
        let long = deflater.pack(&text);
        assert_eq!(inflater.open(&long).unwrap(), text);
        let short = deflater.pack(&text);
        assert!(short.len() < long.len() / 2);
        assert_eq!(inflater.open(&short).unwrap(), text);
        // Sent as it is; the next one refers to it.
        let noise: Vec<u8> = (0..=255).map(|n: u8| n.wrapping_mul(n) ^ n >> 3).collect();
        let frame = [&[0x00, 0x21], noise.as_slice()].concat();
        deflater.pack(&frame[1..]);
        inflater.uncompressed(ppp::parse(&frame).unwrap());
        assert_eq!(inflater.open(&deflater.pack(&frame[1..])).unwrap(), frame[1..]);
        // A control packet is no part of it.
        inflater.uncompressed(ppp::parse(&[0xC0, 0x21, 9, 0, 0, 4]).unwrap());
        assert_eq!(inflater.open(&deflater.pack(b"!x")).unwrap(), b"!x");
    }

    #[test]
    fn after_a_loss_only_a_reset_helps() {
        let (mut deflater, mut inflater) = (Deflater::new(), Inflater::new());
        deflater.pack(b"!lost");
        let next = deflater.pack(b"!next");
        assert_eq!(inflater.open(&next), Err(DeflateError::LostSync { expected: 0, got: 1 }));
        assert_eq!(inflater.open(&next), Err(DeflateError::AwaitsReset));
        inflater.reset();
        assert_eq!(inflater.open(&Deflater::new().pack(b"!new")).unwrap(), b"!new");
    }

    #[test]
    fn a_bomb_a_final_block_and_noise_are_errors() {
        let bomb = Deflater::new();
        let mut bomb = bomb;
        let packed = bomb.pack(&vec![0x21; 1 << 20]);
        assert!(packed.len() < 4096);
        assert_eq!(Inflater::new().open(&packed), Err(DeflateError::TooLong));
        // An empty block with fixed codes, marked as the last.
        assert_eq!(Inflater::new().open(&[0, 0, 0x03, 0x00]), Err(DeflateError::Corrupt));
        assert_eq!(Inflater::new().open(&[0, 0, 0xFF]), Err(DeflateError::Corrupt));
        assert_eq!(Inflater::new().open(&[0]), Err(DeflateError::Truncated));
    }

    proptest! {
        #[test]
        fn round_trip(frames in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 1..300), 1..10,
        )) {
            let (mut deflater, mut inflater) = (Deflater::new(), Inflater::new());
            for frame in frames {
                prop_assert_eq!(inflater.open(&deflater.pack(&frame)), Ok(frame));
            }
        }

        #[test]
        fn arbitrary_octets_never_panic(packets: Vec<Vec<u8>>) {
            let mut inflater = Inflater::new();
            for packet in packets {
                let _ = inflater.open(&[&[0, 0], packet.as_slice()].concat());
                if let Ok(frame) = ppp::parse(&packet) {
                    inflater.reset();
                    inflater.uncompressed(frame);
                }
                inflater.reset();
            }
        }
    }
}
