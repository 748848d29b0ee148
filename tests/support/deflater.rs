//! The sender of PPP Deflate.
#![allow(unreachable_pub, clippy::unwrap_used)]

use flate2::Compress;
use flate2::Compression;
use flate2::FlushCompress;

/// RFC 1979: a sequence number, then what the compressor gives without the end of a flush.
pub struct Deflater(Compress, u16);

impl Deflater {
    pub fn new() -> Self {
        Self(Compress::new(Compression::default(), false), 0)
    }

    /// Packs protocol field and information of a frame.
    pub fn pack(&mut self, frame: &[u8]) -> Vec<u8> {
        let mut out = self.1.to_be_bytes().to_vec();
        self.1 = self.1.wrapping_add(1);
        out.reserve(frame.len() + 100);
        self.0.compress_vec(frame, &mut out, FlushCompress::Sync).unwrap();
        assert!(out.ends_with(&[0, 0, 0xFF, 0xFF]));
        out.truncate(out.len() - 4);
        out
    }
}
