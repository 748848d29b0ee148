//! Compression without encryption, as CCP agreed on it.

use crate::base::addr::Dir;
use crate::inside::bsd;
use crate::inside::deflate::Inflater;
use crate::inside::mppc;
use crate::inside::mppc::MppcError;
use crate::inside::numbered::NumberedError;
use crate::model::call::Call;
use crate::model::negotiation::Opt;
use crate::model::negotiation::Side;
use crate::wire::ppp;

/// The state of one direction.
#[derive(Debug)]
pub(super) enum Unpacker {
    Deflate(Box<Inflater>),
    Bsd(Box<bsd::Decompressor>),
    Mppc(Box<mppc::Decompressor>),
}

/// Why a packet stays packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packed {
    /// A packet is missing: this is the first that shows it.
    LostSync,
    /// Still out of step.
    AwaitsReset,
    /// More than a frame can hold.
    Bomb,
    /// Anything else.
    Bad,
}

impl Unpacker {
    /// What the receiver of `dir` asked for and was granted.
    pub(super) fn agreed(call: &Call, dir: Dir) -> Option<Self> {
        let agreed = &call.ccp.side(dir.flip()).agreed;
        if let Some(bits) = Side::mppe_of(agreed) {
            let alone = bits.compression && !bits.encrypts();
            return alone.then(|| Self::Mppc(Box::default()));
        }
        agreed.iter().find_map(|option| match *option {
            Opt::Other(26 | 24, _) => Some(Self::Deflate(Box::default())),
            Opt::BsdCompress(value) => {
                // Version in the upper three bits, longest code in the others (RFC 1977 §3).
                Some(Self::Bsd(Box::new(bsd::Decompressor::new(value & 0x1F)?)))
            }
            _ => None,
        })
    }

    pub(super) fn open(&mut self, payload: &[u8]) -> Result<Vec<u8>, Packed> {
        match self {
            Self::Deflate(state) => state.open(payload).map_err(of_numbered),
            Self::Bsd(state) => state.open(payload).map_err(of_numbered),
            Self::Mppc(state) => state.open(payload).map_err(of_mppc),
        }
    }

    /// A frame that went beside the compression.
    pub(super) fn beside(&mut self, frame: ppp::Frame<'_>) {
        match self {
            Self::Deflate(state) => state.uncompressed(frame),
            Self::Bsd(state) => state.uncompressed(frame),
            Self::Mppc(_) => {}
        }
    }

    /// The sender's CCP Reset-Ack.
    pub(super) fn reset(&mut self) {
        match self {
            Self::Deflate(state) => state.reset(),
            Self::Bsd(state) => state.reset(),
            // Bit A of the next packet says it.
            Self::Mppc(_) => {}
        }
    }
}

const fn of_numbered(error: NumberedError) -> Packed {
    match error {
        NumberedError::LostSync { .. } => Packed::LostSync,
        NumberedError::AwaitsReset => Packed::AwaitsReset,
        NumberedError::TooLong => Packed::Bomb,
        NumberedError::Truncated | NumberedError::BadCode => Packed::Bad,
    }
}

/// What an MPPC error means.
pub(super) const fn of_mppc(error: MppcError) -> Packed {
    match error {
        MppcError::LostSync { .. } => Packed::LostSync,
        MppcError::AwaitsFlush => Packed::AwaitsReset,
        MppcError::TooLong => Packed::Bomb,
        _ => Packed::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::deflate::tests::Deflater;

    #[test]
    fn a_bomb_is_told_from_damage() {
        let bomb = Deflater::new().pack(&vec![0; 1_000_000]);
        let mut unpacker = Unpacker::Deflate(Box::default());
        assert_eq!(unpacker.open(&bomb), Err(Packed::Bomb));
        assert_eq!(unpacker.open(&bomb), Err(Packed::AwaitsReset));
        unpacker.reset();
        assert_eq!(unpacker.open(&[0, 0, 0xFF, 0xFF]), Err(Packed::Bad));
    }
}
