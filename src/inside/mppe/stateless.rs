//! Stateless mode (RFC 3078 §8.1): every packet has a key of its own.

use std::collections::VecDeque;

use super::{Closed, HALF, Header, History, Plain, Verdict, count_of, minus, trial, unseal};
use crate::base::limits;
use crate::crypto::mppe::{KeyChain, SessionKey, StartKey, Strength};

/// The newest key, and those before it.
#[derive(Clone, Debug)]
pub(super) struct Stateless {
    chain: KeyChain,
    /// Count of the packet that the chain's key belongs to.
    newest: u16,
    /// Whether any packet was opened: before, no count can be behind.
    begun: bool,
    /// Keys of the newest counts, the oldest first.
    recent: VecDeque<(u16, SessionKey)>,
    /// Key changes that may still be made.
    credit: u32,
}

impl Stateless {
    pub(super) fn new(start: &StartKey, strength: Strength) -> Self {
        Self {
            chain: KeyChain::new(start, strength),
            newest: minus(0, 1),
            begun: false,
            recent: VecDeque::new(),
            credit: limits::MPPE_STEPS,
        }
    }

    /// Goes over packets that the capture does not hold.
    pub(super) fn skip(&mut self, packets: u32) {
        for _ in 0..packets {
            self.chain.advance();
        }
        self.newest = count_of(u32::from(self.newest).wrapping_add(packets));
    }

    pub(super) fn open(&mut self, header: Header, body: &[u8]) -> Result<Plain, Closed> {
        self.credit = (self.credit + limits::MPPE_STEPS_PER_PACKET).min(limits::MPPE_STEPS);
        let Header { count, .. } = header;
        let ahead = minus(count, self.newest);
        if let Some((_, key)) = self.recent.iter().find(|(known, _)| *known == count) {
            let frame = unpack(key, header, body)?;
            return Ok(Plain { frame, count, late: true });
        }
        let frame = if !self.begun || usize::from(ahead) <= limits::MPPE_KEYS {
            self.step_to(ahead)?;
            unpack(self.chain.key(), header, body)
        } else {
            Ok(self.leap(ahead, header, body)?)
        };
        self.begun = true;
        Ok(Plain { frame: frame?, count, late: false })
    }

    /// A step so long that a damaged count, or a packet far behind, is the likelier explanation: taken
    /// only if what comes out tells that the key is right.
    fn leap(&mut self, ahead: u16, header: Header, body: &[u8]) -> Result<Vec<u8>, Closed> {
        let (enough, refusal) = if ahead > HALF {
            (Verdict::Proven, Closed::Stale { behind: minus(0, ahead) })
        } else {
            (Verdict::Plausible, Closed::Astray { ahead })
        };
        let mut there = self.clone();
        let opened = there.step_to(ahead).ok().and_then(|()| {
            unpack(there.chain.key(), header, body)
                .ok()
                .filter(|frame| trial::frame(frame) >= enough)
        });
        self.credit = there.credit;
        let frame = opened.ok_or(refusal)?;
        *self = there;
        Ok(frame)
    }

    fn step_to(&mut self, ahead: u16) -> Result<(), Closed> {
        // Before the first packet a whole round is possible: the count before 0 is 4095.
        let steps = if ahead == 0 { u32::from(super::COUNT) + 1 } else { u32::from(ahead) };
        self.credit = self.credit.checked_sub(steps).ok_or(Closed::Astray { ahead })?;
        for _ in 0..steps {
            self.chain.advance();
            self.newest = count_of(u32::from(self.newest) + 1);
            if self.recent.len() == limits::MPPE_KEYS {
                self.recent.pop_front();
            }
            self.recent.push_back((self.newest, self.chain.key().clone()));
        }
        Ok(())
    }
}

/// Nothing of the packets before is needed: MPPC starts over with each packet too.
fn unpack(key: &SessionKey, header: Header, body: &[u8]) -> Result<Vec<u8>, Closed> {
    Ok(unseal(&mut key.cipher(), &mut History::default(), header, body)?)
}
