//! Which conversation a packet belongs to: by TCP connection, by receiver and call id, by address pair.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::base::addr::Dir;
use crate::base::addr::Tunnel;
use crate::base::limits;
use crate::base::map::Map;
use crate::flow::ConnectionId;

/// Where a call id leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallRef {
    pub(super) conversation: u32,
    pub(super) call: u8,
    pub(super) dir: Dir,
}

/// The indexes over open conversations.
#[derive(Debug, Default)]
pub(super) struct Table {
    connections: Map<ConnectionId, u32>,
    calls: Map<Tunnel, CallRef>,
    /// The newest of them by receiver and its call id, and by sender and the receiver's call id.
    receivers: Map<(IpAddr, u16), CallRef>,
    senders: Map<(IpAddr, u16), CallRef>,
    /// (lower, higher address) → conversations between the two, oldest first.
    pairs: Map<(IpAddr, IpAddr), BTreeSet<u32>>,
}

fn pair(a: IpAddr, b: IpAddr) -> (IpAddr, IpAddr) {
    if a <= b { (a, b) } else { (b, a) }
}

impl Table {
    pub(super) fn by_connection(&self, id: &ConnectionId) -> Option<u32> {
        self.connections.get(id).copied()
    }

    pub(super) fn by_call(
        &self,
        receiver: IpAddr,
        sender: IpAddr,
        call_id: u16,
    ) -> Option<CallRef> {
        self.calls.get(&Tunnel::new(sender, receiver, call_id)).copied()
    }

    /// The newest call whose `receiver` gave itself this call id, whoever the sender.
    pub(super) fn by_receiver(&self, receiver: IpAddr, call_id: u16) -> Option<CallRef> {
        self.receivers.get(&(receiver, call_id)).copied()
    }

    /// The newest call to whose other side, whoever it is, `sender` sends with this call id.
    pub(super) fn by_sender(&self, sender: IpAddr, call_id: u16) -> Option<CallRef> {
        self.senders.get(&(sender, call_id)).copied()
    }

    /// Conversations between two hosts, the newest first. Of a flood between the two only the newest count:
    /// whoever looks through them does so for every packet.
    pub(super) fn between(&self, a: IpAddr, b: IpAddr) -> impl Iterator<Item = u32> + '_ {
        let all = self.pairs.get(&pair(a, b)).into_iter().flatten();
        all.rev().copied().take(limits::CANDIDATES)
    }

    pub(super) fn add_connection(&mut self, id: ConnectionId, conversation: u32) {
        self.connections.insert(id, conversation);
    }

    pub(super) fn add_call(&mut self, receiver: IpAddr, sender: IpAddr, call_id: u16, to: CallRef) {
        self.calls.insert(Tunnel::new(sender, receiver, call_id), to);
        self.receivers.insert((receiver, call_id), to);
        self.senders.insert((sender, call_id), to);
    }

    pub(super) fn add_pair(&mut self, a: IpAddr, b: IpAddr, conversation: u32) {
        self.pairs.entry(pair(a, b)).or_default().insert(conversation);
    }

    /// Turns the direction of all call ids of a conversation.
    pub(super) fn flip(&mut self, conversation: u32, a: IpAddr, b: IpAddr, call_ids: &[u16]) {
        for &id in call_ids {
            for key in [Tunnel::new(a, b, id), Tunnel::new(b, a, id)] {
                if let Some(r) = self.calls.get_mut(&key).filter(|r| r.conversation == conversation)
                {
                    r.dir = r.dir.flip();
                }
            }
            for map in [&mut self.receivers, &mut self.senders] {
                for key in [(a, id), (b, id)] {
                    if let Some(r) = map.get_mut(&key).filter(|r| r.conversation == conversation) {
                        r.dir = r.dir.flip();
                    }
                }
            }
        }
    }

    /// Forgets a closed conversation.
    pub(super) fn remove(
        &mut self,
        conversation: u32,
        a: IpAddr,
        b: IpAddr,
        call_ids: &[u16],
        connections: &[ConnectionId],
    ) {
        for id in connections {
            self.connections.remove(id);
        }
        for &id in call_ids {
            for key in [Tunnel::new(a, b, id), Tunnel::new(b, a, id)] {
                if self.calls.get(&key).is_some_and(|r| r.conversation == conversation) {
                    self.calls.remove(&key);
                }
            }
            for map in [&mut self.receivers, &mut self.senders] {
                for key in [(a, id), (b, id)] {
                    if map.get(&key).is_some_and(|r| r.conversation == conversation) {
                        map.remove(&key);
                    }
                }
            }
        }
        if let Some(list) = self.pairs.get_mut(&pair(a, b)) {
            list.remove(&conversation);
            if list.is_empty() {
                self.pairs.remove(&pair(a, b));
            }
        }
    }
}
