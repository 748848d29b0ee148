//! Multilink fragments (RFC 1990) put together to the frames they were.
//!
//! ```text
//! |B|E|0 0 0 0 0 0|    sequence number, 24 bits   |    long form
//! |B|E|0 0|  sequence number, 12 bits  |               short form, LCP option 18
//! ```
//!
//! Every link carries its fragments in rising order, so a number below the newest of all links is lost
//! (§4.1). Fragments that were overtaken within a link come too late.

use std::collections::BTreeMap;

use crate::base::limits;

/// Form of the header, as LCP agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Four octets, numbers of 24 bits.
    Long,
    /// Two octets, numbers of 12 bits.
    Short,
}

/// Why a fragment is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MultilinkError {
    /// The fragment ends inside its header.
    #[error("the fragment ends inside its header")]
    Truncated,
    /// Its place has been given up or filled: it comes too late, or again.
    #[error("the fragment comes too late or again")]
    Stale,
    /// More links than a bundle is taken to have.
    #[error("more links than a bundle has")]
    TooManyLinks,
}

/// The fragments of one direction of one bundle.
#[derive(Clone, Debug)]
pub struct Reassembler {
    format: Format,
    /// The newest number of each link seen so far.
    links: BTreeMap<u8, u64>,
    /// By number, counted on beyond the wrap.
    held: BTreeMap<u64, Fragment>,
    octets: usize,
    /// Everything below is delivered or given up.
    next: Option<u64>,
    lost: u64,
    discarded: u64,
}

#[derive(Clone, Debug)]
struct Fragment {
    begins: bool,
    ends: bool,
    data: Vec<u8>,
}

impl Reassembler {
    /// The state after LCP opened on the first link.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self {
            format,
            links: BTreeMap::new(),
            held: BTreeMap::new(),
            octets: 0,
            next: None,
            lost: 0,
            discarded: 0,
        }
    }

    /// Takes the information of a frame of protocol 003D that came on `link` (any number that tells the
    /// links apart). Gives the frames that it completes, in order: protocol field and information.
    pub fn push(&mut self, link: u8, information: &[u8]) -> Result<Vec<Vec<u8>>, MultilinkError> {
        let (fragment, number) = self.parse(information).ok_or(MultilinkError::Truncated)?;
        if !self.links.contains_key(&link) && self.links.len() >= limits::MULTILINK_LINKS {
            return Err(MultilinkError::TooManyLinks);
        }
        let number = self.unwrapped(number);
        if self.next.is_some_and(|next| number < next) || self.held.contains_key(&number) {
            self.discarded += 1;
            return Err(MultilinkError::Stale);
        }
        let newest = self.links.entry(link).or_default();
        *newest = number.max(*newest);
        self.next.get_or_insert(number);
        self.octets += fragment.data.len();
        self.held.insert(number, fragment);
        let mut frames = Vec::new();
        self.drain(&mut frames);
        while self.held.len() > limits::MULTILINK_FRAGMENTS
            || self.octets > limits::MULTILINK_OCTETS
        {
            self.give_up_first();
            self.drain(&mut frames);
        }
        Ok(frames)
    }

    /// Numbers that never came.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Fragments that came in vain: others of their frame are missing, or they came too late.
    #[must_use]
    pub const fn discarded(&self) -> u64 {
        self.discarded
    }

    fn parse(&self, information: &[u8]) -> Option<(Fragment, u32)> {
        let (flags, number, data) = match (self.format, information) {
            (Format::Long, [flags, a, b, c, data @ ..]) => {
                (flags, u32::from_be_bytes([0, *a, *b, *c]), data)
            }
            (Format::Short, [flags, low, data @ ..]) => {
                (flags, u32::from_be_bytes([0, 0, flags & 0x0F, *low]), data)
            }
            _ => return None,
        };
        let (begins, ends) = (flags & BEGINS != 0, flags & ENDS != 0);
        Some((Fragment { begins, ends, data: data.to_vec() }, number))
    }

    /// The number counted on beyond the wrap: the one that is nearest to the newest.
    fn unwrapped(&self, number: u32) -> u64 {
        let modulus: u64 = match self.format {
            Format::Long => 1 << 24,
            Format::Short => 1 << 12,
        };
        let number = u64::from(number);
        let Some(newest) = self.links.values().max() else {
            // Room below for a fragment that the first one overtook.
            return modulus + number;
        };
        let ahead = number.wrapping_sub(*newest) & (modulus - 1);
        if ahead < modulus / 2 { newest + ahead } else { newest.saturating_sub(modulus - ahead) }
    }

    /// Delivers and gives up whatever can be decided.
    fn drain(&mut self, frames: &mut Vec<Vec<u8>>) {
        // Up to here every link has come.
        let reached = self.links.values().min().copied().unwrap_or_default();
        while let (Some(next), Some((&first, fragment))) = (self.next, self.held.first_key_value())
        {
            if first > next {
                // What all links are beyond will not come any more.
                let passed = reached.min(first);
                if passed <= next {
                    return;
                }
                self.lost += passed - next;
                self.next = Some(passed);
            } else if !fragment.begins {
                self.give_up_first();
            } else {
                match self.run() {
                    Run::Whole(end) => frames.push(self.take_through(end)),
                    Run::Open(end) if reached <= end => return,
                    Run::Broken(end) | Run::Open(end) => {
                        for _ in first..=end {
                            self.give_up_first();
                        }
                    }
                }
            }
        }
    }

    /// How far the frame at the front goes without a gap.
    fn run(&self) -> Run {
        let mut end = None;
        for (&number, fragment) in &self.held {
            match end {
                Some(end) if number != end + 1 => return Run::Open(end),
                Some(end) if fragment.begins => return Run::Broken(end),
                _ if fragment.ends => return Run::Whole(number),
                _ => end = Some(number),
            }
        }
        Run::Open(end.unwrap_or_default())
    }

    fn take_through(&mut self, end: u64) -> Vec<u8> {
        let rest = self.held.split_off(&(end + 1));
        let run = std::mem::replace(&mut self.held, rest);
        self.next = Some(end + 1);
        let frame: Vec<u8> = run.into_values().flat_map(|fragment| fragment.data).collect();
        self.octets -= frame.len();
        frame
    }

    fn give_up_first(&mut self) {
        if let Some((number, fragment)) = self.held.pop_first() {
            self.octets -= fragment.data.len();
            self.lost += number.saturating_sub(self.next.unwrap_or(number));
            self.discarded += 1;
            self.next = Some(number + 1);
        }
    }
}

/// The fragments at the front without a gap, up to the number given.
enum Run {
    /// A frame from beginning to end.
    Whole(u64),
    /// Another frame begins before this one ended.
    Broken(u64),
    /// The rest is not there yet.
    Open(u64),
}

const BEGINS: u8 = 0x80;
const ENDS: u8 = 0x40;

#[cfg(test)]
mod tests;
