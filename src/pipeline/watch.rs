//! Looks at open conversations from time to time and tells what is new: for live capture, where nobody wants
//! to wait for the end.
//!
//! A conversation is looked at when something happened in it, and again as its silence grows, for silence is
//! what many faults are made of. What is told of an open conversation is what could be said if the capture
//! ended now; a finding that later packets refute is withdrawn. Whoever shows this may look as often as they
//! like: how much is done in one look is bounded.

use std::collections::BTreeMap;

use super::Analyzer;
use super::Diagnosed;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::model::control::ControlConnection;
use crate::model::conversation::Conversation;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::Rule;
use crate::rules::Severity;
use crate::rules::finding::Finding;

/// What was told of every open conversation.
#[derive(Debug, Default)]
pub struct Watch {
    told: BTreeMap<u32, Told>,
    /// The last conversation that was looked at: the next look goes on behind it.
    at: u32,
}

/// Something new about a conversation.
#[derive(Clone, Debug)]
pub enum Change {
    /// Its first packet was seen.
    Began,
    /// It came to this step.
    Reached(Stage),
    /// A finding, or the same one surer than before.
    Found(Box<Finding>),
    /// A finding that was told, so bad and so sure, does not hold any more.
    Withdrawn(&'static Rule, (Severity, Certainty)),
    /// It ended, or it is given up; what comes after is late packets.
    Ended(Outcome),
}

/// What is new about a conversation, and all that can be said of it now.
#[derive(Debug)]
pub struct News {
    /// The conversation, as if the capture ended now.
    pub now: Diagnosed,
    /// What changed, in the order in which it is best told; not empty.
    pub changes: Vec<Change>,
}

#[derive(Debug, Default)]
struct Told {
    stage: Option<Stage>,
    findings: Vec<Known>,
    ended: bool,
    /// Events and calls when it was looked at last.
    activity: u64,
    looked: Timestamp,
    due: Timestamp,
}

/// A finding that holds, or held.
#[derive(Debug)]
struct Known {
    rule: &'static Rule,
    /// Since when it holds; `None`: it does not.
    since: Option<Timestamp>,
    /// How bad and how sure it was when it was told; `None`: not told, or withdrawn.
    told: Option<(Severity, Certainty)>,
    /// How often it was withdrawn: from time to time more patience is needed.
    withdrawn: u8,
}

impl Watch {
    /// Looks at the open conversations that changed or whose silence grew; `now` is capture time.
    pub fn look(&mut self, analyzer: &mut Analyzer, now: Timestamp) -> Vec<News> {
        let mut due: Vec<u32> = Vec::new();
        let mut rest: Vec<u32> = Vec::new();
        for c in analyzer.open() {
            let told = self.told.entry(c.id).or_default();
            let fresh = activity(c) != told.activity && now - told.looked >= SHORTEST;
            if fresh || now >= told.due {
                let list = if c.id > self.at { &mut due } else { &mut rest };
                list.push(c.id);
            }
        }
        due.append(&mut rest);
        due.truncate(GLIMPSES);
        if let Some(last) = due.last() {
            self.at = *last;
        }
        due.into_iter().filter_map(|id| self.glimpse(analyzer, id, now)).collect()
    }

    fn glimpse(&mut self, analyzer: &mut Analyzer, id: u32, now: Timestamp) -> Option<News> {
        let diagnosed = analyzer.glimpse(id)?;
        let told = self.told.entry(id).or_default();
        told.activity = activity(&diagnosed.conversation);
        told.looked = now;
        told.due = now + pause(&diagnosed.conversation, now);
        let ended = is_over(&diagnosed.conversation, now);
        let changes = told.changes(&diagnosed, now, ended);
        (!changes.is_empty()).then_some(News { now: diagnosed, changes })
    }

    /// Takes leave of a conversation that is closed; tells what was not told before.
    pub fn closed(&mut self, diagnosed: Diagnosed) -> News {
        let mut told = self.told.remove(&diagnosed.conversation.id).unwrap_or_default();
        let changes = told.changes(&diagnosed, diagnosed.conversation.ended.at, true);
        News { now: diagnosed, changes }
    }

    /// Whether the end of a conversation was told.
    #[must_use]
    pub fn ended(&self, id: u32) -> bool {
        self.told.get(&id).is_some_and(|t| t.ended)
    }

    /// How many open conversations have come to which step.
    #[must_use]
    pub fn stages(&self) -> BTreeMap<Stage, u64> {
        let mut stages = BTreeMap::new();
        for stage in self.told.values().filter(|t| !t.ended).filter_map(|t| t.stage) {
            *stages.entry(stage).or_default() += 1;
        }
        stages
    }
}

impl Told {
    fn changes(&mut self, diagnosed: &Diagnosed, now: Timestamp, ended: bool) -> Vec<Change> {
        let mut changes = Vec::new();
        let c = &diagnosed.conversation;
        if self.stage.is_none() {
            changes.push(Change::Began);
        }
        if self.stage.is_none_or(|before| c.stage > before) {
            if self.stage.is_some() || c.stage > Stage::Tcp {
                changes.push(Change::Reached(c.stage));
            }
            self.stage = Some(c.stage);
        }
        let findings = &diagnosed.diagnosis.findings;
        for known in &mut self.findings {
            if !findings.iter().any(|f| f.rule.id == known.rule.id) {
                known.since = None;
                if let Some(told) = known.told.take() {
                    known.withdrawn = known.withdrawn.saturating_add(1);
                    changes.push(Change::Withdrawn(known.rule, told));
                }
            }
        }
        for f in findings.iter().filter(|f| ended || worth_telling_early(f)) {
            let at = self.findings.iter().position(|k| k.rule.id == f.rule.id);
            let at = at.unwrap_or_else(|| {
                self.findings.push(Known { rule: f.rule, since: None, told: None, withdrawn: 0 });
                self.findings.len() - 1
            });
            let Some(known) = self.findings.get_mut(at) else { continue };
            let patience = Span(HOLDS.0 << (2 * known.withdrawn).min(8));
            let holds = now - *known.since.get_or_insert(now) >= patience;
            if (ended || f.explicit || holds)
                && known.told.map(|(_, sure)| sure) < Some(f.certainty)
            {
                known.told = Some((f.severity, f.certainty));
                changes.push(Change::Found(Box::new(f.clone())));
            }
        }
        if ended && !self.ended {
            changes.push(Change::Ended(diagnosed.diagnosis.outcome));
        }
        // A client that was turned away may try again at once: the same conversation goes on.
        self.ended = ended;
        changes
    }
}

/// While a conversation goes on, what is only possible may be refuted by its next packet, and advice can
/// wait.
fn worth_telling_early(f: &Finding) -> bool {
    f.severity >= Severity::Warning && f.certainty >= Certainty::Likely
}

/// Changes with everything that is worth a look at once. Data packets are not.
fn activity(c: &Conversation) -> u64 {
    let events = u64::try_from(c.timeline.len()).unwrap_or(u64::MAX).wrapping_add(c.events_dropped);
    let closed = c.connection().is_some_and(|k| k.closed().is_some());
    // Every conversation begins with something, so that one never seen differs from this.
    1 + 4 * events + 2 * u64::from(closed) + u64::from(!c.calls.is_empty())
}

/// Whether a conversation has ended, so that only late packets can come.
fn is_over(c: &Conversation, now: Timestamp) -> bool {
    c.connection().and_then(ControlConnection::closed).is_some_and(|(m, _)| now - m.at >= LATE)
}

/// How long nothing need be looked at, if nothing happens: the longer it is silent, or the longer it stands,
/// the longer.
fn pause(c: &Conversation, now: Timestamp) -> Span {
    let silent = Span((now - c.ended.at).0 / 4);
    let stands =
        if c.stage == Stage::Connected { Span((now - c.started.at).0 / 16) } else { Span(0) };
    Span(silent.0.max(stands.0).clamp(SHORTEST.0, LONGEST.0))
}

/// A conclusion from silence must outlast this: on a bad line the next packet may be a repetition.
const HOLDS: Span = Span::from_secs(5);
/// Conversations looked at in one look.
const GLIMPSES: usize = 500;
/// Packets that were under way when a conversation ended are waited for.
const LATE: Span = Span::from_secs(1);
const SHORTEST: Span = Span::from_millis(500);
const LONGEST: Span = Span::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture;
    use crate::pipeline::Options;

    /// Pushes a sample at the pace of its packets, with a look every quarter of a second.
    fn watched(name: &str) -> Vec<(u32, Change)> {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
        let mut source = capture::open(&path, 0).unwrap();
        let mut analyzer = Analyzer::new(Options::default());
        let mut watch = Watch::default();
        let mut told = Vec::new();
        let mut next = None;
        let mut tell = |news: News| {
            let id = news.now.conversation.id;
            told.extend(news.changes.into_iter().map(|c| (id, c)));
        };
        let step = Span::from_millis(250);
        while let Some(frame) = source.next_frame().unwrap() {
            let mut now: Timestamp = next.unwrap_or(frame.at);
            while now <= frame.at {
                analyzer.tick(now);
                watch.look(&mut analyzer, now).into_iter().for_each(&mut tell);
                now = now + step;
            }
            next = Some(now);
            analyzer.push(&frame);
        }
        for _ in 0..4 * 60 * 20 {
            let now = next.unwrap();
            analyzer.tick(now);
            watch.look(&mut analyzer, now).into_iter().for_each(&mut tell);
            while let Some(closed) = analyzer.pop_closed() {
                tell(watch.closed(closed));
            }
            next = Some(now + step);
        }
        assert!(watch.told.is_empty(), "every conversation is closed in the end");
        told
    }

    fn ids(told: &[(u32, Change)]) -> Vec<&'static str> {
        let found =
            |(_, c): &(u32, Change)| if let Change::Found(f) = c { Some(f.rule.id) } else { None };
        told.iter().filter_map(found).collect()
    }

    #[test]
    fn a_race_is_told_as_it_happens_and_once() {
        let told = watched("recorded-race.pcap");
        assert!(matches!(told.first(), Some((1, Change::Began))), "{told:?}");
        let stages: Vec<Stage> = told
            .iter()
            .filter_map(|(_, c)| if let Change::Reached(s) = c { Some(*s) } else { None })
            .collect();
        assert!(stages.is_sorted() && stages.contains(&Stage::Authentication), "{stages:?}");
        assert_eq!(ids(&told).iter().filter(|id| **id == "PD0002").count(), 1, "{told:?}");
        let ends = told.iter().filter(|(_, c)| matches!(c, Change::Ended(Outcome::Failed))).count();
        assert_eq!(ends, 1, "{told:?}");
        assert!(!told.iter().any(|(_, c)| matches!(c, Change::Withdrawn(..))), "{told:?}");
    }

    #[test]
    fn a_silence_is_told_while_it_lasts() {
        let told = watched("recorded-gre-blocked.pcap");
        let found =
            told.iter().position(|(_, c)| matches!(c, Change::Found(f) if f.rule.id == "PD2001"));
        let ended = told.iter().position(|(_, c)| matches!(c, Change::Ended(_)));
        assert!(found.unwrap() < ended.unwrap(), "{told:?}");
    }

    #[test]
    fn nothing_is_found_in_healthy_sessions_while_they_go_on() {
        for name in ["recorded-healthy.pcap", "recorded-slow-healthy.pcap"] {
            let told = watched(name);
            let faults = told
                .iter()
                .any(|(_, c)| matches!(c, Change::Found(f) if f.severity == Severity::Fault));
            assert!(!faults, "{name}: {told:?}");
            assert!(
                told.iter().any(|(_, c)| matches!(c, Change::Reached(Stage::Connected))),
                "{name}"
            );
        }
    }
}
