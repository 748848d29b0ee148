//! BSD-Compress (RFC 1977): LZW over the frames of one direction. Every packet is a sequence number and
//! codes of 9 to 15 bits, the most significant bit first; the dictionary lives on from packet to packet.
//!
//! Codes 0 to 255 are octets, 256 clears the dictionary, each later one is an earlier code and an octet
//! behind it. Codes grow by a bit whenever the dictionary outgrows them.

mod dictionary;

use super::bits::Bits;
use crate::base::limits::INNER_FRAME;
use crate::wire::ppp;
use dictionary::Dictionary;

/// Why a packet stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BsdError {
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
    /// An earlier packet is missing or was broken, and CCP has not reset the dictionary yet.
    #[error("the dictionary is broken and was not reset yet")]
    AwaitsReset,
    /// A code that the dictionary does not have, or codes behind the one that clears it.
    #[error("a code that does not exist")]
    BadCode,
    /// The packet unpacks to more than a PPP frame can hold.
    #[error("the packet unpacks to more than a frame can hold")]
    TooLong,
}

/// The dictionary of one direction.
#[derive(Clone, Debug)]
pub struct Decompressor {
    dictionary: Dictionary,
    expected: u16,
    broken: bool,
}

impl Decompressor {
    /// The state after CCP opened. `bits`: the longest code, as option 21 says (§3); `None` unless
    /// it is 9 to 15.
    #[must_use]
    pub fn new(bits: u8) -> Option<Self> {
        let dictionary = Dictionary::new(bits)?;
        Some(Self { dictionary, expected: 0, broken: false })
    }

    /// What a CCP Reset-Ack of the sender does: an empty dictionary, and numbers from 0.
    pub fn reset(&mut self) {
        self.dictionary.clear();
        self.expected = 0;
        self.broken = false;
    }

    /// Unpacks what stands behind protocol 00FD: gives the protocol field, one octet, and the
    /// information of the frame.
    pub fn open(&mut self, payload: &[u8]) -> Result<Vec<u8>, BsdError> {
        let (&number, codes) = payload.split_first_chunk().ok_or(BsdError::Truncated)?;
        if self.broken {
            return Err(BsdError::AwaitsReset);
        }
        let (expected, got) = (self.expected, u16::from_be_bytes(number));
        self.broken = true;
        if got != expected {
            return Err(BsdError::LostSync { expected, got });
        }
        let out = self.unpack(codes)?;
        self.expected = expected.wrapping_add(1);
        self.broken = false;
        Ok(out)
    }

    /// Takes note of a frame that was sent as it is because packing made it no shorter: it has a number
    /// too, and goes into the dictionary (§2). Protocols that are never packed are left out.
    pub fn uncompressed(&mut self, frame: ppp::Frame<'_>) {
        let Some(protocol) = u8::try_from(frame.protocol.0).ok().filter(|p| PACKED.contains(p))
        else {
            return;
        };
        if self.broken {
            return;
        }
        self.expected = self.expected.wrapping_add(1);
        let mut bits = 0;
        let mut prefix = u16::from(protocol);
        for octet in frame.information {
            if let Some(code) = self.dictionary.find(prefix, *octet) {
                prefix = code;
                continue;
            }
            bits += usize::from(self.dictionary.width());
            self.dictionary.add_as_sender(prefix, *octet);
            prefix = u16::from(*octet);
        }
        bits += usize::from(self.dictionary.width());
        self.dictionary.widen();
        self.dictionary.account(frame.information.len() + 1, bits.div_ceil(8));
        self.dictionary.check();
    }

    fn unpack(&mut self, codes: &[u8]) -> Result<Vec<u8>, BsdError> {
        let mut bits = Bits::new(codes);
        let mut out = Vec::new();
        let mut before = None;
        while let Some(code) = bits.take(self.dictionary.width()) {
            if code == CLEAR {
                self.dictionary.clear();
                // Padding may follow, no more codes.
                return if bits.left() < 8 { Ok(out) } else { Err(BsdError::BadCode) };
            }
            let start = out.len();
            if self.dictionary.spell(code, &mut out).is_none() {
                // The one code that may be unknown is the one being made: the string before, and its own
                // first octet again.
                let prefix =
                    before.filter(|_| self.dictionary.makes(code)).ok_or(BsdError::BadCode)?;
                self.dictionary.spell(prefix, &mut out).ok_or(BsdError::BadCode)?;
                out.extend(out.get(start).copied());
            }
            if out.len() > INNER_FRAME {
                return Err(BsdError::TooLong);
            }
            if let (Some(prefix), Some(first)) = (before, out.get(start)) {
                self.dictionary.add(prefix, *first);
            }
            before = Some(code);
        }
        self.dictionary.account(out.len(), codes.len());
        // Where this were to clear, the sender would have said so.
        Ok(out)
    }
}

/// The code that clears the dictionary.
const CLEAR: u16 = 256;
/// Protocols that are packed (RFC 1977 §2); all have a form of one octet.
const PACKED: std::ops::RangeInclusive<u8> = 0x21..=0xF9;

#[cfg(test)]
mod tests;
