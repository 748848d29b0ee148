//! Call messages and GRE call ids → calls.

use std::net::IpAddr;

use super::Builder;
use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::flow::ConnectionId;
use crate::model::SWAPPED;
use crate::model::call::Call;
use crate::model::call::CallReply;
use crate::model::table::CallRef;
use crate::wire::pptp::Message;

impl Builder {
    /// Messages about one call.
    pub(super) fn call_message(
        &mut self,
        id: ConnectionId,
        dir: Dir,
        m: Mark,
        message: &Message<'_>,
    ) {
        let Some(conversation) = self.table.by_connection(&id) else { return };
        let Some(open) = self.open.get_mut(conversation) else { return };
        let c = &mut open.conversation;
        match *message {
            Message::OutgoingRequest(ref q) => {
                let mut call =
                    Call { client_call_id: Some(q.call_id), request: Some(m), ..Call::default() };
                call.gre[Dir::ToClient.index()].window.size = Some(q.window);
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
                let open = self.open.get_mut(conversation);
                let calls = open.into_iter().flat_map(|o| &mut o.conversation.calls);
                for call in calls.filter(|k| k.reply.is_some_and(|k| k.mark == m)) {
                    call.gre[Dir::ToServer.index()].window.size = Some(r.window);
                }
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

    pub(super) fn add_call(&mut self, conversation: u32, mut call: Call, mark: Mark) -> Option<u8> {
        let open = self.open.get_mut(conversation)?;
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
        // A capture may have the reply before its request, or the first GRE of the call.
        let greeted = c.connection().and_then(|k| k.start_request.as_ref()).map(|r| r.mark.frame);
        let early = c.calls.iter().rposition(|k| {
            let gre = k.gre.iter().filter_map(|g| g.first).min_by_key(|m| m.frame);
            let began = match k.reply {
                Some(reply) if k.client_call_id == call.client_call_id => Some(reply.mark),
                // GRE from before this connection is that of another call.
                None if k.client_call_id.is_none() => {
                    gre.filter(|m| greeted.is_some_and(|g| g < m.frame))
                }
                _ => None,
            };
            k.request.is_none() && began.is_some_and(|m| mark.at - m.at < SWAPPED)
        });
        if let Some(at) = early.filter(|_| call.request.is_some()) {
            let known = c.calls.get_mut(at)?;
            known.request = call.request;
            let [_, to_client] = call.gre;
            known.gre[Dir::ToClient.index()].window.size = to_client.window.size;
            let index = u8::try_from(at).ok()?;
            self.meet(conversation, call.client_call_id, mark);
            if let Some(id) = call.client_call_id {
                self.learn(conversation, index, Dir::ToClient, id);
            }
            return Some(index);
        }
        if c.calls.len() >= limits::CALLS {
            if !c.limits_reached.contains(&TOO_MANY_CALLS) {
                c.limits_reached.push(TOO_MANY_CALLS);
            }
            return None;
        }
        if self.lean {
            call.series.turn_off();
        }
        let (client, server) = (call.client_call_id, call.server_call_id);
        let requested = call.request.is_some();
        c.calls.push(call);
        c.touch(mark);
        let index = u8::try_from(c.calls.len() - 1).ok()?;
        if requested {
            self.meet(conversation, client, mark);
        }
        if let Some(id) = client {
            self.learn(conversation, index, Dir::ToClient, id);
        }
        if let Some(id) = server {
            self.learn(conversation, index, Dir::ToServer, id);
        }
        Some(index)
    }

    /// Notes which call the packets of one direction with this call id belong to.
    pub(super) fn learn(&mut self, conversation: u32, index: u8, dir: Dir, id: u16) {
        let Some(open) = self.open.get_mut(conversation) else { return };
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
    pub(super) fn reply(
        &mut self,
        conversation: u32,
        mut reply: CallReply,
        asked: u16,
        given: u16,
    ) {
        let Some(open) = self.open.get_mut(conversation) else { return };
        let c = &mut open.conversation;
        let matching =
            c.calls.iter().rposition(|k| k.client_call_id == Some(asked) && k.reply.is_none());
        let waiting = c.calls.iter().rposition(|k| k.reply.is_none());
        reply.mismatch = matching.is_none() && waiting.is_some();
        let index = if let Some(at) = matching.or(waiting) {
            u8::try_from(at).ok()
        } else {
            let call = Call { client_call_id: Some(asked), ..Call::default() };
            self.add_call(conversation, call, reply.mark)
        };
        let Some(index) = index else { return };
        if let Some(open) = self.open.get_mut(conversation)
            && let Some(call) = open.conversation.calls.get_mut(usize::from(index))
        {
            call.reply = Some(reply);
        }
        if reply.result == 1 {
            self.learn(conversation, index, Dir::ToServer, given);
        }
    }

    /// The call of a GRE packet whose id is new; begins a conversation where none fits.
    pub(super) fn find_call(
        &mut self,
        src: IpAddr,
        dst: IpAddr,
        call_id: u16,
        mark: Mark,
    ) -> Option<CallRef> {
        let between: Vec<u32> = self.table.between(src, dst).collect();
        for &conversation in &between {
            let Some(open) = self.open.get(conversation) else { continue };
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
        if let Some(&conversation) = between.first() {
            self.stray(conversation, src, call_id, mark);
            self.wrong_host(src, dst, call_id, mark);
            return None;
        }
        if self.wrong_source(src, dst, call_id, mark) {
            return None;
        }
        let (client, server) = (Endpoint { addr: src, port: 0 }, Endpoint { addr: dst, port: 0 });
        let conversation = self.start(client, server, mark, false);
        let index = self.add_call(conversation, Call::default(), mark)?;
        self.learn(conversation, index, Dir::ToServer, call_id);
        self.table.by_call(dst, src, call_id)
    }

    pub(super) fn stray(&mut self, conversation: u32, src: IpAddr, call_id: u16, mark: Mark) {
        let Some(open) = self.open.get_mut(conversation) else { return };
        let c = &mut open.conversation;
        let dir = if c.client.endpoint.addr == src { Dir::ToServer } else { Dir::ToClient };
        self.visibility.gre[dir.index()] = true;
        if let Some(s) = c.stray_gre.iter_mut().find(|s| s.0 == call_id && s.1 == dir) {
            s.3 += 1;
        } else if c.stray_gre.len() < STRAYS_KEPT {
            c.stray_gre.push((call_id, dir, mark, 1));
        }
    }
}

/// Bounds of the small lists of one conversation.
const LINK_INFO_KEPT: usize = 16;
const STRAYS_KEPT: usize = 16;

const TOO_MANY_CALLS: &str = "more calls than are followed: the later ones are left out";
