//! The only writer of the model: takes what `flow` delivers and keeps conversations.

mod calls;
mod closing;
mod connection;
mod errors;
mod inside;
mod neighbours;
mod open;

use std::collections::VecDeque;

use super::control::ControlConnection;
use super::control::Foreign;
use super::conversation::Conversation;
use super::conversation::Visibility;
use super::episode::Episodes;
use super::event::Event;
use super::event::Kind;
use super::event::Words;
use super::gre;
use super::ppp;
use super::proof::Passwords;
use super::table::CallRef;
use super::table::Table;
use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::crypto::secret::Secrets;
use crate::crypto::tail::Searches;
use crate::flow::ConnectionId;
use crate::flow::GrePacket;
use crate::flow::Item;
use crate::flow::Seen;
use crate::flow::checksum::Trust;
use crate::model::gre_order::Order;

/// An open conversation and what only the builder needs of it.
#[derive(Debug)]
struct Open {
    conversation: Conversation,
    connections: Vec<ConnectionId>,
    call_ids: Vec<u16>,
    /// Its control connection is closed: it only waits for what comes late.
    lingers: bool,
}

/// Builds conversations; bounded by [`limits`].
#[derive(Debug)]
pub struct Builder {
    open: open::Conversations,
    table: Table,
    closed: VecDeque<Conversation>,
    /// Open conversations whose control connection is closed, in that order.
    lingering: VecDeque<u32>,
    tombs: closing::Tombs,
    finishing: bool,
    lean: bool,
    passwords: Passwords,
    episodes: Episodes,
    tunnels: inside::Tunnels,
    next_id: u32,
    visibility: Visibility,
    /// In the checksums of the segments that were taken.
    trust: Trust,
    events: usize,
    swept: Timestamp,
    evicted: u64,
}

impl Builder {
    /// A builder that tests Responses against `secrets`, and searches for hash tails where `searches` does not know
    /// them.
    #[must_use]
    pub fn new(secrets: Secrets, searches: Searches) -> Self {
        Self {
            open: open::Conversations::default(),
            table: Table::default(),
            closed: VecDeque::new(),
            lingering: VecDeque::new(),
            tombs: closing::Tombs::default(),
            finishing: false,
            lean: false,
            passwords: Passwords::new(secrets, searches),
            episodes: Episodes::default(),
            tunnels: inside::Tunnels::default(),
            next_id: 1,
            visibility: Visibility::default(),
            trust: Trust::default(),
            events: 0,
            swept: Timestamp::default(),
            evicted: 0,
        }
    }

    /// Whether calls are to go without their [`Series`](super::series::Series).
    pub fn be_lean(&mut self, lean: bool) {
        self.lean = lean;
    }

    /// Conversations closed early because too many were open.
    #[must_use]
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Takes note of the time of any frame, also of those that do not matter; closes what has ended.
    #[inline]
    pub fn tick(&mut self, now: Timestamp) {
        self.visibility.until = self.visibility.until.max(now);
        if now - self.swept >= closing::SWEEP {
            // As of a round time: so frames that do not matter change nothing, and an extract without them says the same.
            self.sweep(now.round_down(closing::SWEEP));
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
            Item::Filled { connection, seen, octets, .. } => {
                if let Some(k) = self.connection(connection, mark(seen)) {
                    k.missing = k.missing.saturating_sub(u64::from(octets));
                }
            }
            Item::Damaged { connection, dir, seen } => {
                let (label, said) = ("damaged TCP segment", "its checksum is wrong");
                self.note_on(connection, mark(seen), dir, Kind::Tcp, label, said.into());
            }
            Item::Gre(gre) => self.gre(gre),
            Item::Icmp { from, to, seen, ref error } => self.icmp(from, to, mark(seen), error),
        }
    }

    fn gre(&mut self, gre: &GrePacket<'_>) {
        let GrePacket { src, dst, ref packet, cut, .. } = *gre;
        let known = self.table.by_call(dst, src, packet.call_id);
        let Some(to) = known.or_else(|| self.begin_call(gre)) else { return };
        let Some(open) = self.open.get_mut(to.conversation) else { return };
        self.visibility.gre[to.dir.index()] = true;
        let c = &mut open.conversation;
        let mark = mark(gre.seen);
        c.touch(mark);
        let Some(call) = c.calls.get_mut(usize::from(to.call)) else { return };
        let order = gre::count(call, to.dir, gre);
        if packet.payload.is_empty() {
            return;
        }
        let verdict = ppp::observe(c, to.call, to.dir, mark, packet, cut, &mut self.events);
        self.orient(to.conversation, to.dir, verdict);
        if !self.passwords.secrets.is_empty() {
            // The direction may just have been turned.
            let to = self.table.by_call(dst, src, packet.call_id).unwrap_or(to);
            let order = matches!(order, Order::Ahead { .. } | Order::Late { .. });
            self.look_inside(to, mark, packet.payload, order, cut);
        }
    }

    /// A packet with damaged addresses must not begin a conversation of its own.
    #[cold]
    fn begin_call(&mut self, gre: &GrePacket<'_>) -> Option<CallRef> {
        let GrePacket { src, dst, packet, seen, .. } = *gre;
        if gre.damaged { None } else { self.find_call(src, dst, packet.call_id, mark(seen)) }
    }

    fn start(&mut self, client: Endpoint, server: Endpoint, mark: Mark, oriented: bool) -> u32 {
        if self.open.len() >= limits::CONVERSATIONS {
            self.evict(closing::TOO_MANY_OPEN);
        }
        let id = self.next_id;
        self.next_id += 1;
        let conversation = Conversation::new(id, client, server, mark, oriented);
        let open =
            Open { conversation, connections: Vec::new(), call_ids: Vec::new(), lingers: false };
        self.open.add(id, open);
        self.table.add_pair(client.addr, server.addr, id);
        id
    }

    /// The control connection of a segment, found or begun.
    fn begin(&mut self, id: ConnectionId, mark: Mark) -> Option<&mut ControlConnection> {
        if self.table.by_connection(&id).is_none() {
            self.place(id, mark);
        }
        self.connection(id, mark)
    }

    /// The control connection of what came in segments. What is given up late, when nobody fills the gap
    /// before it, must not begin a conversation behind the end of its own.
    fn connection(&mut self, id: ConnectionId, mark: Mark) -> Option<&mut ControlConnection> {
        let conversation = self.table.by_connection(&id)?;
        let open = self.open.get_mut(conversation)?;
        open.conversation.touch(mark);
        let at = open.connections.iter().position(|k| *k == id)?;
        open.conversation.control.get_mut(at)
    }

    /// Finds the conversation that a new TCP connection belongs to: one whose client tries again right
    /// after it was turned away, one that began as GRE alone, or a new one.
    fn place(&mut self, id: ConnectionId, mark: Mark) -> u32 {
        let newest = self.table.between(id.client.addr, id.server.addr).next();
        let newest = newest.and_then(|c| self.open.get(c)).map(|o| &o.conversation);
        let again = newest.filter(|c| is_retry(c, id, mark)).map(|c| c.id);
        let alone = newest.filter(|c| c.control.is_empty()).map(|c| c.id);
        let conversation = match again.or(alone) {
            Some(c) => c,
            None => self.start(id.client, id.server, mark, true),
        };
        if alone.is_some() {
            let wrong = self
                .open
                .get(conversation)
                .is_some_and(|o| o.conversation.client.endpoint.addr != id.client.addr);
            if wrong {
                self.flip(conversation);
            }
        }
        if let Some(open) = self.open.get_mut(conversation) {
            push_first(&mut open.connections, id);
            open.conversation.control.push(ControlConnection::new(id.client, id.server));
            open.conversation.client.endpoint = id.client;
            open.conversation.server.endpoint = id.server;
            open.conversation.oriented = true;
        }
        self.table.add_connection(id, conversation);
        conversation
    }

    fn flip(&mut self, conversation: u32) {
        let Some(open) = self.open.get_mut(conversation) else { return };
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
        let Some(open) = self.open.get_mut(conversation) else { return };
        if open.conversation.oriented {
            return;
        }
        open.conversation.oriented = true;
        if from_server != (dir == Dir::ToClient) {
            self.flip(conversation);
        }
    }

    /// The conversations that go on, with the facts that are taken as packets come: no stage, no outcome. One
    /// of which nothing was seen but a segment that may be damaged is not told until it is over.
    pub fn open(&self) -> impl Iterator<Item = &Conversation> {
        self.open.iter().map(|(_, o)| &o.conversation).filter(|c| !c.is_doubtful())
    }

    /// An open conversation as it would be if the capture ended now.
    pub fn glimpse(&mut self, id: u32) -> Option<Conversation> {
        let mut c = self.open.get(id)?.conversation.clone();
        self.settle(&mut c);
        Some(c)
    }

    /// Lets a run without an end search for a few more hash tails.
    pub fn replenish(&mut self) {
        self.passwords.replenish();
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
pub(super) fn note(c: &mut Conversation, event: Event, words: Words<'_>, total: &mut usize) {
    if *total >= limits::TIMELINE_TOTAL {
        c.events_dropped += 1;
    } else if c.note(event, words) {
        *total += 1;
    }
}

/// Adds to a list that mostly stays with one item; a vector would take room for four at once.
pub(super) fn push_first<T>(list: &mut Vec<T>, item: T) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
    list.push(item);
}

/// Widens a (first, lowest, highest) triple.
pub(super) fn widen(range: &mut Option<(u8, u8, u8)>, value: u8) {
    *range =
        Some(range.map_or((value, value, value), |(f, lo, hi)| (f, lo.min(value), hi.max(value))));
}

fn mark(seen: Seen) -> Mark {
    Mark { at: seen.at, frame: seen.frame }
}

/// A new connection within this time of a refusal is the same try of the same user.
const RETRY: Span = Span::from_secs(10);
/// Control connections of one conversation.
const RETRIES_KEPT: usize = 16;
