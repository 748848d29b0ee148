//! Log-ons of one client at one server that belong together though each dialled anew (`faults.md` §2, E:
//! "episode"): the second try that worked tells what was wrong with the first one.
//!
//! A conversation with a refused log-on therefore waits, within bounds, until the tries that may follow it
//! are known.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::net::IpAddr;

use super::auth::Attempt;
use super::auth::Verdict;
use super::conversation::Conversation;
use super::logon;
use super::logon::Logon;
use super::proof::Passwords;
use super::proof::Probe;
use crate::base::addr::Dir;
use crate::base::limits;
use crate::base::time::Span;
use crate::base::time::Timestamp;

/// Conversations that wait, and the log-ons of late.
#[derive(Debug, Default)]
pub(super) struct Episodes {
    waiting: VecDeque<Conversation>,
    logons: BTreeMap<Pair, VecDeque<Remembered>>,
    count: usize,
}

/// Client and server.
type Pair = (IpAddr, IpAddr);

#[derive(Clone, Debug)]
struct Remembered {
    logon: Logon,
    probe: Probe,
}

impl Episodes {
    /// Takes a conversation that is over; gives back what needs not wait, or no longer.
    pub(super) fn admit(
        &mut self,
        c: Conversation,
        passwords: &Passwords,
    ) -> impl Iterator<Item = Conversation> + use<> {
        self.remember(&c);
        let mut free = None;
        if refused(&c).next().is_none() {
            free = Some(c);
        } else {
            self.waiting.push_back(c);
            if self.waiting.len() > limits::EPISODES_WAITING {
                free = self.waiting.pop_front();
                if let Some(oldest) = &mut free {
                    self.complete(oldest, &[], passwords);
                }
            }
        }
        free.into_iter()
    }

    /// Gives back the conversations whose time is over at `now`, or all; `open`: those that still go on.
    pub(super) fn release<'c>(
        &mut self,
        now: Option<Timestamp>,
        open: impl Iterator<Item = &'c Conversation>,
        passwords: &Passwords,
    ) -> Vec<Conversation> {
        let due = |c: &Conversation| now.is_none_or(|now| now - c.ended.at > WITHIN);
        if !self.waiting.iter().any(due) {
            return Vec::new();
        }
        let current: Vec<(Pair, Remembered)> =
            open.flat_map(|c| remembered(c).map(|l| (pair(c), l)).collect::<Vec<_>>()).collect();
        let (mut over, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(due);
        self.waiting = rest.into();
        for c in &mut over {
            self.complete(c, &current, passwords);
        }
        if let Some(now) = now {
            self.forget(now);
        }
        over
    }

    /// The conversations that wait.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Conversation> {
        self.waiting.iter()
    }

    fn remember(&mut self, c: &Conversation) {
        for logon in remembered(c) {
            if self.count >= limits::EPISODE_LOGONS {
                self.logons.clear();
                self.count = 0;
            }
            let list = self.logons.entry(pair(c)).or_default();
            if list.is_empty() {
                // Most have one.
                list.reserve_exact(1);
            }
            list.push_back(logon);
            self.count += 1;
        }
    }

    fn forget(&mut self, now: Timestamp) {
        self.logons.retain(|_, list| {
            list.retain(|l| now - l.logon.verdict.at <= REMEMBERED);
            !list.is_empty()
        });
        self.count = self.logons.values().map(VecDeque::len).sum();
    }

    /// Tells a conversation what happened around it.
    fn complete(
        &self,
        c: &mut Conversation,
        current: &[(Pair, Remembered)],
        passwords: &Passwords,
    ) {
        let here = pair(c);
        let classes: Vec<u32> = refused(c)
            .flat_map(|(a, _)| a.proof.password_class.iter().flatten().copied())
            .collect();
        let past = self.logons.get(&here).into_iter().flatten();
        let present = current.iter().filter(|(p, _)| *p == here).map(|(_, l)| l);
        let near = |l: &&Remembered| {
            l.logon.conversation.frame != c.started.frame
                && refused(c)
                    .any(|(_, v)| (l.logon.verdict.at - v.mark.at).0.saturating_abs() <= WITHIN.0)
        };
        let mut found: Vec<Logon> = past
            .chain(present)
            .filter(near)
            .take(limits::ELSEWHERE_KEPT)
            .map(|l| {
                let mut known = l.logon.clone();
                if known.password_class.is_none() {
                    known.password_class = passwords.class_of(&l.probe, &classes);
                }
                let fits = known.password_class.is_some_and(|class| classes.contains(&class));
                known.other_password = !classes.is_empty() && !fits && !l.probe.is_empty();
                known
            })
            .collect();
        found.sort_by_key(|e| e.verdict.frame);
        c.elsewhere = found;
    }
}

fn pair(c: &Conversation) -> Pair {
    (c.client.endpoint.addr, c.server.endpoint.addr)
}

/// Authentications of the client that ended in a refusal.
fn refused(c: &Conversation) -> impl Iterator<Item = (&Attempt, &Verdict)> {
    let attempts = c.calls.iter().flat_map(|k| &k.attempts);
    attempts.filter(|a| a.toward == Dir::ToClient).filter_map(|a| Some((a, a.failure()?)))
}

fn remembered(c: &Conversation) -> impl Iterator<Item = Remembered> {
    logon::all(c)
        .map(|(logon, attempt, index)| Remembered { probe: Probe::new(attempt, index), logon })
}

/// Tries that belong together (`faults.md` §2).
const WITHIN: Span = Span::from_secs(600);
/// A log-on is wanted by conversations that wait, which began before it or after it.
const REMEMBERED: Span = Span::from_secs(3600);
