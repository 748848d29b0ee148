//! Compressed packets that are numbered and build on each other (RFC 1977, RFC 1979): two octets in front count
//! from 0. Where a packet is missing or broken, all that follow stay closed until CCP resets the stream.

/// Why a packet stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberedError {
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
    /// A code that does not exist, or no compressed data at all.
    #[error("a code that does not exist")]
    BadCode,
    /// The packet unpacks to more than a PPP frame can hold.
    #[error("the packet unpacks to more than a frame can hold")]
    TooLong,
}

/// Where one direction stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    expected: u16,
    broken: bool,
}

impl Numbers {
    /// Lets `unpack` open what stands behind the number, if it is the next one.
    pub(super) fn open<'p>(
        &mut self,
        payload: &'p [u8],
        unpack: impl FnOnce(&'p [u8]) -> Result<Vec<u8>, NumberedError>,
    ) -> Result<Vec<u8>, NumberedError> {
        let (&number, packed) = payload.split_first_chunk().ok_or(NumberedError::Truncated)?;
        if self.broken {
            return Err(NumberedError::AwaitsReset);
        }
        let (expected, got) = (self.expected, u16::from_be_bytes(number));
        let opened = if got == expected {
            unpack(packed)
        } else {
            Err(NumberedError::LostSync { expected, got })
        };
        self.step(opened.is_ok());
        opened
    }

    /// Lets `learn` take in a frame that was sent as it is, which has a number too, and later packets may refer
    /// to it. It says whether it could.
    pub(super) fn pass(&mut self, learn: impl FnOnce() -> bool) {
        if !self.broken {
            let learned = learn();
            self.step(learned);
        }
    }

    fn step(&mut self, sound: bool) {
        self.expected = self.expected.wrapping_add(1);
        self.broken = !sound;
    }
}
