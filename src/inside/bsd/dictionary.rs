//! The dictionary of BSD-Compress, as both ends keep it in step (RFC 1977 §2, appendix A).

use std::collections::HashMap;

use super::CLEAR;

/// Strings by code: each is an earlier code and one octet.
#[derive(Clone, Debug)]
pub(super) struct Dictionary {
    /// Entries from code 257 on.
    entries: Vec<(u16, u8)>,
    /// The code of an entry: frames that were not packed are followed as their sender would pack them.
    codes: HashMap<(u16, u8), u16>,
    width: u8,
    max_width: u8,
    /// Octets in and out since the dictionary was cleared, for the ratio.
    plain: usize,
    packed: usize,
    checkpoint: usize,
    ratio: usize,
}

impl Dictionary {
    /// Empty; `None` unless the longest code has 9 to 15 bits.
    pub(super) fn new(max_width: u8) -> Option<Self> {
        (MIN_WIDTH..=MAX_WIDTH).contains(&max_width).then(|| Self {
            entries: Vec::new(),
            codes: HashMap::new(),
            width: MIN_WIDTH,
            max_width,
            plain: 0,
            packed: 0,
            checkpoint: CHECK_GAP,
            ratio: 0,
        })
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.codes.clear();
        self.width = MIN_WIDTH;
        (self.plain, self.packed, self.ratio) = (0, 0, 0);
        self.checkpoint = CHECK_GAP;
    }

    /// Bits of the next code.
    pub(super) const fn width(&self) -> u8 {
        self.width
    }

    /// Appends the string of a code; `None`, and nothing appended, for one without an entry.
    pub(super) fn spell(&self, code: u16, out: &mut Vec<u8>) -> Option<()> {
        let start = out.len();
        let mut code = code;
        // Every entry refers to an earlier one, so this ends.
        while let Some(at) = code.checked_sub(FIRST) {
            let Some((prefix, octet)) = self.entries.get(usize::from(at)) else {
                out.truncate(start);
                return None;
            };
            out.push(*octet);
            code = *prefix;
        }
        let Ok(octet) = u8::try_from(code) else {
            out.truncate(start);
            return None;
        };
        out.push(octet);
        if let Some(string) = out.get_mut(start..) {
            string.reverse();
        }
        Some(())
    }

    /// The code of a string, if it has an entry.
    pub(super) fn find(&self, prefix: u16, octet: u8) -> Option<u16> {
        self.codes.get(&(prefix, octet)).copied()
    }

    /// Whether `code` is the one that [`Self::add`] makes next.
    pub(super) fn makes(&self, code: u16) -> bool {
        !self.is_full() && usize::from(code) == usize::from(FIRST) + self.entries.len()
    }

    /// A new entry, unless the dictionary is full; the receiver widens the codes after it, since it is one
    /// entry behind the sender.
    pub(super) fn add(&mut self, prefix: u16, octet: u8) {
        if self.insert(prefix, octet) {
            self.widen();
        }
    }

    /// The same in the order of the sender, who widens the codes before.
    pub(super) fn add_as_sender(&mut self, prefix: u16, octet: u8) {
        self.widen();
        self.insert(prefix, octet);
    }

    /// Widens the codes if the newest entry is the last that they can number.
    pub(super) fn widen(&mut self) {
        if self.newest() >= largest(self.width) && !self.is_full() {
            self.width += 1;
        }
    }

    /// Counts octets of a packet before and after packing.
    pub(super) const fn account(&mut self, plain: usize, packed: usize) {
        self.plain = self.plain.saturating_add(plain);
        self.packed = self.packed.saturating_add(packed);
    }

    /// Clears a full dictionary that does its work worse than before, as the sender does after the same
    /// frame.
    pub(super) fn check(&mut self) {
        if self.plain < self.checkpoint {
            return;
        }
        if self.plain >= RATIO_MAX || self.packed >= RATIO_MAX {
            self.plain -= self.plain / 4;
            self.packed -= self.packed / 4;
        }
        self.checkpoint = self.plain + CHECK_GAP;
        if self.is_full() {
            let ratio = self.plain * RATIO_ONE / self.packed.max(1);
            if ratio < self.ratio || ratio < RATIO_ONE {
                self.clear();
            } else {
                self.ratio = ratio;
            }
        }
    }

    fn insert(&mut self, prefix: u16, octet: u8) -> bool {
        let Some(code) = u16::try_from(self.newest() + 1).ok().filter(|_| !self.is_full()) else {
            return false;
        };
        self.entries.push((prefix, octet));
        self.codes.insert((prefix, octet), code);
        true
    }

    fn is_full(&self) -> bool {
        self.newest() >= largest(self.max_width)
    }

    /// The newest code; that of clearing where there is no entry.
    fn newest(&self) -> usize {
        usize::from(CLEAR) + self.entries.len()
    }
}

/// The largest code of a width.
const fn largest(width: u8) -> usize {
    (1 << width) - 1
}

/// The first code of an entry.
const FIRST: u16 = CLEAR + 1;
const MIN_WIDTH: u8 = 9;
const MAX_WIDTH: u8 = 15;
/// Octets between two looks at the ratio.
const CHECK_GAP: usize = 10_000;
/// A ratio of one: nothing gained.
const RATIO_ONE: usize = 256;
/// Where the counts are aged.
const RATIO_MAX: usize = 0x7FFF_FFFF / RATIO_ONE;
