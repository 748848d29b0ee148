//! Holes in the sequence numbers of one direction, as far as they are loss on the path and not in the
//! capture.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::traffic::Hole;

/// Loss of one direction between its sender and the capture point.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// The direction.
    pub dir: Dir,
    /// Sequence numbers from the first to the highest seen.
    pub numbers: u64,
    /// Numbers that never came, long outages left out.
    pub lost: u64,
    /// Runs of them, as far as they were kept.
    pub bursts: usize,
    /// The longest run.
    pub longest: u32,
    /// The shortest run.
    pub shortest: u32,
    /// The first run.
    pub first: Hole,
}

/// What was lost before the capture point. `None`: nothing, or the packets show that the capture dropped
/// them (E5: their receiver acknowledged them), or the point is the sender's own side, where a missing
/// number was never on the wire or never captured.
#[must_use]
pub fn before_here(c: &Conversation, call: &Call, dir: Dir) -> Option<Loss> {
    let g = &call.gre[dir.index()];
    let (low, high) = g.seqs?;
    let dropped_here = u64::from(g.acked_unseen) * 20 > g.missing;
    if c.point.is_at(dir) || g.missing == 0 || dropped_here {
        return None;
    }
    let runs = || g.holes.0.iter().filter(|h| h.length <= OUTAGE);
    let outages: u64 =
        g.holes.0.iter().filter(|h| h.length > OUTAGE).map(|h| u64::from(h.length)).sum();
    let numbers = u64::from(high.wrapping_sub(low)) + 1;
    Some(Loss {
        dir,
        numbers: numbers.saturating_sub(outages),
        lost: g.missing.saturating_sub(outages),
        bursts: runs().count(),
        longest: runs().map(|h| h.length).max()?,
        shortest: runs().map(|h| h.length).min()?,
        first: *runs().min_by_key(|h| h.after.frame)?,
    })
}

/// Whether the capture itself is known to lack packets: TCP octets that were acknowledged are missing.
#[must_use]
pub fn capture_has_gaps(c: &Conversation) -> bool {
    c.control.iter().any(|k| k.missing > 0)
}

/// Whether a packet with a payload, sent in `dir`, came after a moment: the tunnel still lived.
#[must_use]
pub fn alive_after(call: &Call, dir: Dir, moment: Mark) -> bool {
    call.gre[dir.index()].last_payload.is_some_and(|m| m.at > moment.at)
}

/// A longer run is an outage or a hole in the capture, no loss rate.
const OUTAGE: u32 = 100;
