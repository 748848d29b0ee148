//! MPPC (RFC 2118): LZ77 over a history of 8,192 octets. Literals and copies are written in prefix codes,
//! the most significant bit first; a packet ends where fewer than eight bits are left.
//!
//! ```text
//! literal below 80   0 + 7 bits          offset      0..63   1111 + 6 bits
//! literal from 80    10 + 7 bits                   64..319   1110 + 8 bits
//!                                               320..8191    110 + 13 bits
//! length 3           0
//! length 2ⁿ..2ⁿ⁺¹−1   n−1 ones, 0, n bits        n from 2 to 12
//! ```

use super::bits::Bits;
use crate::base::limits::MPPC_HISTORY;
use crate::wire::ppp::mppe;
use crate::wire::ppp::mppe::Header;

/// Why a packet stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MppcError {
    /// Fewer than the two octets of the header.
    #[error("the packet ends inside its header")]
    Truncated,
    /// The packet is encrypted: MPPE has to open it first.
    #[error("the packet is encrypted")]
    Encrypted,
    /// The coherency count is not the next one; nothing can be read until the sender starts over.
    #[error("packets are missing: {got} instead of {expected}")]
    LostSync {
        /// Count of the packet that should have come.
        expected: u16,
        /// Count of the one that came.
        got: u16,
    },
    /// An earlier packet is missing or was broken and the sender has not started over yet (bit A).
    #[error("the history is incomplete")]
    AwaitsFlush,
    /// A prefix code that does not exist, or one that the packet cuts off.
    #[error("a code that does not exist")]
    BadCode,
    /// A copy from before the beginning of the history.
    #[error("a copy from outside the history")]
    BadOffset,
    /// The packet unpacks beyond the end of the history.
    #[error("the packet unpacks to more than the history holds")]
    TooLong,
}

/// Opens packets where CCP agreed on compression without encryption.
#[derive(Clone, Debug, Default)]
pub struct Decompressor {
    history: History,
    expected: Option<u16>,
}

impl Decompressor {
    /// The state after CCP opened.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens what stands behind protocol 00FD: gives protocol field and information of the plain frame.
    ///
    /// A capture that begins in the middle starts with the first flushed packet.
    pub fn open(&mut self, payload: &[u8]) -> Result<Vec<u8>, MppcError> {
        let (header, body) = mppe::parse(payload).ok_or(MppcError::Truncated)?;
        if header.encrypted {
            return Err(MppcError::Encrypted);
        }
        let expected = self.expected.replace((header.count + 1) & COUNT);
        let next = expected.is_none_or(|expected| expected == header.count);
        if !header.flushed && (!next || expected.is_none() && header.count != 0) {
            self.history.lose();
            if let Some(expected) = expected.filter(|_| !next) {
                return Err(MppcError::LostSync { expected, got: header.count });
            }
        }
        self.history.open(header, body)
    }
}

/// The history of one direction.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// What was written so far; never longer than [`MPPC_HISTORY`].
    octets: Vec<u8>,
    /// Where the next octet goes.
    at: usize,
    broken: bool,
}

impl History {
    /// Opens one packet, decrypted and without its MPPE header.
    ///
    /// Errors leave the history unusable until a packet with bit A.
    pub fn open(&mut self, header: Header, body: &[u8]) -> Result<Vec<u8>, MppcError> {
        if header.flushed {
            *self = Self::default();
        }
        if !header.compressed {
            return Ok(body.to_vec());
        }
        if self.broken {
            return Err(MppcError::AwaitsFlush);
        }
        if header.front {
            self.at = 0;
        }
        let start = self.at;
        let result = self.unpack(Bits::new(body));
        self.broken = result.is_err();
        result.map(|()| self.octets.get(start..self.at).unwrap_or_default().to_vec())
    }

    /// A packet is missing: nothing can be unpacked until the sender starts over.
    pub fn lose(&mut self) {
        self.broken = true;
    }

    fn unpack(&mut self, mut bits: Bits<'_>) -> Result<(), MppcError> {
        while bits.left() >= 8 {
            match bits.ones(4) {
                Some(0) => self.literal(bits.take(7), 0)?,
                Some(1) => self.literal(bits.take(7), 0x80)?,
                Some(2) => self.copy(bits.take(13), 320, &mut bits)?,
                Some(3) => self.copy(bits.take(8), 64, &mut bits)?,
                // The fifth bit belongs to the offset: 1111 is complete without a zero behind it.
                ones => {
                    let high = if ones == Some(4) { 0 } else { 0x20 };
                    let low = bits.take(5).map(|low| low | high);
                    self.copy(low, 0, &mut bits)?;
                }
            }
        }
        Ok(())
    }

    fn literal(&mut self, low: Option<u16>, high: u8) -> Result<(), MppcError> {
        let low = low.and_then(|low| u8::try_from(low).ok()).ok_or(MppcError::BadCode)?;
        self.push(low | high)
    }

    /// A copy: its offset (`coded` counts from `base`), then its length.
    fn copy(
        &mut self,
        coded: Option<u16>,
        base: usize,
        bits: &mut Bits<'_>,
    ) -> Result<(), MppcError> {
        let offset = usize::from(coded.ok_or(MppcError::BadCode)?) + base;
        let length = length(bits).ok_or(MppcError::BadCode)?;
        if offset == 0 || offset >= MPPC_HISTORY {
            return Err(MppcError::BadOffset);
        }
        // After a move to the front, what was written before still stands at the end.
        let from = if offset <= self.at { self.at } else { self.at + MPPC_HISTORY } - offset;
        for from in from..from + length {
            let octet = self.octets.get(from % MPPC_HISTORY).ok_or(MppcError::BadOffset)?;
            self.push(*octet)?;
        }
        Ok(())
    }

    fn push(&mut self, octet: u8) -> Result<(), MppcError> {
        if self.at >= MPPC_HISTORY {
            return Err(MppcError::TooLong);
        }
        match self.octets.get_mut(self.at) {
            Some(old) => *old = octet,
            None => self.octets.push(octet),
        }
        self.at += 1;
        Ok(())
    }
}

/// The length of a copy, 3 to 8,191.
fn length(bits: &mut Bits<'_>) -> Option<usize> {
    let ones = bits.ones(11)?;
    if ones == 0 {
        return Some(3);
    }
    let width = ones + 1;
    Some(1 << width | usize::from(bits.take(width)?))
}

/// Coherency counts have twelve bits.
const COUNT: u16 = 0x0FFF;

#[cfg(test)]
pub(super) mod tests;
