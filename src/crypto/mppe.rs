//! Keys of MPPE: from what MS-CHAP leaves behind to the key of each packet (RFC 3079, RFC 3078 §7).
//!
//! ```text
//! password hash ─┬─ StartKey, one for each sender (MS-CHAPv1: one for both)
//!                └─→ KeyChain::new → the initial session key → KeyChain::advance → the next → …
//! ```

use std::fmt;

use md4::Digest as _;
use rc4::{KeyInit as _, Rc4, StreamCipher as _};
use sha1::Sha1;
use zeroize::{Zeroize as _, Zeroizing};

use super::leading;
use super::secret::NtHash;

/// Length of the session keys, as CCP negotiates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Strength {
    Bits40,
    Bits56,
    Bits128,
}

impl Strength {
    /// The strength of a number of bits; `None` for any but 40, 56 and 128.
    #[must_use]
    pub const fn of_bits(bits: u16) -> Option<Self> {
        match bits {
            40 => Some(Self::Bits40),
            56 => Some(Self::Bits56),
            128 => Some(Self::Bits128),
            _ => None,
        }
    }

    /// How many bits of a key an eavesdropper does not know.
    #[must_use]
    pub const fn bits(self) -> u16 {
        match self {
            Self::Bits40 => 40,
            Self::Bits56 => 56,
            Self::Bits128 => 128,
        }
    }

    /// Octets of a key; the weaker ones have a known beginning ([`Self::salt`]).
    const fn octets(self) -> usize {
        match self {
            Self::Bits40 | Self::Bits56 => 8,
            Self::Bits128 => 16,
        }
    }

    /// Octets that overwrite the first of every weaker session key (RFC 3079 §2.1, §2.2).
    const fn salt(self) -> &'static [u8] {
        match self {
            Self::Bits40 => &[0xD1, 0x26, 0x9E],
            Self::Bits56 => &[0xD1],
            Self::Bits128 => &[],
        }
    }
}

/// Who encrypts: MS-CHAPv2 gives each direction a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The peer that answered the Challenge: in PPTP the one that dialled.
    Client,
    /// The peer that sent the Challenge.
    Server,
}

/// What all session keys of one direction come from. A secret: wiped when dropped, never printed.
#[derive(Clone)]
pub struct StartKey([u8; 16]);

impl StartKey {
    /// MS-CHAPv1, from the NT hash and the eight octets of the Challenge: the same for both directions.
    ///
    /// RFC 3079 §2.3 takes it for 128 bits only. pppd takes its first eight octets for 40 and 56 bits
    /// too, where the RFC has [`Self::mschapv1_lm`]: for those both have to be tried.
    #[must_use]
    pub fn mschapv1(hash: &NtHash, challenge: &[u8; 8]) -> Self {
        let twice = hash.hash();
        let digest = Sha1::new().chain_update(*twice).chain_update(*twice).chain_update(challenge);
        Self::of(digest)
    }

    /// MS-CHAPv1 with 40 or 56 bits, from the [`lm_hash`](super::mschapv1::lm_hash): RFC 3079 §2.1, §2.2.
    /// The Challenge has no part in it, so every session of one password begins with the same key.
    #[must_use]
    pub const fn mschapv1_lm(hash: &[u8; 16]) -> Self {
        Self(*hash)
    }

    /// MS-CHAPv2 and EAP-MSCHAPv2, from the NT hash and the NT-Response that was accepted:
    /// GetMasterKey and GetAsymmetricStartKey (RFC 3079 §3.4).
    #[must_use]
    pub fn mschapv2(hash: &NtHash, nt_response: &[u8; 24], sender: Sender) -> Self {
        let master = Self::of(
            Sha1::new().chain_update(*hash.hash()).chain_update(nt_response).chain_update(MASTER),
        );
        let role = match sender {
            Sender::Client => CLIENT_SENDS,
            Sender::Server => SERVER_SENDS,
        };
        Self::of(
            Sha1::new()
                .chain_update(master.0)
                .chain_update(PAD_1)
                .chain_update(role)
                .chain_update(PAD_2),
        )
    }

    /// A start key that is known already, as RADIUS hands it to a server (RFC 2548 §2.4.2).
    #[must_use]
    pub const fn from_bytes(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    fn of(hash: Sha1) -> Self {
        let mut digest = hash.finalize();
        let key = Self(leading(&digest));
        digest.zeroize();
        key
    }
}

impl fmt::Debug for StartKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartKey(..)")
    }
}

impl Drop for StartKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The session key of one direction, and the way to the next one. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct KeyChain {
    start: StartKey,
    session: SessionKey,
}

impl KeyChain {
    /// Stands at the initial session key. In stateless mode no packet is encrypted under it: the key
    /// changes before every packet, also before the first.
    #[must_use]
    pub fn new(start: &StartKey, strength: Strength) -> Self {
        let mut session = SessionKey { octets: start.0, strength };
        session.octets = *session.mixed_with(start);
        session.weaken();
        Self { start: start.clone(), session }
    }

    /// Goes on to the next session key (RFC 3078 §7.3).
    pub fn advance(&mut self) {
        let interim = self.session.mixed_with(&self.start);
        self.session.octets = *interim;
        let mut cipher = self.session.cipher();
        cipher.apply(self.session.used_mut());
        self.session.weaken();
    }

    /// The session key it stands at.
    #[must_use]
    pub const fn key(&self) -> &SessionKey {
        &self.session
    }
}

impl fmt::Debug for KeyChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyChain({} bits, ..)", self.session.strength.bits())
    }
}

/// The key of one packet, or of a run of packets. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct SessionKey {
    octets: [u8; 16],
    strength: Strength,
}

impl SessionKey {
    /// RC4 tables initialised with this key.
    #[must_use]
    pub fn cipher(&self) -> Cipher {
        Cipher { rc4: self.tables(), key: self.clone(), done: 0 }
    }

    /// RC4 repeats a key until it fills its tables, so a key written several times is the same key.
    fn tables(&self) -> Rc4 {
        let mut key = Zeroizing::new([0; 32]);
        for (to, from) in key.iter_mut().zip(self.used().iter().cycle()) {
            *to = *from;
        }
        Rc4::new(&(*key).into())
    }

    /// GetNewKeyFromSHA (RFC 3079 §2.4, RFC 3078 §7.3): the octets in use, zeros behind them.
    fn mixed_with(&self, start: &StartKey) -> Zeroizing<[u8; 16]> {
        let length = self.strength.octets();
        let mut digest = Sha1::new()
            .chain_update(start.0.get(..length).unwrap_or(&start.0))
            .chain_update(PAD_1)
            .chain_update(self.used())
            .chain_update(PAD_2)
            .finalize();
        let mixed = Zeroizing::new(leading(digest.get(..length).unwrap_or(&digest)));
        digest.zeroize();
        mixed
    }

    fn weaken(&mut self) {
        for (to, from) in self.octets.iter_mut().zip(self.strength.salt()) {
            *to = *from;
        }
    }

    fn used(&self) -> &[u8] {
        self.octets.get(..self.strength.octets()).unwrap_or(&self.octets)
    }

    fn used_mut(&mut self) -> &mut [u8] {
        match self.strength {
            Strength::Bits128 => &mut self.octets,
            Strength::Bits40 | Strength::Bits56 => {
                self.octets.first_chunk_mut::<8>().map_or(&mut [], |half| half)
            }
        }
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKey({} bits, ..)", self.strength.bits())
    }
}

impl Drop for SessionKey {
    fn drop(&mut self) {
        self.octets.zeroize();
    }
}

/// RC4 in the middle of its key stream. Wiped when dropped.
pub struct Cipher {
    rc4: Rc4,
    key: SessionKey,
    done: usize,
}

impl Cipher {
    /// Encrypts or decrypts in place (RC4 knows no difference) and goes on in the key stream.
    pub fn apply(&mut self, octets: &mut [u8]) {
        self.rc4.apply_keystream(octets);
        self.done = self.done.saturating_add(octets.len());
    }
}

impl Clone for Cipher {
    /// Runs the key stream again up to the same place: no copy of the tables can be had.
    fn clone(&self) -> Self {
        let mut clone = self.key.cipher();
        let mut skipped = Zeroizing::new([0; 1024]);
        while clone.done < self.done {
            let left = (self.done - clone.done).min(skipped.len());
            clone.apply(skipped.get_mut(..left).unwrap_or(&mut []));
        }
        clone
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cipher({} bits, ..)", self.key.strength.bits())
    }
}

const MASTER: &[u8] = b"This is the MPPE Master Key";
/// Magic2 of RFC 3079 §3.4.
const CLIENT_SENDS: &[u8] =
    b"On the client side, this is the send key; on the server side, it is the receive key.";
/// Magic3 of RFC 3079 §3.4.
const SERVER_SENDS: &[u8] =
    b"On the client side, this is the receive key; on the server side, it is the send key.";
const PAD_1: [u8; 40] = [0; 40];
const PAD_2: [u8; 40] = [0xF2; 40];

#[cfg(test)]
mod tests;
