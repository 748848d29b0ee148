//! Which conversations are over, and what is concluded of them then.

use std::collections::VecDeque;

use super::Builder;
use super::Open;
use crate::base::addr::Endpoint;
use crate::base::limits;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::flow::ConnectionId;
use crate::model::conversation::Conversation;
use crate::model::fingerprint;
use crate::model::point;
use crate::model::progress;

/// What is left of conversations whose packets may still come: these must not begin others.
#[derive(Debug, Default)]
pub(super) struct Tombs {
    /// Their control connection was closed: packets may be late.
    closed: VecDeque<Tomb>,
    /// They were closed to make room, and go on.
    evicted: VecDeque<Tomb>,
}

#[derive(Debug)]
struct Tomb {
    id: u32,
    /// From here on it is kept for as long as a conversation lingers.
    since: Timestamp,
    client: Endpoint,
    server: Endpoint,
    connections: Vec<ConnectionId>,
    call_ids: Vec<u16>,
}

impl Builder {
    /// The next conversation that is over. One at a time: they may be many, and each takes memory until it
    /// is told.
    pub fn pop_closed(&mut self) -> Option<Conversation> {
        while self.finishing && self.closed.is_empty() {
            let Some(id) = self.open.first() else {
                self.release(None);
                break;
            };
            self.close(id);
        }
        self.closed.pop_front()
    }

    /// Whether a conversation is over, or a packet came out of a tunnel, that was not taken away yet.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.closed.is_empty() || self.tunnels.has_inner()
    }

    /// Conversations that are over and wait for the next tries of their clients.
    pub fn waiting(&self) -> impl Iterator<Item = &Conversation> {
        self.episodes.waiting()
    }

    /// Ends the capture: from now on [`Builder::pop_closed`] closes what is open, too, in the order of
    /// numbers.
    pub fn finish(&mut self) {
        self.visibility.at_end = true;
        self.finishing = true;
    }

    /// Makes room: closes the eighth of all open conversations that matters least (`Builder::evict`), and
    /// lets go of those that wait for further tries of their clients. Returns how many are closed.
    pub fn shed(&mut self) -> usize {
        let before = self.open.len();
        self.evict(MEMORY_SHORT);
        self.release(None);
        // A tomb takes less than an eighth of what an open conversation takes.
        self.bury(4 * self.open.len(), 4 * self.open.len());
        before - self.open.len()
    }

    /// The control connection of a conversation was seen to close. Late GRE and ICMP still count; where
    /// very many conversations wait for such, the first of them waits no longer.
    pub(super) fn linger(&mut self, id: u32) {
        let Some(open) = self.open.get_mut(id).filter(|o| !o.lingers) else { return };
        open.lingers = true;
        self.lingering.push_back(id);
        if self.lingering.len() <= limits::LINGERING {
            return;
        }
        let Some(first) = self.lingering.pop_front() else { return };
        let Some(open) = self.open.get_mut(first) else { return };
        if !open.is_over() {
            // Its client tries again.
            open.lingers = false;
        } else if let Some(tomb) = self.conclude(first) {
            self.tombs.closed.push_back(tomb);
            self.bury(limits::TOMBS, limits::TOMBS_EVICTED);
        }
    }

    /// Lets go of all tombs but the newest of each kind.
    fn bury(&mut self, closed: usize, evicted: usize) {
        while let Some(tomb) = self.tombs.beyond(closed, evicted) {
            self.forget(&tomb);
        }
    }

    fn close(&mut self, id: u32) {
        if let Some(tomb) = self.conclude(id) {
            self.forget(&tomb);
        }
    }

    /// Nothing that comes belongs to this conversation any more.
    fn forget(&mut self, t: &Tomb) {
        self.table.remove(t.id, t.client.addr, t.server.addr, &t.call_ids, &t.connections);
    }

    fn conclude(&mut self, id: u32) -> Option<Tomb> {
        let Open { conversation: mut c, connections, call_ids, .. } = self.open.remove(id)?;
        self.tunnels.close(id);
        self.events = self.events.saturating_sub(c.timeline.len());
        let (client, server, since) = (c.client.endpoint, c.server.endpoint, c.ended.at);
        // Where damage shows itself as damage, one segment with a wrong checksum is no conversation: its
        // addresses or its ports are not those that were sent.
        if !(c.is_doubtful() && self.trust.holds()) {
            self.settle(&mut c);
            self.closed.extend(self.episodes.admit(c, &self.passwords));
        }
        Some(Tomb { id, since, client, server, connections, call_ids })
    }

    /// Draws the conclusions that take all packets of a conversation.
    pub(super) fn settle(&mut self, c: &mut Conversation) {
        let attempts = c.calls.iter_mut().flat_map(|k| &mut k.attempts);
        self.passwords.prove_all(attempts);
        c.visibility = self.visibility;
        c.point = point::locate(c);
        fingerprint::identify(c);
        c.stage = progress::stage(c);
        c.outcome = progress::outcome(c);
    }

    /// Closes conversations that are over: ended and quiet, or silent for hours.
    #[cold]
    pub(super) fn sweep(&mut self, now: Timestamp) {
        self.swept = now;
        let over: Vec<u32> = self
            .open
            .iter()
            .filter(|(_, o)| {
                now - o.conversation.ended.at > if o.is_over() { LINGER } else { IDLE }
            })
            .map(|(id, _)| id)
            .collect();
        for id in over {
            self.close(id);
        }
        self.lingering.retain(|id| self.open.holds(*id));
        while let Some(tomb) = self.tombs.older(now) {
            self.forget(&tomb);
        }
        self.release(Some(now));
    }

    /// Lets go of conversations that waited for further tries of their client.
    fn release(&mut self, now: Option<Timestamp>) {
        let open = self.open.iter().map(|(_, o)| &o.conversation);
        self.closed.extend(self.episodes.release(now, open, &self.passwords));
    }

    /// Closes an eighth of all conversations, for want of what `limit` names, of the half that was silent
    /// longest: half-open ones first, which a flood consists of, then those that only linger; of each kind
    /// what was silent longest.
    pub(super) fn evict(&mut self, limit: &'static str) {
        let mut least: Vec<(Timestamp, u32, u8)> =
            self.open.iter().map(|(id, o)| (o.conversation.ended.at, id, o.worth())).collect();
        least.sort_unstable();
        let many = least.len().div_ceil(8);
        // What was heard of lately is about to show what it is worth.
        least.truncate(least.len().div_ceil(2));
        least.sort_by_key(|(.., worth)| *worth);
        for (_, id, worth) in least.into_iter().take(many) {
            let mut over = false;
            if let Some(o) = self.open.get_mut(id) {
                o.conversation.limits_reached.push(limit);
                over = o.is_over();
            }
            self.evicted += 1;
            let Some(tomb) = self.conclude(id) else { continue };
            if worth == WORTHY || worth > 0 && over {
                // It goes on, or has late packets: these must not begin others, one after the other.
                self.tombs.evicted.push_back(Tomb { since: self.visibility.until, ..tomb });
                self.bury(limits::TOMBS, limits::TOMBS_EVICTED);
            } else {
                self.forget(&tomb);
            }
        }
    }
}

impl Tombs {
    /// Takes out the oldest of a kind of which there are more than so many.
    fn beyond(&mut self, closed: usize, evicted: usize) -> Option<Tomb> {
        let queue = match () {
            () if self.closed.len() > closed => &mut self.closed,
            () if self.evicted.len() > evicted => &mut self.evicted,
            () => return None,
        };
        queue.pop_front()
    }

    /// Takes out one that nothing belongs to any more.
    fn older(&mut self, now: Timestamp) -> Option<Tomb> {
        let is_old = |t: &Tomb| now - t.since > LINGER;
        let mut queues = [&mut self.closed, &mut self.evicted].into_iter();
        queues.find(|q| q.front().is_some_and(is_old))?.pop_front()
    }
}

impl Open {
    /// Whether the newest control connection is closed.
    fn is_over(&self) -> bool {
        self.conversation.connection().is_some_and(|k| k.closed().is_some())
    }

    /// How much would be lost with it.
    fn worth(&self) -> u8 {
        let c = &self.conversation;
        let spoke = c.control.iter().any(|k| k.start_request.is_some() || k.start_reply.is_some());
        match () {
            () if c.calls.is_empty() && !spoke => 0,
            () if self.is_over() => 1,
            // Call ids alone can be made up without an answer.
            () if !spoke && !c.both_ways() => 1,
            () => WORTHY,
        }
    }
}

/// What a conversation is worth in which both sides spoke, and which goes on.
const WORTHY: u8 = 2;
/// What is said of a conversation that was closed to make room.
pub(super) const TOO_MANY_OPEN: &str =
    "closed early, because too many conversations were open at one time";
const MEMORY_SHORT: &str = "closed early, because memory ran short";
/// How often the open conversations are looked through, in capture time.
pub(super) const SWEEP: Span = Span::from_secs(30);
/// A closed control connection lets late GRE and ICMP come in for this long.
const LINGER: Span = Span::from_secs(90);
/// Silence after which a conversation without an end is given up.
const IDLE: Span = Span::from_secs(4 * 3600);
