//! What can befall one frame of a capture: lost, doubled, out of order, cut, damaged; and a capture that
//! ends behind it.

use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;

use pptp_diag::base::time::Span;
use pptp_diag::base::time::Timestamp;

use super::frames::Captured;

/// One change of one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mutation {
    /// The capture does not hold it.
    Drop,
    /// It stands there twice, the second time at once.
    Twice,
    /// It comes again behind the next few frames.
    Again,
    /// It changes places with the next frame, as if it had been overtaken: times stay in order.
    Swap,
    /// It is overtaken by the next few frames.
    Late,
    /// It stands behind the next few frames with its own time: several buffers were written to one file.
    Misfiled,
    /// The capture holds only the start of it; the number chooses how much.
    Cut(u8),
    /// Octets differ; the number chooses which.
    Damage(u8),
    /// The capture ends behind it.
    End,
}

impl Mutation {
    /// Every change of a frame that is tried.
    pub const ALL: &[Self] = &[
        Self::Drop,
        Self::Twice,
        Self::Again,
        Self::Swap,
        Self::Late,
        Self::Misfiled,
        Self::Cut(0),
        Self::Cut(1),
        Self::Cut(2),
        Self::Damage(0),
        Self::Damage(1),
        Self::Damage(2),
        Self::Damage(3),
        Self::Damage(4),
        Self::End,
    ];

    /// Without the number.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Twice => "twice",
            Self::Again => "again",
            Self::Swap => "swap",
            Self::Late => "late",
            Self::Misfiled => "misfiled",
            Self::Cut(_) => "cut",
            Self::Damage(_) => "damage",
            Self::End => "end",
        }
    }

    /// Whether every packet is still there, whole and for the first time in its place or nearly so.
    pub const fn keeps_all(self) -> bool {
        matches!(self, Self::Twice | Self::Again | Self::Swap | Self::Late | Self::Misfiled)
    }

    /// By how much time the frames change places at most.
    pub fn moves(self, frames: &[Captured], n: usize, name: &str) -> Span {
        let to = match self {
            Self::Swap => n + 1,
            Self::Again | Self::Late | Self::Misfiled => {
                behind(frames, n, &mut Seed::new((name, n, self.kind())))
            }
            _ => n,
        };
        frames.get(to).map_or(Span::ZERO, |f| (f.at - frames[n].at).abs())
    }

    /// The frames with frame `n` (from 0) changed; `None` where that changes nothing.
    pub fn of<'a>(self, frames: &'a [Captured], n: usize, name: &str) -> Option<Frames<'a>> {
        let mut out: Frames<'a> = frames.iter().map(Cow::Borrowed).collect();
        let mut seed = Seed::new((name, n, self.kind()));
        let behind = behind(frames, n, &mut seed);
        match self {
            Self::Drop => drop(out.remove(n)),
            Self::Twice => out.insert(n + 1, at(&frames[n], soon(frames[n].at))),
            Self::Again => out.insert(behind + 1, at(&frames[n], soon(frames[behind].at))),
            Self::Swap if n + 1 < frames.len() => move_to(&mut out, frames, n, n + 1),
            Self::Late if n + 2 < frames.len() => move_to(&mut out, frames, n, behind),
            Self::Misfiled if n + 1 < frames.len() => {
                let moved = out.remove(n);
                out.insert(behind, moved);
            }
            Self::Cut(which) => {
                let keep = cut_at(frames[n].data.len(), which, &mut seed)?;
                out[n].to_mut().data.truncate(keep);
            }
            Self::Damage(which) => {
                let mut seed = Seed::new((name, n, which));
                damage(&mut out[n].to_mut().data, which, &mut seed)?;
            }
            Self::End if n + 1 < frames.len() => out.truncate(n + 1),
            _ => return None,
        }
        Some(out)
    }
}

/// A place behind the next few frames.
fn behind(frames: &[Captured], n: usize, seed: &mut Seed) -> usize {
    (n + 2 + seed.below(3)).min(frames.len() - 1)
}

/// Frames of which most are those of the recording.
pub type Frames<'a> = Vec<Cow<'a, Captured>>;

/// The same frame at another time.
fn at(frame: &Captured, at: Timestamp) -> Cow<'static, Captured> {
    Cow::Owned(Captured { at, ..frame.clone() })
}

fn soon(t: Timestamp) -> Timestamp {
    t + Span(20_000)
}

/// Moves frame `n` to place `to` while the times of the places stay.
fn move_to(out: &mut Frames<'_>, frames: &[Captured], n: usize, to: usize) {
    let moved = out.remove(n);
    out.insert(to, moved);
    for i in n..=to {
        let time = frames[i].at;
        out[i].to_mut().at = time;
    }
}

/// In the headers, in what they carry, one octet short.
fn cut_at(len: usize, which: u8, seed: &mut Seed) -> Option<usize> {
    let keep = match which {
        0 => seed.below(len.min(HEADERS)),
        1 => HEADERS + seed.below(len.checked_sub(HEADERS + 1)?),
        _ => len.checked_sub(1)?,
    };
    (keep < len).then_some(keep)
}

/// One bit anywhere, a few octets of the headers, or of what they carry.
fn damage(data: &mut [u8], which: u8, seed: &mut Seed) -> Option<()> {
    let (from, to) = match which {
        0 | 1 => (0, data.len()),
        2 => (ADDRESSES.min(data.len()), HEADERS.min(data.len())),
        _ => (HEADERS.min(data.len()), data.len()),
    };
    if from == to {
        return None;
    }
    let place = from + seed.below(to - from);
    if which == 0 || which == 3 {
        data[place] ^= 1 << seed.below(8);
    } else {
        let octets = seed.next().to_be_bytes();
        let run = 1 + seed.below(4);
        data[place..].iter_mut().zip(octets).take(run).for_each(|(old, new)| *old = new);
    }
    Some(())
}

/// Ethernet addresses: damage there means nothing.
const ADDRESSES: usize = 12;
/// Ethernet, IPv4 and most of TCP, or enhanced GRE: what stands before a message.
const HEADERS: usize = 46;

/// Numbers that follow from what they are for.
pub struct Seed(u64);

impl Seed {
    pub fn new(of: impl std::hash::Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        of.hash(&mut hasher);
        Self(hasher.finish())
    }

    /// The next number (SplitMix64).
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, 0 where there is none.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap()
    }
}
