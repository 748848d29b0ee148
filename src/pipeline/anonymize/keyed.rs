//! Pseudo-random octets that stand for others: the same for the same, and nobody without the key can
//! tell what they stand for.

use std::fmt;

use sha1::{Digest as _, Sha1};
use zeroize::Zeroize as _;

/// The key of one run; nothing in the output leads back to it.
pub struct Key([u8; 32]);

impl Key {
    /// From octets that nobody can guess.
    #[must_use]
    pub const fn new(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// Fills `out` with what stands for `data`. Labels keep uses of the key apart.
    pub(super) fn fill(&self, label: &str, data: &[u8], out: &mut [u8]) {
        let length = (label.len() as u64).to_be_bytes();
        let seed = Sha1::new()
            .chain_update(self.0)
            .chain_update(length)
            .chain_update(label)
            .chain_update(data)
            .finalize();
        for (n, block) in out.chunks_mut(DIGEST).enumerate() {
            // The key once more: a digest that is shown must not be one that others grow from.
            let digest = Sha1::new()
                .chain_update(self.0)
                .chain_update((n as u64).to_be_bytes())
                .chain_update(seed)
                .finalize();
            for (to, from) in block.iter_mut().zip(digest) {
                *to = from;
            }
        }
    }

    /// As many octets as asked for.
    pub(super) fn octets<const N: usize>(&self, label: &str, data: &[u8]) -> [u8; N] {
        let mut out = [0; N];
        self.fill(label, data, &mut out);
        out
    }

    /// Puts pseudo-random octets in the place of `octets`. All zero stays all zero: that is a fact.
    pub(super) fn blur(&self, label: &str, octets: &mut [u8]) {
        if octets.iter().any(|&o| o != 0) {
            let original = octets.to_vec();
            self.fill(label, &original, octets);
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

const DIGEST: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_for_the_same_and_nothing_else() {
        let (a, b) = (Key::new([1; 32]), Key::new([2; 32]));
        let of = |key: &Key, label: &str, data: &[u8]| key.octets::<50>(label, data);
        assert_eq!(of(&a, "x", b"y"), of(&Key::new([1; 32]), "x", b"y"));
        for other in [of(&b, "x", b"y"), of(&a, "xy", b""), of(&a, "x", b"z")] {
            assert_ne!(of(&a, "x", b"y"), other);
        }
        assert_eq!(format!("{a:?}"), "Key(..)");
    }

    #[test]
    fn zero_stays_zero() {
        let key = Key::new([1; 32]);
        let (mut none, mut some) = ([0; 24], [7; 24]);
        key.blur("lm", &mut none);
        key.blur("lm", &mut some);
        assert_eq!(none, [0; 24]);
        assert!(some != [7; 24] && some != [0; 24]);
    }
}
