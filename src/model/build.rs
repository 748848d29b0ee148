//! The only writer of the model: takes what `flow` delivers and keeps conversations.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::net::IpAddr;

use super::call::Call;
use super::call::CallReply;
use super::call::IcmpReport;
use super::control::ControlConnection;
use super::control::Foreign;
use super::control::Reset;
use super::control::Start;
use super::conversation::Conversation;
use super::conversation::Visibility;
use super::event::Event;
use super::event::Kind;
use super::fingerprint;
use super::gre;
use super::point;
use super::ppp;
use super::progress;
use super::proof;
use super::table::CallRef;
use super::table::Table;
use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::base::text::lossy;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::crypto::secret::Secrets;
use crate::flow::ConnectionId;
use crate::flow::Item;
use crate::flow::Seen;
use crate::flow::Segment;
use crate::wire::icmp;
use crate::wire::pptp;
use crate::wire::pptp::Message;

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
    secrets: Secrets,
    tail_budget: usize,
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
            secrets,
            tail_budget: limits::TAIL_SEARCHES,
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
                if let Some(k) = self.connection(connection, mark) {
                    if k.foreign.is_none() {
                        k.foreign = Some(Foreign { mark, dir, octets: bytes.into(), at_start });
                    }
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
                gre::count(call, to.dir, seen, &packet, order, cut, fragments);
                let verdict = if packet.payload.is_empty() {
                    ppp::Orientation::None
                } else {
                    ppp::observe(c, to.call, to.dir, mark(seen), &packet, cut, &mut self.events)
                };
                self.orient(to.conversation, to.dir, verdict);
            }
            Item::Icmp { from, to, seen, ref error } => self.icmp(from, to, mark(seen), error),
        }
    }

    /// Conversations that were closed since the last call, oldest first.
    pub fn drain_closed(&mut self) -> impl Iterator<Item = Conversation> + '_ {
        self.closed.drain(..)
    }

    /// Ends the capture: closes all.
    pub fn finish(&mut self) {
        self.visibility.at_end = true;
        let ids: Vec<u32> = self.open.keys().copied().collect();
        for id in ids {
            self.close(id);
        }
    }

    fn start(&mut self, client: Endpoint, server: Endpoint, mark: Mark, oriented: bool) -> u32 {
        if self.open.len() >= limits::CONVERSATIONS {
            self.evict();
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
        let candidates = self.table.between(id.client.addr, id.server.addr);
        let newest = candidates.last().and_then(|c| self.open.get(c)).map(|o| &o.conversation);
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

    fn segment(&mut self, s: &Segment) {
        let m = mark(s.seen);
        let Some(k) = self.connection(s.connection, m) else { return };
        let way = s.dir.index();
        widen(&mut k.ttls[way], s.seen.ttl);
        let mut event: Option<(&'static str, String)> = None;
        if s.flags.rst {
            if k.reset.is_none() {
                let after_handshake = k.established.is_some() || !k.from_start;
                k.reset = Some(Reset { mark: m, dir: s.dir, ttl: s.seen.ttl, after_handshake });
                event = Some(("TCP RST", String::new()));
            }
        } else if s.flags.syn {
            k.from_start = true;
            if s.flags.ack {
                if k.syn_ack.is_none() {
                    k.syn_ack = Some(m);
                    event = Some(("TCP SYN/ACK", String::new()));
                }
            } else {
                let again = if k.syns.is_empty() { "" } else { "again" };
                if k.syns.len() < SYNS_KEPT {
                    k.syns.push(m);
                    event = Some(("TCP SYN", again.to_owned()));
                }
            }
        } else if s.dir == Dir::ToServer && k.syn_ack.is_some() && k.established.is_none() {
            k.established = Some(m);
        } else if s.dir == Dir::ToServer
            && k.syn_ack.is_none()
            && k.established.is_none()
            && s.length > 0
        {
            // Data presumes a handshake that the capture does not show.
            k.established = Some(m);
        }
        if s.flags.fin && k.fins[way].is_none() {
            k.fins[way] = Some(m);
            event = Some(("TCP FIN", String::new()));
        }
        if s.repeated && s.length > 0 {
            let r = &mut k.repeated[way];
            r.count += 1;
            r.first.get_or_insert(m);
            r.last = Some(m);
        } else if s.length == 0 && s.flags.ack {
            k.repeated[s.dir.flip().index()] = super::control::Repeats::default();
        }
        k.last[way] = Some(m);
        if let Some((label, detail)) = event {
            self.note_on(s.connection, m, s.dir, Kind::Tcp, label, detail);
        }
    }

    fn note_on(
        &mut self,
        id: ConnectionId,
        mark: Mark,
        dir: Dir,
        kind: Kind,
        label: &'static str,
        detail: String,
    ) {
        let Some(open) = self.table.by_connection(&id).and_then(|c| self.open.get_mut(&c)) else {
            return;
        };
        let event =
            Event { mark, dir, call: None, kind, label: label.into(), detail: detail.into() };
        note(&mut open.conversation, event, &mut self.events);
    }

    fn message(&mut self, id: ConnectionId, dir: Dir, seen: Seen, bytes: &[u8], cut: bool) {
        let m = mark(seen);
        let Ok(header) = pptp::header(bytes) else { return };
        let mut padded = Vec::new();
        let whole = if cut {
            // Missing octets read as zero; what cannot be zero is not used of a cut message.
            padded.extend_from_slice(bytes);
            padded.resize(
                usize::from(pptp::fixed_length(header.control).unwrap_or(header.length))
                    .min(limits::CONTROL_MESSAGE),
                0,
            );
            &padded[..]
        } else {
            bytes
        };
        let Ok(message) = pptp::parse(whole) else {
            self.note_on(
                id,
                m,
                dir,
                Kind::Control,
                "malformed control message",
                header.control.to_string(),
            );
            return;
        };
        if self.connection(id, m).is_none() {
            return;
        }
        let label = header.control.name().unwrap_or("unknown control message");
        let detail = describe(&message);
        self.note_on(id, m, dir, Kind::Control, label, detail);
        let Some(k) = self.connection(id, m) else { return };
        match message {
            Message::StartRequest(s) => {
                k.start_request.get_or_insert_with(|| start(&s, m, cut));
            }
            Message::StartReply(s) => {
                k.start_reply.get_or_insert_with(|| start(&s, m, cut));
            }
            Message::StopRequest { reason } => {
                k.stop_request.get_or_insert((m, dir, reason));
            }
            Message::EchoRequest { identifier } => {
                let pending = &mut k.echoes_pending[dir.index()];
                if pending.len() < ECHOES_KEPT && !pending.iter().any(|(i, _)| *i == identifier) {
                    pending.push((identifier, m));
                }
            }
            Message::EchoReply { identifier, .. } => {
                k.echoes_answered += 1;
                k.echoes_pending[dir.flip().index()].retain(|(i, _)| *i != identifier);
            }
            _ => self.call_message(id, dir, m, &message),
        }
    }

    /// Messages about one call.
    fn call_message(&mut self, id: ConnectionId, dir: Dir, m: Mark, message: &Message<'_>) {
        let Some(conversation) = self.table.by_connection(&id) else { return };
        let Some(open) = self.open.get_mut(&conversation) else { return };
        let c = &mut open.conversation;
        match *message {
            Message::OutgoingRequest(ref q) => {
                let call =
                    Call { client_call_id: Some(q.call_id), request: Some(m), ..Call::default() };
                self.add_call(conversation, call, m);
            }
            Message::IncomingRequest(ref q) => {
                let call =
                    Call { server_call_id: Some(q.call_id), request: Some(m), ..Call::default() };
                self.add_call(conversation, call, m);
            }
            Message::OutgoingReply(r) => {
                let reply = CallReply {
                    mark: m,
                    result: r.result,
                    error: r.error,
                    cause: r.cause,
                    mismatch: false,
                };
                self.reply(conversation, reply, r.peer_call_id, r.call_id);
            }
            Message::IncomingReply { call_id, peer_call_id, result, error, .. } => {
                let reply = CallReply { mark: m, result, error, cause: 0, mismatch: false };
                self.reply(conversation, reply, call_id, peer_call_id);
            }
            Message::CallClear { call_id } => {
                let at = c.calls.iter().rposition(|k| k.client_call_id == Some(call_id));
                let at = at.or(c.calls.len().checked_sub(1));
                if let Some(call) = at.and_then(|i| c.calls.get_mut(i)) {
                    call.cleared.get_or_insert(m);
                }
            }
            Message::CallDisconnect { call_id, result, error, cause, .. } => {
                let at = c.calls.iter().rposition(|k| k.server_call_id == Some(call_id));
                let at = at.or(c.calls.len().checked_sub(1));
                if let Some(call) = at.and_then(|i| c.calls.get_mut(i)) {
                    let d = CallReply { mark: m, result, error, cause, mismatch: false };
                    call.disconnected.get_or_insert(d);
                }
            }
            Message::SetLinkInfo { peer_call_id, .. } => {
                if let Some(call) =
                    c.calls.last_mut().filter(|k| k.link_info.len() < LINK_INFO_KEPT)
                {
                    call.link_info.push((m, dir, peer_call_id));
                }
            }
            _ => {}
        }
    }

    fn add_call(&mut self, conversation: u32, call: Call, mark: Mark) -> Option<u8> {
        let open = self.open.get_mut(&conversation)?;
        let c = &mut open.conversation;
        // A request that the capture shows twice (mid-stream resynchronisation) is one call.
        let known = c.calls.iter().rposition(|k| {
            k.reply.is_none()
                && k.request.is_some()
                && k.client_call_id == call.client_call_id
                && call.request.is_some()
        });
        if let Some(at) = known {
            return u8::try_from(at).ok();
        }
        if c.calls.len() >= limits::CALLS {
            if !c.limits_reached.contains(&"calls") {
                c.limits_reached.push("calls");
            }
            return None;
        }
        let (client, server) = (call.client_call_id, call.server_call_id);
        c.calls.push(call);
        c.touch(mark);
        let index = u8::try_from(c.calls.len() - 1).ok()?;
        if let Some(id) = client {
            self.learn(conversation, index, Dir::ToClient, id);
        }
        if let Some(id) = server {
            self.learn(conversation, index, Dir::ToServer, id);
        }
        Some(index)
    }

    /// Notes which call the packets of one direction with this call id belong to.
    fn learn(&mut self, conversation: u32, index: u8, dir: Dir, id: u16) {
        let Some(open) = self.open.get_mut(&conversation) else { return };
        let (client, server) =
            (open.conversation.client.endpoint.addr, open.conversation.server.endpoint.addr);
        if !open.call_ids.contains(&id) {
            open.call_ids.push(id);
        }
        if let Some(call) = open.conversation.calls.get_mut(usize::from(index)) {
            match dir {
                Dir::ToServer => call.server_call_id = Some(id),
                Dir::ToClient => call.client_call_id = Some(id),
            }
        }
        let (receiver, sender) = match dir {
            Dir::ToServer => (server, client),
            Dir::ToClient => (client, server),
        };
        self.table.add_call(receiver, sender, id, CallRef { conversation, call: index, dir });
    }

    /// A call reply: `asked` is the id of the side that requested, `given` that of the side that replies.
    fn reply(&mut self, conversation: u32, mut reply: CallReply, asked: u16, given: u16) {
        let Some(open) = self.open.get_mut(&conversation) else { return };
        let c = &mut open.conversation;
        let matching =
            c.calls.iter().rposition(|k| k.client_call_id == Some(asked) && k.reply.is_none());
        let waiting = c.calls.iter().rposition(|k| k.reply.is_none());
        reply.mismatch = matching.is_none() && waiting.is_some();
        let index = match matching.or(waiting) {
            Some(at) => u8::try_from(at).ok(),
            None => {
                let call = Call { client_call_id: Some(asked), ..Call::default() };
                self.add_call(conversation, call, reply.mark)
            }
        };
        let Some(index) = index else { return };
        if let Some(open) = self.open.get_mut(&conversation) {
            if let Some(call) = open.conversation.calls.get_mut(usize::from(index)) {
                call.reply = Some(reply);
            }
        }
        if reply.result == 1 {
            self.learn(conversation, index, Dir::ToServer, given);
        }
    }

    /// The call of a GRE packet whose id is new; begins a conversation where none fits.
    fn find_call(&mut self, src: IpAddr, dst: IpAddr, call_id: u16, mark: Mark) -> Option<CallRef> {
        let between: Vec<u32> = self.table.between(src, dst).to_vec();
        for &conversation in between.iter().rev() {
            let Some(open) = self.open.get(&conversation) else { continue };
            let c = &open.conversation;
            let dir = if c.client.endpoint.addr == src { Dir::ToServer } else { Dir::ToClient };
            // A direction whose id is not known yet, because the message that gives it was not captured.
            let free = c.calls.iter().rposition(|k| match dir {
                Dir::ToServer => k.server_call_id.is_none(),
                Dir::ToClient => k.client_call_id.is_none(),
            });
            let index = match free {
                Some(at) => u8::try_from(at).ok(),
                None if c.calls.is_empty() || c.control.is_empty() => {
                    self.add_call(conversation, Call::default(), mark)
                }
                None => None,
            };
            if let Some(index) = index {
                self.learn(conversation, index, dir, call_id);
                return self.table.by_call(dst, src, call_id);
            }
        }
        if let Some(&conversation) = between.last() {
            self.stray(conversation, src, call_id, mark);
            return None;
        }
        let (client, server) = (Endpoint { addr: src, port: 0 }, Endpoint { addr: dst, port: 0 });
        let conversation = self.start(client, server, mark, false);
        let index = self.add_call(conversation, Call::default(), mark)?;
        self.learn(conversation, index, Dir::ToServer, call_id);
        self.table.by_call(dst, src, call_id)
    }

    fn stray(&mut self, conversation: u32, src: IpAddr, call_id: u16, mark: Mark) {
        let Some(open) = self.open.get_mut(&conversation) else { return };
        let c = &mut open.conversation;
        let dir = if c.client.endpoint.addr == src { Dir::ToServer } else { Dir::ToClient };
        self.visibility.gre[dir.index()] = true;
        if let Some(s) = c.stray_gre.iter_mut().find(|s| s.0 == call_id && s.1 == dir) {
            s.3 += 1;
        } else if c.stray_gre.len() < STRAYS_KEPT {
            c.stray_gre.push((call_id, dir, mark, 1));
        }
    }

    fn icmp(&mut self, from: IpAddr, to: IpAddr, m: Mark, e: &icmp::IcmpError<'_>) {
        let quoted = e.quoted;
        let meaning = icmp::meaning(e.family, e.kind, e.code);
        let refuses = match e.family {
            4 => e.kind == 3 && e.code != 4,
            _ => e.kind == 1,
        };
        let report = |about| IcmpReport {
            mark: m,
            from,
            about,
            kind: e.kind,
            code: e.code,
            meaning,
            mtu: e.mtu,
            refuses,
        };
        let found = if let Some((source, destination)) = quoted.tcp_ports() {
            let a = Endpoint { addr: quoted.src, port: source };
            let b = Endpoint { addr: quoted.dst, port: destination };
            self.table.between(quoted.src, quoted.dst).iter().rev().find_map(|id| {
                let c = &self.open.get(id)?.conversation;
                let k = c
                    .control
                    .iter()
                    .find(|k| (k.client, k.server) == (a, b) || (k.client, k.server) == (b, a))?;
                Some((*id, None, if k.client == a { Dir::ToServer } else { Dir::ToClient }))
            })
        } else if let Some(call_id) = quoted.gre_call_id() {
            self.table
                .by_call(quoted.dst, quoted.src, call_id)
                .map(|r| (r.conversation, Some(r.call), r.dir))
        } else {
            None
        };
        let Some((conversation, call, about)) = found else { return };
        let Some(open) = self.open.get_mut(&conversation) else { return };
        let c = &mut open.conversation;
        c.touch(m);
        let dir = if to == c.client.endpoint.addr { Dir::ToClient } else { Dir::ToServer };
        let what = if call.is_some() { "GRE" } else { "TCP" };
        let event = Event {
            mark: m,
            dir,
            call,
            kind: Kind::Icmp,
            label: "ICMP error".into(),
            detail: format!("{meaning} (type {} code {}) from {from} about {what}", e.kind, e.code)
                .into(),
        };
        note(c, event, &mut self.events);
        let list = match call.and_then(|i| c.calls.get_mut(usize::from(i))) {
            Some(k) => &mut k.icmp,
            None => &mut c.icmp,
        };
        if list.len() < ICMP_KEPT {
            list.push(report(about));
        }
    }

    fn close(&mut self, id: u32) {
        let Some(open) = self.open.remove(&id) else { return };
        let mut c = open.conversation;
        let (client, server) = (c.client.endpoint.addr, c.server.endpoint.addr);
        self.table.remove(id, client, server, &open.call_ids, &open.connections);
        self.events = self.events.saturating_sub(c.timeline.len());
        for attempt in c.calls.iter_mut().flat_map(|k| &mut k.attempts) {
            proof::prove(attempt, &self.secrets, &mut self.tail_budget);
        }
        c.visibility = self.visibility;
        c.point = point::locate(&c);
        fingerprint::identify(&mut c);
        c.stage = progress::stage(&c);
        c.outcome = progress::outcome(&c);
        self.closed.push_back(c);
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
    }

    /// Closes the eighth of all conversations that was silent longest.
    fn evict(&mut self) {
        let mut by_age: Vec<(Timestamp, u32)> =
            self.open.iter().map(|(id, o)| (o.conversation.ended.at, *id)).collect();
        by_age.sort_unstable();
        for (_, id) in by_age.into_iter().take(limits::CONVERSATIONS / 8) {
            if let Some(o) = self.open.get_mut(&id) {
                o.conversation.limits_reached.push("conversations");
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

fn start(s: &pptp::Start<'_>, mark: Mark, cut: bool) -> Start {
    Start {
        mark,
        version: s.version,
        result: s.result,
        error: s.error,
        framing: s.framing,
        bearer: s.bearer,
        max_channels: s.max_channels,
        firmware: s.firmware,
        host: lossy(s.host).into(),
        vendor: lossy(s.vendor).into(),
        cut,
    }
}

/// What of a control message a person wants to see.
fn describe(message: &Message<'_>) -> String {
    match message {
        Message::StartRequest(s) => {
            format!("vendor \"{}\", firmware {}", lossy(s.vendor), s.firmware)
        }
        Message::StartReply(s) => {
            format!(
                "result {}, vendor \"{}\", host \"{}\"",
                s.result,
                lossy(s.vendor),
                lossy(s.host)
            )
        }
        Message::StopRequest { reason } => format!("reason {reason}"),
        Message::StopReply { result, .. } => format!("result {result}"),
        Message::EchoRequest { identifier } => format!("id {identifier}"),
        Message::EchoReply { identifier, result, .. } => {
            format!("id {identifier}, result {result}")
        }
        Message::OutgoingRequest(q) => format!("client's call id {}", q.call_id),
        Message::OutgoingReply(r) => {
            format!("result {}, server's call id {}, for {}", r.result, r.call_id, r.peer_call_id)
        }
        Message::CallClear { call_id } => format!("call id {call_id}"),
        Message::CallDisconnect { call_id, result, error, .. } => {
            format!("call id {call_id}, result {result}, error {error}")
        }
        Message::SetLinkInfo { peer_call_id, send_accm, receive_accm } => {
            format!("call id {peer_call_id}, ACCM {send_accm:08x}/{receive_accm:08x}")
        }
        _ => String::new(),
    }
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

/// How often the open conversations are looked through, in capture time.
const SWEEP: Span = Span::from_secs(30);
/// A closed control connection lets late GRE and ICMP come in for this long.
const LINGER: Span = Span::from_secs(90);
/// Silence after which a conversation without an end is given up.
const IDLE: Span = Span::from_secs(4 * 3600);
/// A new connection within this time of a refusal is the same try of the same user.
const RETRY: Span = Span::from_secs(10);
/// Bounds of the small lists of one conversation.
const RETRIES_KEPT: usize = 16;
const SYNS_KEPT: usize = 16;
const ECHOES_KEPT: usize = 16;
const LINK_INFO_KEPT: usize = 16;
const STRAYS_KEPT: usize = 16;
const ICMP_KEPT: usize = 16;
