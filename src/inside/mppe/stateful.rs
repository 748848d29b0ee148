//! Stateful mode (RFC 3078 §8.2): RC4 runs on from packet to packet.

use super::{
    Closed, HALF, Header, History, OnFlush, Plain, Verdict, count_of, minus, trial, unseal,
};
use crate::crypto::mppe::{Cipher, KeyChain, StartKey, Strength};

/// Key, place in the key stream, and the count that comes next.
#[derive(Clone, Debug)]
pub(super) struct Stateful {
    chain: KeyChain,
    cipher: Cipher,
    history: History,
    on_flush: OnFlush,
    expected: u16,
    /// Whether any packet was opened: before, no count can be behind.
    begun: bool,
    /// A packet is missing: the place in the key stream is unknown.
    lost: bool,
}

impl Stateful {
    pub(super) fn new(start: &StartKey, strength: Strength, on_flush: OnFlush) -> Self {
        let chain = KeyChain::new(start, strength);
        Self {
            cipher: chain.key().cipher(),
            chain,
            history: History::default(),
            on_flush,
            expected: 0,
            begun: false,
            lost: false,
        }
    }

    /// Goes over packets that the capture does not hold.
    pub(super) fn skip(&mut self, packets: u32) {
        let first = u32::from(self.expected);
        for _ in 0..flags_between(first, first.saturating_add(packets)) {
            self.chain.advance();
        }
        self.expected = count_of(first.wrapping_add(packets));
        self.lost |= packets > 0;
    }

    pub(super) fn open(&mut self, header: Header, body: &[u8]) -> Result<Plain, Closed> {
        let Header { count, flushed, .. } = header;
        let ahead = minus(count, self.expected);
        let in_order = ahead == 0 && !self.lost;
        let fresh_tables = flushed || count & FLAG == FLAG;
        if self.begun && ahead >= HALF && !fresh_tables {
            return Err(Closed::Stale { behind: minus(0, ahead) });
        }
        if self.begun && ahead > NEAR && fresh_tables {
            return self.leap(ahead, header, body);
        }
        if !in_order {
            self.history.lose();
        }
        if fresh_tables {
            self.chain = self.chain_at(header);
            self.cipher = self.chain.key().cipher();
        } else if !in_order {
            let noticed = std::mem::replace(&mut self.lost, true);
            return Err(if noticed || !self.begun {
                Closed::AwaitsFlush
            } else {
                Closed::LostSync { expected: self.expected, got: count }
            });
        }
        self.move_behind(count);
        let frame = unseal(&mut self.cipher, &mut self.history, header, body)?;
        Ok(Plain { frame, count, late: false })
    }

    /// A step so long that a damaged count, or a packet far behind, is the likelier explanation: taken
    /// only if what comes out tells that the key is right.
    fn leap(&mut self, ahead: u16, header: Header, body: &[u8]) -> Result<Plain, Closed> {
        let (enough, refusal) = if ahead >= HALF {
            (Verdict::Proven, Closed::Stale { behind: minus(0, ahead) })
        } else {
            (Verdict::Plausible, Closed::Astray { ahead })
        };
        let chain = self.chain_at(header);
        let mut cipher = chain.key().cipher();
        let mut history = History::default();
        history.lose();
        let frame = unseal(&mut cipher, &mut history, header, body)
            .ok()
            .filter(|frame| trial::frame(frame) >= enough)
            .ok_or(refusal)?;
        (self.chain, self.cipher, self.history) = (chain, cipher, history);
        self.move_behind(header.count);
        Ok(Plain { frame, count: header.count, late: false })
    }

    /// The key of a packet that begins with fresh tables: all changes since the expected one, and its own.
    fn chain_at(&self, header: Header) -> KeyChain {
        let mut chain = self.chain.clone();
        let first = u32::from(self.expected);
        for _ in 0..flags_between(first, first + u32::from(minus(header.count, self.expected))) {
            chain.advance();
        }
        let is_flag = header.count & FLAG == FLAG;
        if is_flag || header.flushed && self.on_flush == OnFlush::NextKey {
            chain.advance();
        }
        chain
    }

    fn move_behind(&mut self, count: u16) {
        self.begun = true;
        self.lost = false;
        self.expected = count_of(u32::from(count) + 1);
    }
}

/// Flag packets among the counts from `first` to before `end`.
const fn flags_between(first: u32, end: u32) -> u32 {
    end / FLAGS - first / FLAGS
}

/// The end of the count that makes a packet a flag packet.
const FLAG: u16 = 0x00FF;
/// One packet in so many is a flag packet.
const FLAGS: u32 = 256;
/// Steps up to this are taken without a proof.
const NEAR: u16 = 256;
