//! BSD-Compress (RFC 1977): LZW over the frames of one direction. Every packet is a sequence number and
//! codes of 9 to 15 bits, the most significant bit first; the dictionary lives on from packet to packet.
//!
//! Codes 0 to 255 are octets, 256 clears the dictionary, each later one is an earlier code and an octet
//! behind it. Codes grow by a bit whenever the dictionary outgrows them.

mod dictionary;

use super::bits::Bits;
use super::numbered::{NumberedError, Numbers};
use crate::base::limits::INNER_FRAME;
use crate::wire::ppp;
use dictionary::Dictionary;

/// The dictionary of one direction.
#[derive(Clone, Debug)]
pub struct Decompressor {
    dictionary: Dictionary,
    numbers: Numbers,
}

impl Decompressor {
    /// The state after CCP opened. `bits`: the longest code, as option 21 says (§3); `None` unless
    /// it is 9 to 15.
    #[must_use]
    pub fn new(bits: u8) -> Option<Self> {
        let dictionary = Dictionary::new(bits)?;
        Some(Self { dictionary, numbers: Numbers::default() })
    }

    /// What a CCP Reset-Ack of the sender does: an empty dictionary, and numbers from 0.
    pub fn reset(&mut self) {
        self.dictionary.clear();
        self.numbers = Numbers::default();
    }

    /// Unpacks what stands behind protocol 00FD: gives the protocol field, one octet, and the
    /// information of the frame.
    pub fn open(&mut self, payload: &[u8]) -> Result<Vec<u8>, NumberedError> {
        let Self { dictionary, numbers } = self;
        numbers.open(payload, |codes| unpack(dictionary, codes))
    }

    /// Takes note of a frame that was sent as it is because packing made it no shorter: it goes into the
    /// dictionary (§2). Protocols that are never packed are left out.
    pub fn uncompressed(&mut self, frame: ppp::Frame<'_>) {
        let Some(protocol) = u8::try_from(frame.protocol.0).ok().filter(|p| PACKED.contains(p))
        else {
            return;
        };
        let Self { dictionary, numbers } = self;
        numbers.pass(|| {
            learn(dictionary, protocol, frame.information);
            true
        });
    }
}

fn learn(dictionary: &mut Dictionary, protocol: u8, information: &[u8]) {
    let mut bits = 0;
    let mut prefix = u16::from(protocol);
    for octet in information {
        if let Some(code) = dictionary.find(prefix, *octet) {
            prefix = code;
            continue;
        }
        bits += usize::from(dictionary.width());
        dictionary.add_as_sender(prefix, *octet);
        prefix = u16::from(*octet);
    }
    bits += usize::from(dictionary.width());
    dictionary.widen();
    dictionary.account(information.len() + 1, bits.div_ceil(8));
    dictionary.check();
}

fn unpack(dictionary: &mut Dictionary, codes: &[u8]) -> Result<Vec<u8>, NumberedError> {
    let mut bits = Bits::new(codes);
    let mut out = Vec::new();
    let mut before = None;
    while let Some(code) = bits.take(dictionary.width()) {
        if code == CLEAR {
            dictionary.clear();
            // Padding may follow, no more codes.
            return if bits.left() < 8 { Ok(out) } else { Err(NumberedError::BadCode) };
        }
        let start = out.len();
        if dictionary.spell(code, &mut out).is_none() {
            // The one code that may be unknown is the one being made: the string before, and its own
            // first octet again.
            let prefix = before.filter(|_| dictionary.makes(code)).ok_or(NumberedError::BadCode)?;
            dictionary.spell(prefix, &mut out).ok_or(NumberedError::BadCode)?;
            out.extend(out.get(start).copied());
        }
        if out.len() > INNER_FRAME {
            return Err(NumberedError::TooLong);
        }
        if let (Some(prefix), Some(first)) = (before, out.get(start)) {
            dictionary.add(prefix, *first);
        }
        before = Some(code);
    }
    dictionary.account(out.len(), codes.len());
    // Where this were to clear, the sender would have said so.
    Ok(out)
}

/// The code that clears the dictionary.
const CLEAR: u16 = 256;
/// Protocols that are packed (RFC 1977 §2); all have a form of one octet.
const PACKED: std::ops::RangeInclusive<u8> = 0x21..=0xF9;

#[cfg(test)]
mod tests;
