//! The hash map for every packet's look-ups: a faster hash than the standard library's, with a random key for
//! each run, so that nobody can prepare keys that all fall together. Its order is never used: what is told
//! must not depend on that key.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::hash::Hash;
use std::hash::Hasher;

/// A map with that hash.
pub type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A map whose keys are prints of that hash already.
pub type PrintMap<V> = HashMap<u64, V, std::hash::BuildHasherDefault<AsItIs>>;

/// Makes prints: numbers that differ where values differ, but for one chance in 2⁶⁴.
#[derive(Clone, Debug, Default)]
pub struct Printer(foldhash::quality::RandomState);

impl Printer {
    /// The print of a value; another run gives another one.
    #[must_use]
    pub fn print(&self, value: &impl Hash) -> u64 {
        self.0.hash_one(value)
    }
}

/// Takes a print for its own hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = self.0.rotate_left(8) ^ u64::from(*octet);
        }
    }

    fn write_u64(&mut self, print: u64) {
        self.0 = print;
    }
}
