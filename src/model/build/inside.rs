//! PPP frames of a call → its tunnel, opened while packets pass.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;

use super::Builder;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::base::text::lossy;
use crate::model::call::Call;
use crate::model::inside::InnerPacket;
use crate::model::inside::tunnel;
use crate::model::inside::tunnel::Place;
use crate::model::inside::tunnel::Tunnel;
use crate::model::table::CallRef;

/// The tunnels of open conversations, and the packets that wait to be taken away.
#[derive(Debug, Default)]
pub(super) struct Tunnels {
    /// By conversation and call.
    open: BTreeMap<(u32, u8), Opened>,
    /// Calls that no secret opens, with the number of Responses that it was found out from.
    shut: BTreeMap<(u32, u8), usize>,
    waiting: VecDeque<InnerPacket>,
    keep: bool,
}

/// An opened tunnel, and who logged on.
type Opened = (Tunnel, Option<Arc<str>>);

impl Tunnels {
    /// A conversation is over: its keys are wiped.
    pub(super) fn close(&mut self, conversation: u32) {
        for key in self.calls_of(conversation) {
            self.open.remove(&key);
        }
        let range = (conversation, 0)..=(conversation, u8::MAX);
        let shut: Vec<_> = self.shut.range(range).map(|(key, _)| *key).collect();
        for key in shut {
            self.shut.remove(&key);
        }
    }

    /// Client and server were taken for each other.
    pub(super) fn flip(&mut self, conversation: u32) {
        for key in self.calls_of(conversation) {
            if let Some((tunnel, _)) = self.open.get_mut(&key) {
                tunnel.flip();
            }
        }
    }

    /// Whether packets wait to be taken away.
    pub(super) fn has_inner(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn calls_of(&self, conversation: u32) -> Vec<(u32, u8)> {
        let range = (conversation, 0)..=(conversation, u8::MAX);
        self.open.range(range).map(|(key, _)| *key).collect()
    }
}

impl Builder {
    /// Whether the packets from inside are kept for [`Self::drain_inner`].
    pub fn keep_inner(&mut self, keep: bool) {
        self.tunnels.keep = keep;
    }

    /// Packets that came out of tunnels since the last call.
    pub fn drain_inner(&mut self) -> impl Iterator<Item = InnerPacket> + '_ {
        self.tunnels.waiting.drain(..)
    }

    /// Takes a frame that the model has read already.
    pub(super) fn look_inside(
        &mut self,
        to: CallRef,
        mark: Mark,
        octets: &[u8],
        disordered: bool,
        cut: bool,
    ) {
        let key = (to.conversation, to.call);
        let Some(open) = self.open.get_mut(to.conversation) else { return };
        let Some(call) = open.conversation.calls.get_mut(usize::from(to.call)) else { return };
        let Tunnels { open: tunnels, shut, waiting, keep } = &mut self.tunnels;
        if !tunnels.contains_key(&key) {
            let responses = call.attempts.iter().map(|a| a.responses.len()).sum();
            if !tunnel::carries_data(octets) || shut.get(&key) == Some(&responses) {
                return;
            }
            if !tunnel::worth_opening(call, &self.passwords.secrets) {
                shut.insert(key, responses);
                return;
            }
            if tunnels.len() >= limits::OPENED_TUNNELS {
                let reached = &mut open.conversation.limits_reached;
                if !reached.contains(&LIMIT) {
                    reached.push(LIMIT);
                }
                return;
            }
        }
        let (tunnel, user) = tunnels.entry(key).or_default();
        let logged_on = keep.then(|| user_of(call)).flatten();
        let keep = *keep;
        let at = Place { dir: to.dir, mark, disordered, cut };
        tunnel.observe(call, at, octets, &self.passwords.secrets, &mut |mark, packet, _| {
            if keep && waiting.len() < limits::INNER_QUEUE {
                let name = logged_on.as_deref().unwrap_or_default();
                if user.as_deref() != Some(name) {
                    *user = Some(name.into());
                }
                waiting.push_back(InnerPacket {
                    conversation: to.conversation,
                    call: to.call,
                    dir: to.dir,
                    mark,
                    user: user.clone().unwrap_or_default(),
                    octets: packet.to_vec(),
                });
            }
        });
    }
}

fn user_of(call: &Call) -> Option<String> {
    call.attempt()?.user().map(lossy)
}

/// What is noted of a conversation whose tunnel is not opened because too many others are open.
const LIMIT: &str = "opened tunnels";
