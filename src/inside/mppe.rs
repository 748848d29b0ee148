//! MPPE (RFC 3078): opens the encrypted packets of one direction of one call.
//!
//! The header of a packet is in clear and holds a coherency count of twelve bits. In stateless mode every
//! packet has a key of its own, so a lost one costs a step of the key and an overtaken one is opened with
//! the key remembered for it. In stateful mode RC4 runs on through the packets; the key changes before
//! every packet whose count ends in FF (a "flag" packet), and after a loss nothing can be read until the
//! sender initialises its tables again (bit A) or a flag packet comes.
//!
//! The count does not tell how often it wrapped: a capture that begins in the middle of a session needs
//! [`Decryptor::find_start`]. CCP Reset-Request and Reset-Ack change nothing here, bit A says it all; when
//! CCP opens again after a renegotiation both directions begin with a new [`Decryptor`].
//!
//! A wrong key opens everything, as noise: ask [`trial`].

mod encryptor;
mod stateful;
mod stateless;

use super::mppc::{History, MppcError};
use super::trial;
use super::trial::Verdict;
use crate::base::limits;
use crate::crypto::mppe::{Cipher, StartKey, Strength};
use crate::wire::ppp::mppe;
use crate::wire::ppp::mppe::Header;
pub use encryptor::Encryptor;
use stateful::Stateful;
use stateless::Stateless;

/// What both ends agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Config {
    /// Key length.
    pub strength: Strength,
    /// How keys follow packets.
    pub mode: Mode,
}

/// How keys follow packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A key for every packet.
    Stateless,
    /// A key for 256 packets, and what happens to it when the sender starts over in between.
    Stateful(OnFlush),
}

/// What a stateful sender does with its key when it sets bit A in a packet that is no flag packet.
/// CCP does not tell; where it matters both have to be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OnFlush {
    /// Initialises its tables with the same key: RFC 3078 §3.1, FreeBSD. The first packet has bit A.
    SameKey,
    /// Changes the key: Linux. The first packet has no bit A.
    NextKey,
}

/// A packet that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    /// Protocol field and information of the PPP frame, unpacked where MPPC had packed it.
    pub frame: Vec<u8>,
    /// Its coherency count.
    pub count: u16,
    /// Whether a later packet, or a copy of this one, was opened before.
    pub late: bool,
}

/// Why a packet stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// Fewer than the two octets of the header.
    #[error("the packet ends inside its header")]
    Truncated,
    /// Bit D is not set.
    #[error("the packet is not encrypted")]
    NotEncrypted,
    /// Stateful: the count is not the next one. Nothing can be read until the sender starts over.
    #[error("packets are missing: {got} instead of {expected}")]
    LostSync {
        /// Count of the packet that should have come.
        expected: u16,
        /// Count of the one that came.
        got: u16,
    },
    /// Stateful: a packet was lost before, or the capture began later, and the sender has not started
    /// over yet.
    #[error("the sender has not started over yet")]
    AwaitsFlush,
    /// Overtaken by so many packets that its key is no longer remembered, or in stateful mode by any.
    #[error("overtaken by {behind} packets")]
    Stale {
        /// How many counts it is behind the newest.
        behind: u16,
    },
    /// So far ahead that it would need to be plausible, and it is not: a damaged or forged header, or a
    /// key that went wrong.
    #[error("{ahead} packets ahead, and not plausible there")]
    Astray {
        /// How many counts it is ahead of the newest.
        ahead: u16,
    },
    /// Decrypted, but MPPC could not unpack it.
    #[error("decrypted, but {0}")]
    Mppc(#[from] MppcError),
}

/// Opens the packets of one direction. A clone goes its own way, so that candidates can be tried.
#[derive(Clone, Debug)]
pub struct Decryptor(State);

#[derive(Clone, Debug)]
enum State {
    Stateless(Box<Stateless>),
    Stateful(Box<Stateful>),
}

impl Decryptor {
    /// The state after CCP opened: the first packet has count 0.
    #[must_use]
    pub fn new(start: &StartKey, config: Config) -> Self {
        Self(match config.mode {
            Mode::Stateless => State::Stateless(Box::new(Stateless::new(start, config.strength))),
            Mode::Stateful(on_flush) => {
                State::Stateful(Box::new(Stateful::new(start, config.strength, on_flush)))
            }
        })
    }

    /// The same for a capture that begins later, after `packets` packets of this direction. `None` where
    /// that is more than [`limits::MPPE_ROUNDS`] rounds of 4,096.
    ///
    /// With [`OnFlush::NextKey`] it is right only if the sender never had to start over.
    #[must_use]
    pub fn start_at(start: &StartKey, config: Config, packets: u32) -> Option<Self> {
        if packets / ROUND > limits::MPPE_ROUNDS {
            return None;
        }
        let mut decryptor = Self::new(start, config);
        decryptor.skip(packets);
        Some(decryptor)
    }

    /// Finds how often the count had wrapped before the first of `packets` (each as for
    /// [`Self::open`]): the decryptor that proves an IP header in one of them, in the state before them.
    ///
    /// Tries `rounds` rounds of 4,096 packets, [`limits::MPPE_ROUNDS`] at most. A few packets next to
    /// each other suffice; in stateful mode there must be one with bit A or a count that ends in FF.
    #[must_use]
    pub fn find_start(
        start: &StartKey,
        config: Config,
        packets: &[&[u8]],
        rounds: u32,
    ) -> Option<Self> {
        let mut decryptor = Self::new(start, config);
        for _ in 0..rounds.min(limits::MPPE_ROUNDS) {
            let mut candidate = decryptor.clone();
            let proves = |packet: &&[u8]| {
                candidate.open(packet).is_ok_and(|p| trial::frame(&p.frame) == Verdict::Proven)
            };
            if packets.iter().any(proves) {
                return Some(decryptor);
            }
            decryptor.skip(ROUND);
        }
        None
    }

    /// Opens what stands behind protocol 00FD, in the order of the GRE numbers. An error changes nothing
    /// that a later packet needs.
    pub fn open(&mut self, payload: &[u8]) -> Result<Plain, Closed> {
        let (header, body) = mppe::parse(payload).ok_or(Closed::Truncated)?;
        if !header.encrypted {
            return Err(Closed::NotEncrypted);
        }
        match &mut self.0 {
            State::Stateless(state) => state.open(header, body),
            State::Stateful(state) => state.open(header, body),
        }
    }

    fn skip(&mut self, packets: u32) {
        match &mut self.0 {
            State::Stateless(state) => state.skip(packets),
            State::Stateful(state) => state.skip(packets),
        }
    }
}

/// Decrypts and unpacks.
fn unseal(
    cipher: &mut Cipher,
    history: &mut History,
    header: Header,
    body: &[u8],
) -> Result<Vec<u8>, MppcError> {
    let mut octets = body.to_vec();
    cipher.apply(&mut octets);
    history.open(header, &octets)
}

/// `count` behind by `back`, modulo the twelve bits.
const fn minus(count: u16, back: u16) -> u16 {
    count.wrapping_sub(back) & COUNT
}

/// The twelve bits of a number of packets.
const fn count_of(packets: u32) -> u16 {
    let [_, _, high, low] = packets.to_be_bytes();
    u16::from_be_bytes([high, low]) & COUNT
}

const COUNT: u16 = 0x0FFF;
/// Packets until the count repeats.
const ROUND: u32 = 4096;
/// A count further ahead than this is taken to be behind.
const HALF: u16 = 0x0800;

#[cfg(test)]
mod tests;
