//! One direction of a call: which keys fit, and the packets that they open.

use super::Inside;
use super::Unfit;
use super::candidates;
use super::candidates::Candidate;
use super::unpacker;
use super::unpacker::Packed;
use super::unpacker::Unpacker;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::crypto::secret::Secrets;
use crate::inside::mppe::Closed;
use crate::inside::mppe::Mode;
use crate::inside::trial;
use crate::inside::trial::Verdict;
use crate::model::call::Call;
use crate::model::negotiation::Mppe;
use crate::model::negotiation::Side;
use crate::model::traffic::Defects;
use crate::wire::ppp;

/// A frame that came out.
#[derive(Debug)]
pub(super) struct Plain {
    pub(super) mark: Mark,
    /// Protocol field and information.
    pub(super) frame: Vec<u8>,
    pub(super) verdict: Verdict,
    /// A later packet, or a copy of this one, came out before.
    pub(super) late: bool,
}

/// The state of one direction.
#[derive(Debug, Default)]
pub(super) struct Way {
    phase: Phase,
    /// What was known when the phase began: CCP packets, Responses.
    known: Option<(u64, usize)>,
    restarts: u8,
    /// Nonsense in a row although the key was proven.
    nonsense: u32,
}

#[derive(Debug, Default)]
enum Phase {
    /// Nothing to open with so far.
    #[default]
    Waiting,
    Trial {
        candidates: Vec<Candidate>,
        /// Packets on which they were tried.
        tried: u32,
    },
    Keyed {
        key: Box<Candidate>,
        /// Opens the same packets, and starts over in another way.
        twin: Option<Box<Candidate>>,
    },
    Packed(Unpacker),
    /// Given up.
    Shut,
}

impl Way {
    /// Begins anew where CCP has opened again or a Response came that was not known.
    pub(super) fn refresh(&mut self, call: &Call, dir: Dir, secrets: &Secrets) {
        let Some(known) = knowledge(call, dir) else { return };
        let settled = matches!(self.phase, Phase::Keyed { .. } | Phase::Packed(_));
        match self.known {
            Some(before) if before.0 == known.0 && (settled || before.1 == known.1) => {}
            _ => {
                self.known = Some(known);
                self.begin(call, dir, secrets);
            }
        }
    }

    fn begin(&mut self, call: &Call, dir: Dir, secrets: &Secrets) {
        if self.restarts >= limits::KEY_RESTARTS {
            return;
        }
        self.restarts += u8::from(!matches!(self.phase, Phase::Waiting | Phase::Shut));
        self.nonsense = 0;
        if let Some(unpacker) = Unpacker::agreed(call, dir) {
            self.phase = Phase::Packed(unpacker);
            return;
        }
        // What a side may send is what the other asked to receive (RFC 1962 §4.1).
        let agreed = Side::mppe_of(&call.ccp.side(dir.flip()).agreed).filter(|m| m.encrypts());
        // Where the capture lacks the Configure-Ack, everything is tried.
        if agreed.is_none() && call.ccp.side(dir.flip()).acked.is_some() {
            return;
        }
        let before = std::mem::take(&mut self.phase);
        let fresh = candidates::all(call, dir, agreed.map(alone), secrets);
        if fresh.is_empty() {
            self.phase = before;
            return;
        }
        let mut candidates = Vec::with_capacity(fresh.len() + 1);
        // A repeated Configure-Request need not have changed anything.
        if let Phase::Keyed { key, .. } = before {
            candidates.push(Candidate { run: 0, plausible: 0, ..*key });
        }
        candidates.extend(fresh);
        self.phase = Phase::Trial { candidates, tried: 0 };
    }

    /// Opens what stands behind protocol 00FD.
    pub(super) fn open(&mut self, payload: &[u8], mark: Mark, facts: &mut Inside) -> Vec<Plain> {
        match &mut self.phase {
            Phase::Waiting => {
                facts.closed += 1;
                Vec::new()
            }
            Phase::Shut => Vec::new(),
            Phase::Packed(unpacker) => match unpacker.open(payload) {
                Ok(frame) => {
                    facts.lost_sync.regain(mark);
                    vec![Plain::new(mark, frame, false)]
                }
                Err(e) => {
                    failed(facts, mark, e);
                    Vec::new()
                }
            },
            Phase::Trial { .. } => self.try_all(payload, mark, facts),
            Phase::Keyed { .. } => self.open_keyed(payload, mark, facts).into_iter().collect(),
        }
    }

    /// A frame of this direction that was not packed.
    pub(super) fn beside(&mut self, frame: ppp::Frame<'_>) {
        if let Phase::Packed(unpacker) = &mut self.phase {
            unpacker.beside(frame);
        }
    }

    /// A CCP Reset-Ack of this direction's sender.
    pub(super) fn reset(&mut self) {
        if let Phase::Packed(unpacker) = &mut self.phase {
            unpacker.reset();
        }
    }

    fn try_all(&mut self, payload: &[u8], mark: Mark, facts: &mut Inside) -> Vec<Plain> {
        let Phase::Trial { candidates, tried } = &mut self.phase else { return Vec::new() };
        let mut opened = false;
        let mut best = None;
        for (n, candidate) in candidates.iter_mut().enumerate() {
            let verdict = match candidate.decryptor.open(payload) {
                Ok(plain) => {
                    let plain = Plain::new(mark, plain.frame, plain.late);
                    let verdict = plain.verdict;
                    if verdict > Verdict::Implausible && candidate.held.len() < limits::KEY_HELD {
                        candidate.held.push(plain);
                    }
                    verdict
                }
                Err(Closed::Mppc(_)) => Verdict::Implausible,
                Err(_) => continue,
            };
            opened = true;
            let plausible = verdict > Verdict::Implausible;
            candidate.run = if plausible { candidate.run + 1 } else { 0 };
            candidate.plausible += u32::from(plausible);
            let proven = verdict == Verdict::Proven;
            if best.is_none() && (proven || candidate.run >= ENOUGH) {
                best = Some((n, proven));
            }
        }
        if let Some((n, proven)) = best {
            return self.keep(n, proven, mark, facts);
        }
        if !opened {
            facts.lost_sync.lose(mark, false);
            return Vec::new();
        }
        *tried += 1;
        let plausible = candidates.iter().map(|c| c.plausible).max().unwrap_or_default();
        let unfit = facts.unfit.get_or_insert(Unfit { first: mark, tried: 0, plausible });
        unfit.tried += 1;
        unfit.plausible = plausible;
        if *tried >= limits::KEY_TRIALS {
            self.phase = Phase::Shut;
        }
        Vec::new()
    }

    /// One key has shown itself to be right.
    fn keep(&mut self, n: usize, proven: bool, mark: Mark, facts: &mut Inside) -> Vec<Plain> {
        let Phase::Trial { mut candidates, .. } = std::mem::take(&mut self.phase) else {
            return Vec::new();
        };
        let twin = candidates.iter().enumerate().position(|(m, c)| {
            m > n && c.run > 0 && candidates.get(n).is_some_and(|k| c.is_twin(k))
        });
        let twin = twin.map(|m| Box::new(candidates.swap_remove(m)));
        if n >= candidates.len() {
            return Vec::new();
        }
        let mut key = Box::new(candidates.swap_remove(n));
        key.by.proven_at = mark;
        key.by.by_checksum = proven;
        if facts.keyed_by.is_none_or(|by| by.response != key.by.response) {
            facts.keyed_by = Some(key.by);
        }
        facts.bits = key.config.strength.bits();
        facts.stateless = key.config.mode == Mode::Stateless;
        facts.unfit = None;
        self.nonsense = 0;
        let held = std::mem::take(&mut key.held);
        self.phase = Phase::Keyed { key, twin };
        held
    }

    fn open_keyed(&mut self, payload: &[u8], mark: Mark, facts: &mut Inside) -> Option<Plain> {
        let Phase::Keyed { key, twin } = &mut self.phase else { return None };
        let opened = key.decryptor.open(payload);
        let mut plain = opened.map(|p| Plain::new(mark, p.frame, p.late));
        if let Some(other) = twin {
            let theirs = other.decryptor.open(payload).map(|p| Plain::new(mark, p.frame, p.late));
            let proves = |p: &Result<Plain, Closed>| p.as_ref().map(|p| p.verdict).ok();
            match (proves(&plain), proves(&theirs)) {
                (Some(Verdict::Proven), Some(Verdict::Implausible)) => *twin = None,
                (Some(Verdict::Implausible) | None, Some(Verdict::Proven)) => {
                    let by = key.by;
                    std::mem::swap(key, other);
                    key.by = by;
                    *twin = None;
                    plain = theirs;
                }
                _ => {}
            }
        }
        match plain {
            Ok(plain) if plain.verdict == Verdict::Implausible => {
                facts.nonsense += 1;
                self.nonsense += 1;
                if self.nonsense >= ASTRAY {
                    // Something else keys it now: what is known is looked at afresh.
                    self.known = None;
                }
                None
            }
            Ok(plain) => {
                self.nonsense = 0;
                facts.lost_sync.regain(mark);
                Some(plain)
            }
            Err(e) => {
                match e {
                    Closed::LostSync { .. } => failed(facts, mark, Packed::LostSync),
                    Closed::AwaitsFlush => failed(facts, mark, Packed::AwaitsReset),
                    Closed::Mppc(e) => failed(facts, mark, unpacker::of_mppc(e)),
                    _ => {}
                }
                None
            }
        }
    }
}

impl Plain {
    fn new(mark: Mark, frame: Vec<u8>, late: bool) -> Self {
        Self { mark, verdict: trial::frame(&frame), frame, late }
    }
}

fn failed(facts: &mut Inside, mark: Mark, why: Packed) {
    match why {
        Packed::LostSync => facts.lost_sync.lose(mark, true),
        Packed::AwaitsReset => facts.lost_sync.lose(mark, false),
        Packed::Bomb => {
            facts.unpack_errors += 1;
            Defects::count(&mut facts.bombs, mark);
        }
        Packed::Bad => facts.unpack_errors += 1,
    }
}

/// CCP packets and Responses so far; `None` while CCP is being negotiated anew.
fn knowledge(call: &Call, dir: Dir) -> Option<(u64, usize)> {
    let receiver = call.ccp.side(dir.flip());
    if receiver.acked.is_some() && receiver.asked_since_ack > 0 {
        return None;
    }
    let sides = call.ccp.sides.iter();
    let ccp = sides.map(|s| u64::from(s.request_count) + u64::from(s.answer_count)).sum();
    Some((ccp, call.attempts.iter().map(|a| a.responses.len()).sum()))
}

/// Of several key lengths the strongest is used.
fn alone(bits: Mppe) -> Mppe {
    let strongest = bits.strongest();
    Mppe {
        bits_128: strongest == Some(128),
        bits_56: strongest == Some(56),
        bits_40: strongest == Some(40),
        ..bits
    }
}

/// So many plausible frames in a row are no chance: noise passes once in forty times.
const ENOUGH: u32 = 6;
/// Nonsense in a row that damage does not explain.
const ASTRAY: u32 = 24;
