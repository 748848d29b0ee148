//! Two captures of one conversation, taken at different points, seen as one (`faults.md` E7): then loss,
//! direction and crossing order are certain, not inferred.
//!
//! Views are recognised by what only one conversation can hold: the client's initial TCP sequence number,
//! random LCP magic numbers, Challenge values. NATs leave these alone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use super::call::Call;
use super::conversation::Conversation;
use super::event::Event;
use super::negotiation::Opt;
use super::point::Place;
use crate::base::addr::Dir;
use crate::base::time::Span;

/// The same conversation captured elsewhere.
#[derive(Clone, Debug)]
pub struct View {
    /// What was captured there.
    pub conversation: Box<Conversation>,
    /// That clock minus this one, where packets in both directions tell.
    pub clock_offset: Option<Span>,
    /// Numbered GRE packets of each direction that passed the sender's side and not the receiver's.
    /// `None` where the two views do not lie on both sides.
    pub lost: [Option<u64>; 2],
}

impl Conversation {
    /// The view taken nearest to the side that sends in this direction: this one, or another.
    #[must_use]
    pub fn view_at(&self, sender_of: Dir) -> Option<&Self> {
        if self.point.is_at(sender_of) {
            return Some(self);
        }
        self.views.iter().map(|v| &*v.conversation).find(|c| c.point.is_at(sender_of))
    }

    /// Whether both ends' sides were captured.
    #[must_use]
    pub fn seen_from_both_sides(&self) -> bool {
        self.view_at(Dir::ToServer).is_some() && self.view_at(Dir::ToClient).is_some()
    }
}

/// Joins the conversations of several capture points: each list is one point's. Conversations that more
/// than one point saw become one, with the others as its views; the rest stay as they are.
#[must_use]
pub fn join(points: Vec<Vec<Conversation>>) -> Vec<Conversation> {
    let mut joined: Vec<(BTreeSet<Key>, Conversation)> = Vec::new();
    for conversations in points {
        let known = joined.len();
        for c in conversations {
            let keys = keys(&c);
            let same = joined.iter_mut().take(known).find(|(k, _)| !k.is_disjoint(&keys));
            match same {
                Some((k, one)) => {
                    k.extend(keys);
                    add(one, c);
                }
                None => joined.push((keys, c)),
            }
        }
    }
    let mut out: Vec<Conversation> = joined.into_iter().map(|(_, c)| c).collect();
    out.sort_by_key(|c| (c.started.at, c.started.frame));
    for (n, c) in out.iter_mut().enumerate() {
        c.id = u32::try_from(n + 1).unwrap_or(u32::MAX);
    }
    out
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Initial(u32, u16),
    Magic(u32),
    Challenge(Box<[u8]>),
    /// Server and both call ids, of a tunnel whose set-up was not captured.
    Tunnel(IpAddr, u16, u16),
}

fn keys(c: &Conversation) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    for k in &c.control {
        keys.extend(k.initial.map(|i| Key::Initial(i, k.server.port)));
    }
    for call in &c.calls {
        let requests = call.lcp.sides.iter().flat_map(|s| &s.requests).flat_map(|r| &r.options);
        keys.extend(requests.filter_map(|o| match o {
            Opt::Magic(m) if *m != 0 => Some(Key::Magic(*m)),
            _ => None,
        }));
        if let (false, Some(own), Some(peer)) =
            (call.lcp.any(), call.client_call_id, call.server_call_id)
        {
            keys.insert(Key::Tunnel(c.server.endpoint.addr, own, peer));
        }
        let challenges = call.attempts.iter().flat_map(|a| &a.challenges);
        keys.extend(
            challenges.filter(|c| c.value.len() >= 8).map(|c| Key::Challenge(c.value.clone())),
        );
    }
    keys
}

/// Puts `other` beside `one`. The view from the client's side leads, since the report speaks of what its
/// user saw; else the one that saw more.
fn add(one: &mut Conversation, mut other: Conversation) {
    let leads = |c: &Conversation| (c.point.place == Place::Client, c.timeline.len());
    if leads(&other) > leads(one) {
        std::mem::swap(one, &mut other);
        one.views = std::mem::take(&mut other.views);
    }
    let clock_offset = clock_offset(one, &other);
    let lost = Dir::BOTH.map(|dir| lost(one, &other, dir));
    one.views.push(View { conversation: Box::new(other), clock_offset, lost });
}

/// Events of one direction that stand once in each view: what is repeated could be paired wrongly where
/// one of the repetitions was lost.
fn pairs<'a>(a: &'a Conversation, b: &'a Conversation, dir: Dir) -> Vec<(&'a Event, &'a Event)> {
    let (a, b) = (once(a, dir), once(b, dir));
    a.into_iter().filter_map(|(what, x)| Some((x?, (*b.get(&what)?)?))).collect()
}

/// Events of one direction by what they say; `None` for what is said more than once.
fn once(c: &Conversation, dir: Dir) -> BTreeMap<(&str, Cow<'_, str>), Option<&Event>> {
    let mut by_words = BTreeMap::new();
    for e in c.timeline.iter().filter(|e| e.dir == dir) {
        let said = (e.label, c.timeline.words(e));
        by_words.entry(said).and_modify(|seen| *seen = None).or_insert(Some(e));
    }
    by_words
}

/// Half the difference of the shortest trips each way: the path is taken to be equally long both ways.
fn clock_offset(a: &Conversation, b: &Conversation) -> Option<Span> {
    let [there, back] =
        Dir::BOTH.map(|dir| pairs(a, b, dir).iter().map(|(x, y)| y.mark.at - x.mark.at).min());
    let (there, back) = (there?, back?);
    Some(Span(there.0.saturating_add(back.0) / 2))
}

/// Packets of one direction that are missing at the receiver's side.
fn lost(a: &Conversation, b: &Conversation, dir: Dir) -> Option<u64> {
    let sender = [a, b].into_iter().find(|c| c.point.is_at(dir))?;
    let receiver = [a, b].into_iter().find(|c| c.point.is_at(dir.flip()))?;
    let numbered = |c: &Conversation| -> u64 {
        c.calls
            .iter()
            .map(|k: &Call| k.gre[dir.index()].packets - k.gre[dir.index()].acks_only)
            .sum()
    };
    Some(numbered(sender).saturating_sub(numbered(receiver)))
}
