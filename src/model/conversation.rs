//! One PPTP conversation: a control connection with its calls, or GRE alone.

use super::call::Call;
use super::call::IcmpReport;
use super::control::ControlConnection;
use super::event::Event;
use super::event::Timeline;
use super::event::Words;
use super::fingerprint::Implementation;
use super::logon::Logon;
use super::neighbours::Astray;
use super::neighbours::Rival;
use super::point::CapturePoint;
use super::traffic::Defects;
use super::views::View;
use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::base::time::Timestamp;

/// The first step that did not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Stage {
    Tcp,
    Control,
    Call,
    Link,
    Authentication,
    Network,
    Connected,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Self; 7] = [
        Self::Tcp,
        Self::Control,
        Self::Call,
        Self::Link,
        Self::Authentication,
        Self::Network,
        Self::Connected,
    ];

    /// The name fixed by the report's schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Control => "control",
            Self::Call => "call",
            Self::Link => "link",
            Self::Authentication => "authentication",
            Self::Network => "network",
            Self::Connected => "connected",
        }
    }
}

/// Whether the connection came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Outcome {
    Connected,
    Failed,
    /// The capture does not show enough.
    Unknown,
}

impl Outcome {
    /// The name fixed by the report's schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// What the capture as a whole shows; absence may be claimed only of what is visible (faults.md E1–E3).
#[derive(Clone, Copy, Debug, Default)]
pub struct Visibility {
    /// GRE of any session was seen in this direction: `[to servers, to clients]`.
    pub gre: [bool; 2],
    /// Time of the newest frame of any kind when this conversation was closed.
    pub until: Timestamp,
    /// Whether the capture ended (as against the conversation being closed in the middle of it).
    pub at_end: bool,
}

/// One side of a conversation.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Address, and port of the newest control connection.
    pub endpoint: Endpoint,
    /// What software it seems to be.
    pub implementation: Option<Implementation>,
}

/// A conversation with all facts; what rules and reports read.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Number in the report, from 1.
    pub id: u32,
    /// PNS.
    pub client: Peer,
    /// PAC.
    pub server: Peer,
    /// Whether it is certain which side is the client.
    pub oriented: bool,
    /// First packet.
    pub started: Mark,
    /// Newest packet.
    pub ended: Mark,
    /// Control connections: as a rule one; several where a client tried again at once after a refusal.
    /// Empty where only GRE was seen.
    pub control: Vec<ControlConnection>,
    /// Calls.
    pub calls: Vec<Call>,
    /// What happened, in capture order.
    pub timeline: Timeline,
    /// Events that found no room on the timeline.
    pub events_dropped: u64,
    /// ICMP errors about the control connection.
    pub icmp: Vec<IcmpReport>,
    /// GRE between the two hosts with a call id that nobody gave out: id, direction, first packet, count.
    pub stray_gre: Vec<(u16, Dir, Mark, u64)>,
    /// Other calls of the same two hosts that were up at the same time, the first few.
    pub rivals: Vec<Rival>,
    /// GRE with a call id of this conversation that comes from, or goes to, another host.
    pub astray: Vec<Astray>,
    /// Where a log-on was refused: others of this client at this server in other conversations, minutes
    /// before or after, in the order of their verdicts.
    pub elsewhere: Vec<Logon>,
    /// The same conversation in other captures, taken elsewhere.
    pub views: Vec<View>,
    /// Where the capture was taken.
    pub point: CapturePoint,
    /// What the capture shows.
    pub visibility: Visibility,
    /// How far it got.
    pub stage: Stage,
    /// Whether it came about, as far as the model alone can say.
    pub outcome: Outcome,
    /// The server's text of this conversation could not be read whole: limits that were reached.
    pub limits_reached: Vec<&'static str>,
}

impl Conversation {
    pub(super) fn new(
        id: u32,
        client: Endpoint,
        server: Endpoint,
        mark: Mark,
        oriented: bool,
    ) -> Self {
        Self {
            id,
            client: Peer { endpoint: client, implementation: None },
            server: Peer { endpoint: server, implementation: None },
            oriented,
            started: mark,
            ended: mark,
            control: Vec::new(),
            calls: Vec::new(),
            timeline: Timeline::default(),
            events_dropped: 0,
            icmp: Vec::new(),
            stray_gre: Vec::new(),
            rivals: Vec::new(),
            astray: Vec::new(),
            elsewhere: Vec::new(),
            views: Vec::new(),
            point: CapturePoint::default(),
            visibility: Visibility::default(),
            stage: Stage::Tcp,
            outcome: Outcome::Unknown,
            limits_reached: Vec::new(),
        }
    }

    /// The newest control connection.
    #[must_use]
    pub fn connection(&self) -> Option<&ControlConnection> {
        self.control.last()
    }

    /// The call that decides the verdict: the newest.
    #[must_use]
    pub fn call(&self) -> Option<&Call> {
        self.calls.last()
    }

    /// One side.
    #[must_use]
    pub const fn peer(&self, sender_of: Dir) -> &Peer {
        match sender_of {
            Dir::ToServer => &self.client,
            Dir::ToClient => &self.server,
        }
    }

    /// Whether GRE of `dir` was visible: in this conversation, or in any other of the capture.
    #[must_use]
    pub fn sees_gre(&self, dir: Dir) -> bool {
        self.calls.iter().any(|c| c.has_gre(dir)) || self.visibility.gre[dir.index()]
    }

    /// Whether the capture shows no GRE at all: then it was filtered, or GRE never came to this point.
    #[must_use]
    pub fn gre_invisible(&self) -> bool {
        !self.visibility.gre[0] && !self.visibility.gre[1] && self.stray_gre.is_empty()
    }

    /// Whether both directions of this conversation are in the capture. `false`: it was taken with a
    /// one-way filter or on one port of a pair.
    #[must_use]
    pub fn both_ways(&self) -> bool {
        match self.connection() {
            Some(c) => c.last[0].is_some() && c.last[1].is_some(),
            None => self.calls.iter().any(|c| c.has_gre(Dir::ToServer) && c.has_gre(Dir::ToClient)),
        }
    }

    /// Whether the capture shows the control connection from its first packet.
    #[must_use]
    pub fn from_start(&self) -> bool {
        self.control.first().is_some_and(|c| c.from_start)
    }

    /// All packets of one side that break RFC 2637 or RFC 1661.
    #[must_use]
    pub fn malformed(&self, dir: Dir) -> Option<Defects> {
        let control = self.control.iter().filter_map(|k| k.bad).filter(|b| b.dir == dir);
        let control = control.map(|b| Defects { first: b.first, last: b.last, count: b.count });
        let of_call = |k: &Call| [k.gre[dir.index()].lies, k.malformed[dir.index()]];
        let tunnel = self.calls.iter().flat_map(of_call).flatten();
        control.chain(tunnel).reduce(|a, b| Defects {
            first: if b.first < a.first { b.first } else { a.first },
            last: if b.last > a.last { b.last } else { a.last },
            count: a.count.saturating_add(b.count),
        })
    }

    /// Whether there is nothing of it but one segment that may be damaged: then its addresses or its port are
    /// not those that were sent.
    pub(super) fn is_doubtful(&self) -> bool {
        matches!(&self.control[..], [only] if only.doubtful == Some(true))
            && self.calls.iter().flat_map(|call| &call.gre).all(|g| g.packets == 0)
            && self.icmp.is_empty()
            && self.stray_gre.is_empty()
            && self.astray.is_empty()
    }

    /// First sign that the newest call or the control connection ends, with the side that gave it.
    #[must_use]
    pub fn closing(&self) -> Option<(Mark, Dir)> {
        let call = self.call().and_then(Call::ended);
        let control = self.connection().and_then(ControlConnection::closed);
        // Who closed first in TCP does not count then; what ended the call before does.
        let overtaken = self
            .overtaken_by_its_fin()
            .filter(|(before, _)| call.is_none_or(|(m, _)| m.frame >= before.frame));
        let first = || [call, control].into_iter().flatten().min_by_key(|(m, _)| m.frame);
        overtaken.map(|(_, message)| message).or_else(first)
    }

    /// The message that ends the newest call, where the capture has it behind the FIN of the side that sent
    /// it: nothing is sent behind a FIN, so it came first. With the FIN before which it belongs.
    fn overtaken_by_its_fin(&self) -> Option<(Mark, (Mark, Dir))> {
        let (call, control) = (self.call()?, self.connection()?);
        let cleared = call.cleared.map(|m| (m, Dir::ToServer));
        let disconnected = call.disconnected.map(|d| (d.mark, Dir::ToClient));
        let late = |(m, side): (Mark, Dir)| {
            let fin = control.fins[side.index()].filter(|fin| fin.frame < m.frame)?;
            Some((fin, (m, side)))
        };
        [cleared, disconnected].into_iter().flatten().find_map(late)
    }

    pub(super) fn touch(&mut self, mark: Mark) {
        if mark.at >= self.ended.at {
            self.ended = mark;
        }
    }

    /// Adds an event within the bounds; returns whether there was room.
    pub(super) fn note(&mut self, event: Event, words: Words<'_>) -> bool {
        let room = self.timeline.len() < limits::TIMELINE_EVENTS;
        if room {
            self.timeline.push(event, words);
        } else {
            self.events_dropped += 1;
        }
        room
    }

    /// Exchanges client and server: GRE alone was taken the wrong way round.
    pub(super) fn flip(&mut self) {
        std::mem::swap(&mut self.client, &mut self.server);
        self.timeline.flip();
        for call in &mut self.calls {
            call.flip();
        }
        for stray in &mut self.stray_gre {
            stray.1 = stray.1.flip();
        }
        for astray in &mut self.astray {
            astray.dir = astray.dir.flip();
        }
    }
}
