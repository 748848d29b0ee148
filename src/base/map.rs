//! The hash map for every packet's look-ups: a faster hash than the standard library's, with a random key for
//! each run, so that nobody can prepare keys that all fall together. Its order is never used: what is told
//! must not depend on that key.

use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::hash::Hash;

/// A map with that hash.
pub type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

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
