//! The sender's side of MPPE, without compression: makes what a [`Decryptor`](super::Decryptor) opens.

use super::{Config, Mode, OnFlush, count_of};
use crate::crypto::mppe::{Cipher, KeyChain, StartKey};
use crate::wire::ppp::mppe::Header;

/// Encrypts the frames of one direction, for captures that are made and not recorded.
#[derive(Clone, Debug)]
pub struct Encryptor {
    chain: KeyChain,
    cipher: Cipher,
    mode: Mode,
    /// Packets sealed so far.
    sealed: u32,
    flush: bool,
}

impl Encryptor {
    /// The state after CCP opened.
    #[must_use]
    pub fn new(start: &StartKey, config: Config) -> Self {
        let chain = KeyChain::new(start, config.strength);
        Self {
            cipher: chain.key().cipher(),
            chain,
            mode: config.mode,
            sealed: 0,
            flush: config.mode != Mode::Stateful(OnFlush::NextKey),
        }
    }

    /// What a CCP Reset-Request asks for: the next packet begins with fresh tables and has bit A.
    pub const fn flush(&mut self) {
        self.flush = true;
    }

    /// Seals a frame (protocol field and information): gives what stands behind protocol 00FD.
    pub fn seal(&mut self, frame: &[u8]) -> Vec<u8> {
        let count = count_of(self.sealed);
        self.sealed = self.sealed.wrapping_add(1);
        let is_flag = count & 0xFF == 0xFF;
        let (flushed, next_key) = match self.mode {
            Mode::Stateless => (true, true),
            Mode::Stateful(OnFlush::SameKey) => (self.flush, is_flag),
            Mode::Stateful(OnFlush::NextKey) => (self.flush || is_flag, self.flush || is_flag),
        };
        if next_key {
            self.chain.advance();
        }
        if flushed || next_key {
            self.cipher = self.chain.key().cipher();
        }
        self.flush = false;
        let header = Header { flushed, front: false, compressed: false, encrypted: true, count };
        let mut packet = header.emit().to_vec();
        let mut body = frame.to_vec();
        self.cipher.apply(&mut body);
        packet.append(&mut body);
        packet
    }
}
