//! The only writer of the model: takes what `flow` delivers and keeps conversations.

mod calls;
mod connection;
mod errors;
mod inside;
mod neighbours;

use std::collections::BTreeMap;
use std::collections::VecDeque;

use super::control::ControlConnection;
use super::control::Foreign;
use super::conversation::Conversation;
use super::conversation::Visibility;
use super::episode::Episodes;
use super::event::Event;
use super::fingerprint;
use super::gre;
use super::point;
use super::ppp;
use super::progress;
use super::proof::Passwords;
use super::table::Table;
use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::crypto::secret::Secrets;
use crate::flow::ConnectionId;
use crate::flow::Item;
use crate::flow::Seen;
use crate::flow::gre_order::Order;

/// An open conversation and what only the builder needs of it.
#[derive(Debug)]
struct Open {
    conversation: Conversation,
    connections: Vec<ConnectionId>,
    call_ids: Vec<u16>,
}

/// Builds conversations; bounded by [`limits`].
#[derive(Debug)]
pub struct Builder {
    open: BTreeMap<u32, Open>,
    table: Table,
    closed: VecDeque<Conversation>,
    passwords: Passwords,
    episodes: Episodes,
    tunnels: inside::Tunnels,
    next_id: u32,
    visibility: Visibility,
    events: usize,
    swept: Timestamp,
    evicted: u64,
}

impl Builder {
    /// A builder that tests Responses against `secrets`.
    #[must_use]
    pub fn new(secrets: Secrets) -> Self {
        Self {
            open: BTreeMap::new(),
            table: Table::default(),
            closed: VecDeque::new(),
            passwords: Passwords::new(secrets),
            episodes: Episodes::default(),
            tunnels: inside::Tunnels::default(),
            next_id: 1,
            visibility: Visibility::default(),
            events: 0,
            swept: Timestamp::default(),
            evicted: 0,
        }
    }

    /// Conversations closed early because too many were open.
    #[must_use]
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Takes note of the time of any frame, also of those that do not matter; closes what has ended.
    pub fn tick(&mut self, now: Timestamp) {
        self.visibility.until = self.visibility.until.max(now);
        if now - self.swept >= SWEEP {
            self.swept = now;
            self.sweep(now);
        }
    }

    /// Takes one item.
    pub fn observe(&mut self, item: &Item<'_>) {
        match *item {
            Item::Segment(ref segment) => self.segment(segment),
            Item::Message { connection, dir, seen, bytes, cut } => {
                self.message(connection, dir, seen, bytes, cut);
            }
            Item::Foreign { connection, dir, seen, bytes, at_start } => {
                let mark = mark(seen);
                if let Some(k) = self.connection(connection, mark)
                    && k.foreign.is_none()
                {
                    k.foreign = Some(Foreign { mark, dir, octets: bytes.into(), at_start });
                }
            }
            Item::Gap { connection, seen, missing, .. } => {
                if let Some(k) = self.connection(connection, mark(seen)) {
                    k.missing += u64::from(missing);
                }
            }
            Item::Gre { src, dst, seen, packet, order, cut, fragments, damaged } => {
                // A packet with damaged addresses must not begin a conversation of its own.
                let known = self.table.by_call(dst, src, packet.call_id);
                let found = known.or_else(|| {
                    if damaged {
                        None
                    } else {
                        self.find_call(src, dst, packet.call_id, mark(seen))
                    }
                });
                let Some(to) = found else { return };
                let Some(open) = self.open.get_mut(&to.conversation) else { return };
                self.visibility.gre[to.dir.index()] = true;
                let c = &mut open.conversation;
                c.touch(mark(seen));
                let Some(call) = c.calls.get_mut(usize::from(to.call)) else { return };
                gre::checksum(call, to.dir, seen, damaged);
                gre::count(call, to.dir, seen, &packet, order, cut, fragments);
                let verdict = if packet.payload.is_empty() {
                    ppp::Orientation::None
                } else {
                    ppp::observe(c, to.call, to.dir, mark(seen), &packet, cut, &mut self.events)
                };
                self.orient(to.conversation, to.dir, verdict);
                if !self.passwords.secrets.is_empty() && !packet.payload.is_empty() {
                    // The direction may just have been turned.
                    let to = self.table.by_call(dst, src, packet.call_id).unwrap_or(to);
                    let order = matches!(order, Order::Ahead { .. } | Order::Late { .. });
                    self.look_inside(to, mark(seen), packet.payload, order, cut);
                }
            }
            Item::Icmp { from, to, seen, ref error } => self.icmp(from, to, mark(seen), error),
        }
    }

    /// Conversations that were closed since the last call, oldest first.
    pub fn drain_closed(&mut self) -> impl Iterator<Item = Conversation> + '_ {
        self.closed.drain(..)
    }

    /// The first of them alone.
    pub fn pop_closed(&mut self) -> Option<Conversation> {
        self.closed.pop_front()
    }

    /// Conversations that are over and wait for the next tries of their clients.
    pub fn waiting(&self) -> impl Iterator<Item = &Conversation> {
        self.episodes.waiting()
    }

    /// Ends the capture: closes all.
    pub fn finish(&mut self) {
        self.visibility.at_end = true;
        let ids: Vec<u32> = self.open.keys().copied().collect();
        for id in ids {
            self.close(id);
        }
        self.release(None);
    }

    fn start(&mut self, client: Endpoint, server: Endpoint, mark: Mark, oriented: bool) -> u32 {
        if self.open.len() >= limits::CONVERSATIONS {
            self.evict(TOO_MANY_OPEN);
        }
        let id = self.next_id;
        self.next_id += 1;
        let conversation = Conversation::new(id, client, server, mark, oriented);
        self.open.insert(id, Open { conversation, connections: Vec::new(), call_ids: Vec::new() });
        self.table.add_pair(client.addr, server.addr, id);
        id
    }

    /// The control connection of a segment or message, found or begun.
    fn connection(&mut self, id: ConnectionId, mark: Mark) -> Option<&mut ControlConnection> {
        let conversation = match self.table.by_connection(&id) {
            Some(c) => c,
            None => self.place(id, mark),
        };
        let open = self.open.get_mut(&conversation)?;
        open.conversation.touch(mark);
        let at = open.connections.iter().position(|k| *k == id)?;
        open.conversation.control.get_mut(at)
    }

    /// Finds the conversation that a new TCP connection belongs to: one whose client tries again right
    /// after it was turned away, one that began as GRE alone, or a new one.
    fn place(&mut self, id: ConnectionId, mark: Mark) -> u32 {
        let newest = self.table.between(id.client.addr, id.server.addr).next();
        let newest = newest.and_then(|c| self.open.get(&c)).map(|o| &o.conversation);
        let again = newest.filter(|c| is_retry(c, id, mark)).map(|c| c.id);
        let alone = newest.filter(|c| c.control.is_empty()).map(|c| c.id);
        let conversation = match again.or(alone) {
            Some(c) => c,
            None => self.start(id.client, id.server, mark, true),
        };
        if alone.is_some() {
            let wrong = self
                .open
                .get(&conversation)
                .is_some_and(|o| o.conversation.client.endpoint.addr != id.client.addr);
            if wrong {
                self.flip(conversation);
            }
        }
        if let Some(open) = self.open.get_mut(&conversation) {
            open.connections.push(id);
            open.conversation.control.push(ControlConnection::new(id.client, id.server));
            open.conversation.client.endpoint = id.client;
            open.conversation.server.endpoint = id.server;
            open.conversation.oriented = true;
        }
        self.table.add_connection(id, conversation);
        conversation
    }

    fn flip(&mut self, conversation: u32) {
        let Some(open) = self.open.get_mut(&conversation) else { return };
        open.conversation.flip();
        self.tunnels.flip(conversation);
        let (a, b) =
            (open.conversation.client.endpoint.addr, open.conversation.server.endpoint.addr);
        self.table.flip(conversation, a, b, &open.call_ids);
    }

    /// GRE alone is taken the wrong way round until a message tells who is who.
    fn orient(&mut self, conversation: u32, dir: Dir, verdict: ppp::Orientation) {
        let from_server = match verdict {
            ppp::Orientation::None => return,
            ppp::Orientation::SentByServer => true,
            ppp::Orientation::SentByClient => false,
        };
        let Some(open) = self.open.get_mut(&conversation) else { return };
        if open.conversation.oriented {
            return;
        }
        open.conversation.oriented = true;
        if from_server != (dir == Dir::ToClient) {
            self.flip(conversation);
        }
    }

    /// The conversations that go on, with the facts that are taken as packets come: no stage, no outcome.
    pub fn open(&self) -> impl Iterator<Item = &Conversation> {
        self.open.values().map(|o| &o.conversation)
    }

    /// An open conversation as it would be if the capture ended now.
    pub fn glimpse(&mut self, id: u32) -> Option<Conversation> {
        let mut c = self.open.get(&id)?.conversation.clone();
        self.settle(&mut c);
        Some(c)
    }

    /// Lets a run without an end search for a few more hash tails.
    pub fn replenish(&mut self) {
        self.passwords.replenish();
    }

    /// Makes room: closes the eighth of all open conversations that was silent longest, and lets go of those
    /// that wait for further tries of their clients. Returns how many are closed.
    pub fn shed(&mut self) -> usize {
        let before = self.open.len();
        self.evict(MEMORY_SHORT);
        self.release(None);
        before - self.open.len()
    }

    fn close(&mut self, id: u32) {
        let Some(open) = self.open.remove(&id) else { return };
        self.tunnels.close(id);
        let mut c = open.conversation;
        let (client, server) = (c.client.endpoint.addr, c.server.endpoint.addr);
        self.table.remove(id, client, server, &open.call_ids, &open.connections);
        self.events = self.events.saturating_sub(c.timeline.len());
        self.settle(&mut c);
        self.closed.extend(self.episodes.admit(c, &self.passwords));
    }

    /// Draws the conclusions that take all packets of a conversation.
    fn settle(&mut self, c: &mut Conversation) {
        let attempts = c.calls.iter_mut().flat_map(|k| &mut k.attempts);
        self.passwords.prove_all(attempts);
        c.visibility = self.visibility;
        c.point = point::locate(c);
        fingerprint::identify(c);
        c.stage = progress::stage(c);
        c.outcome = progress::outcome(c);
    }

    /// Closes conversations that are over: ended and quiet, or silent for hours.
    fn sweep(&mut self, now: Timestamp) {
        let over: Vec<u32> = self
            .open
            .iter()
            .filter(|(_, o)| {
                let idle = now - o.conversation.ended.at;
                let closed = o.conversation.connection().is_some_and(|k| k.closed().is_some());
                idle > if closed { LINGER } else { IDLE }
            })
            .map(|(id, _)| *id)
            .collect();
        for id in over {
            self.close(id);
        }
        self.release(Some(now));
    }

    /// Lets go of conversations that waited for further tries of their client.
    fn release(&mut self, now: Option<Timestamp>) {
        let open = self.open.values().map(|o| &o.conversation);
        self.closed.extend(self.episodes.release(now, open, &self.passwords));
    }

    /// Closes the eighth of all conversations that was silent longest, for want of what `limit` names.
    fn evict(&mut self, limit: &'static str) {
        let mut by_age: Vec<(Timestamp, u32)> =
            self.open.iter().map(|(id, o)| (o.conversation.ended.at, *id)).collect();
        by_age.sort_unstable();
        let many = by_age.len().div_ceil(8);
        for (_, id) in by_age.into_iter().take(many) {
            if let Some(o) = self.open.get_mut(&id) {
                o.conversation.limits_reached.push(limit);
            }
            self.evicted += 1;
            self.close(id);
        }
    }
}

/// Whether `id` is the client of `c` trying again within seconds of being turned away before the control
/// connection was accepted. pptp-linux does so three times.
fn is_retry(c: &Conversation, id: ConnectionId, mark: Mark) -> bool {
    let Some(k) = c.connection() else { return false };
    let turned_away =
        k.reset.is_some() || k.fins.iter().any(Option::is_some) || k.syn_ack.is_none();
    c.client.endpoint.addr == id.client.addr
        && c.server.endpoint == id.server
        && c.calls.is_empty()
        && !k.accepted()
        && k.from_start
        && turned_away
        && mark.at - c.ended.at < RETRY
        && c.control.len() < RETRIES_KEPT
}

/// Puts an event on a timeline within the bounds of the conversation and of the whole.
pub(super) fn note(c: &mut Conversation, event: Event, total: &mut usize) {
    if *total >= limits::TIMELINE_TOTAL {
        c.events_dropped += 1;
    } else if c.note(event) {
        *total += 1;
    }
}

/// Widens a (first, lowest, highest) triple.
pub(super) fn widen(range: &mut Option<(u8, u8, u8)>, value: u8) {
    *range =
        Some(range.map_or((value, value, value), |(f, lo, hi)| (f, lo.min(value), hi.max(value))));
}

fn mark(seen: Seen) -> Mark {
    Mark { at: seen.at, frame: seen.frame }
}

/// What is said of a conversation that was closed to make room.
const TOO_MANY_OPEN: &str = "closed early, because too many conversations were open at one time";
const MEMORY_SHORT: &str = "closed early, because memory ran short";
/// How often the open conversations are looked through, in capture time.
const SWEEP: Span = Span::from_secs(30);
/// A closed control connection lets late GRE and ICMP come in for this long.
const LINGER: Span = Span::from_secs(90);
/// Silence after which a conversation without an end is given up.
const IDLE: Span = Span::from_secs(4 * 3600);
/// A new connection within this time of a refusal is the same try of the same user.
const RETRY: Span = Span::from_secs(10);
/// Control connections of one conversation.
const RETRIES_KEPT: usize = 16;
