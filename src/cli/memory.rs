//! The ceiling of memory: what is in use is counted by the program's allocator.

/// How much may be used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    most: u64,
    allocated: fn() -> Option<u64>,
}

impl Memory {
    /// A ceiling in octets; `allocated` tells what is in use.
    pub(super) const fn new(most: u64, allocated: fn() -> Option<u64>) -> Self {
        Self { most, allocated }
    }

    /// Octets in use, where they are counted.
    pub(super) fn used(&self) -> Option<u64> {
        (self.allocated)()
    }

    /// Whether room must be made: what is left is for the report, for the holes between allocations, and for what
    /// the program itself takes.
    pub(super) fn is_short(&self) -> bool {
        self.used().is_some_and(|used| used > self.most / 10 * 6)
    }
}

/// Frames between two looks.
pub(super) const EVERY: usize = 4096;
/// How often room is made in one go; each closes an eighth of what is open.
pub(super) const ROUNDS: u32 = 16;
