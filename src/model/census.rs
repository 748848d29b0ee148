//! What is kept of every conversation when it is over, for findings that take several: somebody who guesses
//! passwords dials anew for each, and a scanner talks to each server once.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::net::Ipv4Addr;

use super::auth::Credential;
use super::call::Call;
use super::control::ControlConnection;
use super::conversation::Conversation;
use super::conversation::Stage;
use super::logon;
use super::logon::Logon;
use super::negotiation::Opt;
use super::traffic::Defects;
use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::base::time::Timestamp;

/// Conversations of a capture in short, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub struct Census {
    /// The conversations.
    pub digests: Vec<Digest>,
}

/// A challenge: who sent it, its value, when.
pub type Seen = (Dir, Box<[u8]>, Mark);

/// A conversation in short.
#[derive(Clone, Debug)]
pub struct Digest {
    /// Number in the report.
    pub id: u32,
    /// PNS.
    pub client: IpAddr,
    /// PAC, and its port.
    pub server: Endpoint,
    /// First packet.
    pub started: Mark,
    /// Newest packet.
    pub ended: Mark,
    /// How far it got.
    pub stage: Stage,
    /// How its control connection began.
    pub opening: Opening,
    /// First sign that it ends.
    pub closed: Option<Mark>,
    /// Until when it stood: that sign, or how long the capture was there to show one.
    pub until: Timestamp,
    /// A call that the server refused: when, result and error code.
    pub call_refused: Option<(Mark, u8, u8)>,
    /// Log-ons with a verdict, the first few.
    pub logons: Box<[Logon]>,
    /// Challenges and Peer-Challenges, the first few: who sent it, value, when.
    pub challenges: Box<[Seen]>,
    /// LCP magic numbers of client and server.
    pub magics: [Option<u32>; 2],
    /// Address that the server gave the client, and when it was agreed.
    pub lease: Option<(Ipv4Addr, Mark)>,
    /// Newest GRE packet of the client.
    pub heard: Option<Mark>,
    /// Malformed packets per sender.
    pub malformed: [Option<Defects>; 2],
}

/// How a control connection began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The capture does not show it.
    Unseen,
    /// A SYN without SYN/ACK: refused, or no answer.
    Closed,
    /// TCP stood from here on, and the client said nothing.
    Silent(Mark),
    /// The server accepted the control connection here, and no call was asked for.
    Idle(Mark),
    /// The first thing that the client said here was no PPTP, or broke RFC 2637.
    Malformed(Mark),
    /// A call was asked for, or the talk went another way.
    Spoke,
}

impl Census {
    /// Takes a conversation that is over.
    pub fn add(&mut self, c: &Conversation) {
        if self.digests.len() == limits::GROWS_TO {
            self.digests.reserve_exact(limits::CENSUS.saturating_sub(limits::GROWS_TO));
        }
        self.digests.push(Digest::of(c));
    }

    /// Forgets the conversations that ended before `time`: a run without an end cannot remember all.
    pub fn forget(&mut self, time: Timestamp) {
        self.digests.retain(|d| d.ended.at >= time);
    }

    /// Makes room where memory runs short: forgets the older half.
    pub fn shed(&mut self) {
        self.sort();
        self.digests.drain(..self.digests.len().div_ceil(2));
    }

    /// Looks at them and, for this once, at others.
    pub fn with<'c, T>(
        &mut self,
        others: impl Iterator<Item = &'c Conversation>,
        look: impl FnOnce(&Self) -> T,
    ) -> T {
        let mut ids = BTreeSet::new();
        for c in others {
            ids.insert(c.id);
            self.digests.push(Digest::of(c));
        }
        self.sort();
        let seen = look(self);
        self.digests.retain(|d| !ids.contains(&d.id));
        seen
    }

    /// Puts them in the order of their numbers.
    pub fn sort(&mut self) {
        self.digests.sort_by_key(|d| d.id);
    }
}

impl Digest {
    fn of(c: &Conversation) -> Self {
        let magic = |dir| {
            let agreed = c.calls.iter().map(|k| &k.lcp.side(dir).agreed);
            agreed.flatten().find_map(|o| if let Opt::Magic(m) = o { Some(*m) } else { None })
        };
        Self {
            id: c.id,
            client: c.client.endpoint.addr,
            server: c.server.endpoint,
            started: c.started,
            ended: c.ended,
            stage: c.stage,
            opening: opening(c),
            closed: c.closing().map(|(m, _)| m),
            until: c.closing().map_or(c.visibility.until, |(m, _)| m.at),
            call_refused: c.calls.iter().find_map(refused),
            logons: logon::all(c).map(|(l, ..)| l).take(limits::CENSUS_LOGONS).collect(),
            challenges: challenges(c).take(limits::CENSUS_CHALLENGES).collect(),
            magics: Dir::BOTH.map(magic),
            lease: c.calls.iter().rev().find_map(lease),
            heard: c.calls.iter().filter_map(|k| k.gre[0].last).max_by_key(|m| m.at),
            malformed: Dir::BOTH.map(|dir| c.malformed(dir)),
        }
    }

    /// Whether both may be one conversation captured at two places in one file.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let same = |a: &Option<u32>, b: &Option<u32>| a.is_some_and(|m| m != 0) && a == b;
        self.magics.iter().zip(&other.magics).any(|(a, b)| same(a, b))
    }
}

fn opening(c: &Conversation) -> Opening {
    let Some(k) = c.control.first().filter(|k| k.from_start) else { return Opening::Unseen };
    if !c.calls.is_empty() {
        return Opening::Spoke;
    }
    let foreign = k.foreign.as_ref().filter(|f| f.dir == Dir::ToServer && f.at_start);
    let bad = k.bad.filter(|b| b.dir == Dir::ToServer && k.start_request.is_none());
    let wrong = foreign.map(|f| f.mark).or(bad.map(|b| b.first));
    match (wrong, k.syn_ack, k.established) {
        (Some(mark), ..) => Opening::Malformed(mark),
        (_, None, _) => Opening::Closed,
        (_, _, Some(open)) if k.start_request.is_none() && k.missing == 0 => Opening::Silent(open),
        _ => accepted(k).map_or(Opening::Spoke, Opening::Idle),
    }
}

fn accepted(k: &ControlConnection) -> Option<Mark> {
    k.start_reply.as_ref().filter(|_| k.accepted()).map(|r| r.mark)
}

fn refused(call: &Call) -> Option<(Mark, u8, u8)> {
    call.reply.filter(|r| r.result != 1).map(|r| (r.mark, r.result, r.error))
}

fn lease(call: &Call) -> Option<(Ipv4Addr, Mark)> {
    let open = call.ipcp.opened()?;
    let agreed = &call.ipcp.side(Dir::ToServer).agreed;
    agreed.iter().find_map(|o| if let Opt::Address(a) = o { Some((*a, open)) } else { None })
}

fn challenges(c: &Conversation) -> impl Iterator<Item = (Dir, Box<[u8]>, Mark)> {
    c.calls.iter().flat_map(|k| &k.attempts).flat_map(|a| {
        let own = a.challenges.iter().filter(|k| k.repeats.is_none());
        let own = own.map(|k| (a.toward, k.value.clone(), k.mark));
        let peer = a.responses.iter().filter(|r| r.repeats.is_none());
        let peer = peer.filter_map(|r| match &r.credential {
            Credential::MsChapV2 { peer_challenge, .. } => {
                Some((a.toward.flip(), peer_challenge.as_slice().into(), r.mark))
            }
            _ => None,
        });
        own.chain(peer)
    })
}
