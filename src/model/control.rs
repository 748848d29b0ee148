//! Facts of one control connection: TCP and the messages that are not about one call.

use super::traffic::Ttls;
use super::trips::Trips;
use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::frame::Mark;
use crate::base::time::Span;

/// One TCP connection to the control port. A client that tries again after a refusal has several.
#[derive(Clone, Debug)]
pub struct ControlConnection {
    /// Who opened it.
    pub client: Endpoint,
    /// Who was to answer.
    pub server: Endpoint,
    /// SYNs, repetitions included; the first few of them.
    pub syns: Vec<Mark>,
    /// Initial sequence number of the client.
    pub initial: Option<u32>,
    /// The SYN/ACK.
    pub syn_ack: Option<Mark>,
    /// First segment of the client after the SYN/ACK: the handshake is complete.
    pub established: Option<Mark>,
    /// Whether the capture shows the beginning (a SYN or SYN/ACK).
    pub from_start: bool,
    /// Whether one segment is all that was seen of it, and its checksum is wrong; `None` before the first.
    pub doubtful: Option<bool>,
    /// First RST: who sent it, its TTL.
    pub reset: Option<Reset>,
    /// First FIN of each direction.
    pub fins: [Option<Mark>; 2],
    /// SCCRQ.
    pub start_request: Option<Start>,
    /// SCCRP.
    pub start_reply: Option<Start>,
    /// First StopRQ: who sent it, its reason.
    pub stop_request: Option<(Mark, Dir, u8)>,
    /// PPTP Echo-Requests without a reply so far, per requester.
    pub echoes_pending: [Vec<(u32, Mark)>; 2],
    /// Newest PPTP Echo-Reply that answered nothing so far, per requester: where a capture has the two in
    /// the wrong order, its request comes right after it.
    pub early_echo_reply: [Option<(u32, Mark)>; 2],
    /// PPTP Echo-Replies seen.
    pub echoes_answered: u32,
    /// How long they took, per requester.
    pub echo_trips: [Trips; 2],
    /// Octets that are no PPTP message, the first of them and whether they opened their direction.
    pub foreign: Option<Foreign>,
    /// Messages that break RFC 2637 in themselves.
    pub bad: Option<BadMessage>,
    /// TTLs that do not fit, per direction.
    pub strange: [Ttls; 2],
    /// Octets of the stream that the capture lacks.
    pub missing: u64,
    /// TCP retransmissions per direction since the last acknowledged progress of that direction.
    pub repeated: [Repeats; 2],
    /// Newest segment of each direction.
    pub last: [Option<Mark>; 2],
    /// Newest silence of half a minute or more: how long, and the segment that ended it.
    pub pause: Option<(Span, Mark)>,
    /// TTL of each direction: first seen, lowest, highest.
    pub ttls: [Option<(u8, u8, u8)>; 2],
}

/// A TCP reset.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Reset {
    pub mark: Mark,
    pub dir: Dir,
    pub ttl: u8,
    /// Whether the connection was established when it came.
    pub after_handshake: bool,
}

/// What SCCRQ or SCCRP said.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Start {
    pub mark: Mark,
    pub version: u16,
    pub result: u8,
    pub error: u8,
    pub framing: u32,
    pub bearer: u32,
    pub max_channels: u16,
    pub firmware: u16,
    pub host: Box<str>,
    pub vendor: Box<str>,
    /// The capture cut it: text fields may be missing.
    pub cut: bool,
}

/// Octets that are no PPTP.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Foreign {
    pub mark: Mark,
    pub dir: Dir,
    pub octets: Box<[u8]>,
    pub at_start: bool,
}

/// The first message that breaks RFC 2637, and how many do.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct BadMessage {
    pub first: Mark,
    pub last: Mark,
    pub dir: Dir,
    pub count: u32,
    /// What is wrong with the first one.
    pub wrong: &'static str,
    /// Its Length field, Control Message Type.
    pub length: u16,
    pub control: u16,
    /// The name of that type, where RFC 2637 has one.
    pub name: Option<&'static str>,
}

/// Retransmissions of one direction.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Repeats {
    pub count: u32,
    pub first: Option<Mark>,
    pub last: Option<Mark>,
}

impl ControlConnection {
    pub(super) fn new(client: Endpoint, server: Endpoint) -> Self {
        Self {
            client,
            server,
            syns: Vec::new(),
            initial: None,
            syn_ack: None,
            established: None,
            from_start: false,
            doubtful: None,
            reset: None,
            fins: [None; 2],
            start_request: None,
            start_reply: None,
            stop_request: None,
            echoes_pending: [Vec::new(), Vec::new()],
            early_echo_reply: [None; 2],
            echoes_answered: 0,
            echo_trips: [Trips::default(), Trips::default()],
            foreign: None,
            bad: None,
            strange: [Ttls::default(), Ttls::default()],
            missing: 0,
            repeated: [Repeats::default(); 2],
            last: [None; 2],
            pause: None,
            ttls: [None; 2],
        }
    }

    /// Whether the server accepted the control connection: SCCRP with result 1, or a later message
    /// that presumes it.
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.start_reply.as_ref().is_some_and(|r| r.result == 1)
    }

    /// First sign that the connection ends: StopRQ, FIN or RST, with the side that gave it.
    #[must_use]
    pub fn closed(&self) -> Option<(Mark, Dir)> {
        let fins = Dir::BOTH.into_iter().filter_map(|d| self.fins[d.index()].map(|m| (m, d)));
        let reset = self.reset.map(|r| (r.mark, r.dir));
        let stop = self.stop_request.map(|(m, d, _)| (m, d));
        fins.chain(reset).chain(stop).min_by_key(|(m, _)| m.frame)
    }

    /// Round trip between the capture point and each end, from the TCP handshake: `[to the server and
    /// back, to the client and back]`. The larger part tells which end is far. `None` where the capture has
    /// it out of order.
    #[must_use]
    pub fn handshake_trips(&self) -> Option<[Span; 2]> {
        let (syn, syn_ack, ack) = (self.syns.last()?, self.syn_ack?, self.established?);
        let trips = [syn_ack.at - syn.at, ack.at - syn_ack.at];
        (self.syns.len() == 1 && trips.iter().all(|t| *t >= Span::ZERO)).then_some(trips)
    }
}
