//! Calls that were up together, and GRE whose other end is not the peer.

use std::net::IpAddr;

use super::Builder;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::control::ControlConnection;
use crate::model::conversation::Conversation;
use crate::model::neighbours::Astray;
use crate::model::neighbours::End;
use crate::model::neighbours::Rival;

impl Builder {
    /// A call is requested in `id`: notes the calls of the same two hosts that are up, on both sides.
    pub(super) fn meet(&mut self, id: u32, client_call_id: Option<u16>, mark: Mark) {
        let Some(own) = self.open.get(id).map(|o| &o.conversation) else { return };
        let (client, server) = (own.client.endpoint, own.server.endpoint);
        let others = self.table.between(client.addr, server.addr);
        let others: Vec<u32> = others.filter(|o| *o != id).take(RIVALS).collect();
        for other in others {
            let Some(c) = self.open.get_mut(other).map(|o| &mut o.conversation) else { continue };
            if c.client.endpoint.addr != client.addr || !is_up(c) {
                continue;
            }
            let Some(call) = c.call() else { continue };
            let earlier = Rival {
                request: call.request.unwrap_or(c.started),
                port: c.client.endpoint.port,
                client_call_id: call.client_call_id,
                earlier: true,
                last: c.ended,
                carried_gre: Dir::BOTH.into_iter().all(|d| call.has_gre(d)),
            };
            let later = Rival {
                request: mark,
                port: client.port,
                client_call_id,
                earlier: false,
                last: mark,
                carried_gre: false,
            };
            if c.rivals.len() < RIVALS {
                c.rivals.push(later);
            }
            if let Some(own) = self.open.get_mut(id)
                && own.conversation.rivals.len() < RIVALS
            {
                own.conversation.rivals.push(earlier);
            }
        }
    }

    /// GRE between two hosts that have nothing else to do with one another: whether it belongs to a young
    /// call whose peer has sent none, and so comes from a wrong address.
    pub(super) fn wrong_source(&mut self, src: IpAddr, dst: IpAddr, id: u16, mark: Mark) -> bool {
        let Some(to) = self.table.by_receiver(dst, id) else { return false };
        let Some(open) = self.open.get_mut(to.conversation) else { return false };
        let c = &mut open.conversation;
        let waits = c.calls.get(usize::from(to.call)).is_some_and(|k| {
            let young = k.reply.is_some_and(|r| r.result == 1 && mark.at - r.mark.at < YOUNG);
            young && !k.has_gre(to.dir) && k.ended().is_none()
        });
        if waits {
            note(c, End::From(src), to.dir, mark);
            self.visibility.gre[to.dir.index()] = true;
        }
        waits
    }

    /// GRE of a server with an id that its receiver has not given out: whether another client has.
    pub(super) fn wrong_host(&mut self, src: IpAddr, dst: IpAddr, id: u16, mark: Mark) {
        let Some(to) = self.table.by_sender(src, id).filter(|r| r.dir == Dir::ToClient) else {
            return;
        };
        let Some(open) = self.open.get_mut(to.conversation) else { return };
        let c = &mut open.conversation;
        let call = c.calls.get(usize::from(to.call));
        if c.client.endpoint.addr != dst && call.is_some_and(Call::accepted) {
            note(c, End::To(dst), Dir::ToClient, mark);
        }
    }
}

/// Whether a call of the conversation was accepted and nothing of it has ended.
fn is_up(c: &Conversation) -> bool {
    c.call().is_some_and(|k| k.accepted() && k.ended().is_none())
        && c.connection().and_then(ControlConnection::closed).is_none()
}

fn note(c: &mut Conversation, end: End, dir: Dir, mark: Mark) {
    if let Some(a) = c.astray.iter_mut().find(|a| a.end == end && a.dir == dir) {
        a.count += 1;
    } else if c.astray.len() < ASTRAY {
        c.astray.push(Astray { end, dir, first: mark, count: 1 });
    }
}

/// Calls of the same two hosts that are looked at, and kept.
const RIVALS: usize = 8;
/// Wrong ends kept of one conversation.
const ASTRAY: usize = 4;
/// A call that waits longer for its first GRE packet does not wait for this one.
const YOUNG: Span = Span::from_secs(60);
