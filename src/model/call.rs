//! Facts of one call: its ids, its GRE tunnel, and the PPP link inside.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::auth::Attempt;
use super::gre_order::OrderWindow;
use super::inside::Inside;
use super::negotiation::Negotiation;
use super::negotiation::Seldom;
use super::series::Series;
use super::traffic::Defects;
use super::traffic::Holes;
use super::traffic::Sizes;
use super::traffic::Ttls;
use super::traffic::Waiting;
use super::traffic::Window;
use super::trips::Trips;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::base::time::Timestamp;

/// One call (RFC 2637 §2.7): a GRE tunnel with a PPP link in it.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Call id that the client gave itself; packets to the client carry it. Zero is valid.
    pub client_call_id: Option<u16>,
    /// Call id that the server gave itself; packets to the server carry it.
    pub server_call_id: Option<u16>,
    /// Outgoing-Call-Request (or Incoming-).
    pub request: Option<Mark>,
    /// Its reply.
    pub reply: Option<CallReply>,
    /// Call-Clear-Request of the client.
    pub cleared: Option<Mark>,
    /// Call-Disconnect-Notify of the server.
    pub disconnected: Option<CallReply>,
    /// Set-Link-Info messages, the first few.
    pub link_info: Vec<(Mark, Dir, u16)>,
    /// GRE per direction.
    pub gre: [Gre; 2],
    /// GRE over time, from the first user data on.
    pub series: Series,
    /// Link control protocol.
    pub lcp: Negotiation,
    /// Authentications.
    pub attempts: Vec<Attempt>,
    /// Compression and encryption control.
    pub ccp: Negotiation,
    /// IPv4 control.
    pub ipcp: Negotiation,
    /// IPv6 control.
    pub ipv6cp: Seldom,
    /// IPXCP, NBFCP and others.
    pub other_ncp: Seldom,
    /// LCP Terminate-Requests.
    pub terminates: Vec<Terminate>,
    /// Protocols that a side refused (LCP Protocol-Reject): when, by whom, which.
    pub protocol_rejects: Vec<(Mark, Dir, u16)>,
    /// LCP Identification texts: when, whose, what.
    pub identifications: Vec<(Mark, Dir, Box<str>)>,
    /// LCP echo per requester.
    pub echo: [Echo; 2],
    /// User data per direction.
    pub data: [Data; 2],
    /// ICMP errors about the GRE packets of this call.
    pub icmp: Vec<IcmpReport>,
    /// PPP packets of protocols that are not in the catalogue of names, counted.
    pub unknown_protocols: BTreeMap<u16, u32>,
    /// PPP control packets that could not be read, per sender.
    pub malformed: [Option<Defects>; 2],
    /// What of the first of them could not be read.
    pub malformed_what: &'static str,
    /// CCP Reset-Requests, per sender.
    pub resets: [u32; 2],
    /// Callback control (CBCP, protocol C029) packets, per sender.
    pub callback_packets: [u32; 2],
    /// What is inside the tunnel per direction, where secrets were given that may open it.
    pub inside: [Option<Box<Inside>>; 2],
}

/// Result of a call request, or why it was disconnected.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct CallReply {
    pub mark: Mark,
    pub result: u8,
    pub error: u8,
    pub cause: u16,
    /// Peer's Call ID did not match any request.
    pub mismatch: bool,
}

/// Counters of one direction of the tunnel. Data packets end here; they never become events.
#[derive(Clone, Debug, Default)]
pub struct Gre {
    /// Packets, copies excluded.
    pub packets: u64,
    /// Octets of GRE payload.
    pub octets: u64,
    /// Packets that only acknowledge.
    pub acks_only: u64,
    /// First packet.
    pub first: Option<Mark>,
    /// Newest packet.
    pub last: Option<Mark>,
    /// Newest packet with a payload.
    pub last_payload: Option<Mark>,
    /// What its sequence numbers are compared with.
    pub(super) order: OrderWindow,
    /// First and highest sequence number.
    pub seqs: Option<(u32, u32)>,
    /// Numbers skipped and not filled so far.
    pub missing: u64,
    /// Packets that were overtaken.
    pub late: u64,
    /// Numbers seen twice with other content.
    pub repeated: u64,
    /// Highest acknowledgment that packets of this direction carry, and its first packet.
    pub highest_ack: Option<(u32, Mark)>,
    /// Shortest time from a packet of this direction to its acknowledgment, at the capture point.
    pub shortest_trip: Option<Span>,
    /// Packets that came in IP fragments.
    pub fragmented: u64,
    /// Packets that the capture cut.
    pub cut: u64,
    /// TTL: first, lowest, highest.
    pub ttl: Option<(u8, u8, u8)>,
    /// Packets with a wrong IP header checksum.
    pub damage: Option<Damage>,
    /// Runs of numbers skipped and not filled so far.
    pub holes: Holes,
    /// Missing numbers that the receiver acknowledged by name: the capture lacks them, not the path.
    pub acked_unseen: u32,
    /// First packet that was overtaken, and how far behind the furthest one was.
    pub overtaken: Option<(Mark, u32)>,
    /// First packet that came in IP fragments.
    pub first_fragmented: Option<Mark>,
    /// Packets that an acknowledgment named in time: these sizes arrive.
    pub heard: Sizes,
    /// Packets from the first user data on that no acknowledgment covered for seconds, although the
    /// tunnel lived.
    pub unheard: Sizes,
    /// Smallest MTU that a router named for this direction (ICMP), and the larger packets sent after it
    /// said so.
    pub path_mtu: Option<u32>,
    /// See [`Self::path_mtu`].
    pub over_mtu: Option<Defects>,
    /// Packets whose Key field announces more payload than there is, or payload without a number.
    pub lies: Option<Defects>,
    /// TTLs that do not fit.
    pub ttls: Ttls,
    /// Use of the receiver's window.
    pub window: Window,
    pub(super) waiting: Vec<Waiting>,
}

/// GRE packets whose IP header checksum does not add up. An unset one (zero) does not count.
#[derive(Clone, Copy, Debug)]
pub struct Damage {
    /// First of them.
    pub first: Mark,
    /// How many.
    pub count: u64,
    /// Packets with a right one after the first.
    pub right_after: u64,
    /// Highest sequence number before the first.
    pub last_right: Option<u32>,
}

/// LCP Echo-Requests of one side.
#[derive(Clone, Debug, Default)]
pub struct Echo {
    /// Requests.
    pub requests: u32,
    /// Replies to them.
    pub replies: u32,
    /// Requests since the last reply, the first of them, oldest first.
    pub unanswered: Vec<Mark>,
    /// Newest reply.
    pub last_reply: Option<Mark>,
    /// How long replies took.
    pub trips: Trips,
    /// Identifiers and times of requests whose replies are awaited, the newest few.
    pub(super) awaited: Vec<(u8, Timestamp)>,
}

impl Echo {
    /// A request went out. One that comes again under its identifier counts from its newest time.
    pub(super) fn ask(&mut self, identifier: u8, at: Timestamp) {
        self.awaited.retain(|(i, _)| *i != identifier);
        if self.awaited.len() >= ECHOES_AWAITED {
            self.awaited.remove(0);
        }
        self.awaited.push((identifier, at));
    }

    /// A reply came; requests before its own are awaited no more.
    pub(super) fn answer(&mut self, identifier: u8, at: Timestamp) {
        let Some(n) = self.awaited.iter().position(|(i, _)| *i == identifier) else { return };
        if let Some((_, asked)) = self.awaited.drain(..=n).next_back() {
            self.trips.add(asked, at);
        }
    }
}

/// User data of one direction.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// Packets of protocol 00FD: encrypted or compressed.
    pub wrapped: u64,
    /// Packets in clear: IPv4, IPv6, VJ.
    pub clear: u64,
    /// Octets of both.
    pub octets: u64,
    /// First one.
    pub first: Option<Mark>,
    /// Newest one.
    pub last: Option<Mark>,
    /// First packet in clear.
    pub first_clear: Option<Mark>,
    /// Packets in clear although MPPE was open and nobody had taken it down: the first, and how many.
    pub leaked: Option<(Mark, u64)>,
    /// Requests in clear that call for an answer: ICMP echo, TCP SYN, DNS queries.
    pub requests: u32,
    /// Packets larger than the MRU that their receiver asked for, MPPE's four octets left out of account.
    pub oversized: Option<Defects>,
    /// Largest packet inside, octets: as for `oversized`.
    pub largest: usize,
}

impl Data {
    /// Packets of any kind.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.wrapped + self.clear
    }
}

/// Why a side says that it terminates the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It gives none.
    None,
    /// A sentence (pppd family).
    Text(Box<str>),
    /// A RAS error number (Windows); 0 is an ordinary hang-up.
    Ras(u32),
}

/// An LCP Terminate-Request.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Terminate {
    pub mark: Mark,
    pub dir: Dir,
    pub reason: Reason,
}

/// An ICMP error about this conversation.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct IcmpReport {
    pub mark: Mark,
    /// The device that complains.
    pub from: IpAddr,
    /// Direction of the packet it complains about.
    pub about: Dir,
    pub kind: u8,
    pub code: u8,
    /// In words.
    pub meaning: &'static str,
    pub mtu: Option<u32>,
    /// Whether it means "this will never get through", as against fragmentation needed or a time-out.
    pub refuses: bool,
}

impl Call {
    /// Whether the server accepted the call.
    #[must_use]
    pub fn accepted(&self) -> bool {
        self.reply.is_some_and(|r| r.result == 1)
    }

    /// Newest authentication of the client by the server before or in the session.
    #[must_use]
    pub fn attempt(&self) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|a| a.toward == Dir::ToClient).or(self.attempts.last())
    }

    /// The text of a Terminate-Request, if a side gave one.
    pub fn terminate_texts(&self) -> impl Iterator<Item = (&Terminate, &str)> {
        self.terminates.iter().filter_map(|t| match &t.reason {
            Reason::Text(text) => Some((t, &**text)),
            _ => None,
        })
    }

    /// First sign that the call ends: LCP Terminate-Request, Call-Clear-Request or
    /// Call-Disconnect-Notify, with the side that gave it.
    #[must_use]
    pub fn ended(&self) -> Option<(Mark, Dir)> {
        let terminate = self.terminates.first().map(|t| (t.mark, t.dir));
        let cleared = self.cleared.map(|m| (m, Dir::ToServer));
        let disconnected = self.disconnected.map(|d| (d.mark, Dir::ToClient));
        [terminate, cleared, disconnected].into_iter().flatten().min_by_key(|(m, _)| m.frame)
    }

    /// Newest GRE packet of either direction.
    #[must_use]
    pub fn last_gre(&self) -> Option<Mark> {
        self.gre.iter().filter_map(|g| g.last).max_by_key(|m| m.at)
    }

    /// Round trip through the whole tunnel, as far as GRE acknowledgments or LCP answers tell: both
    /// halves of the path as seen from the capture point, added up.
    #[must_use]
    pub fn round_trip(&self) -> Option<Span> {
        let halves = Dir::BOTH.map(|d| {
            let by_answer = self.lcp.side(d).answer_time();
            match (self.gre[d.index()].shortest_trip, by_answer) {
                // An answer also waits for the peer's PPP; an acknowledgment for its GRE only.
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            }
        });
        match halves {
            [Some(a), Some(b)] => Some(Span(a.0.saturating_add(b.0))),
            [a, b] => a.or(b),
        }
    }

    /// Whether the numbers of the tunnel tell of a packet before this frame that the capture lacks.
    #[must_use]
    pub fn lacks_before(&self, end: Mark) -> bool {
        let mut holes = self.gre.iter().flat_map(|g| &g.holes.0);
        holes.any(|h| h.before.is_none_or(|b| b.frame < end.frame))
    }

    /// Any GRE of one direction.
    #[must_use]
    pub fn has_gre(&self, dir: Dir) -> bool {
        self.gre[dir.index()].packets > 0
    }

    pub(super) fn flip(&mut self) {
        std::mem::swap(&mut self.client_call_id, &mut self.server_call_id);
        self.gre.swap(0, 1);
        self.series.flip();
        self.echo.swap(0, 1);
        self.data.swap(0, 1);
        self.resets.swap(0, 1);
        self.callback_packets.swap(0, 1);
        self.inside.swap(0, 1);
        self.malformed.swap(0, 1);
        for layer in [&mut self.lcp, &mut self.ccp, &mut self.ipcp] {
            layer.flip();
        }
        for layer in [&mut self.ipv6cp, &mut self.other_ncp] {
            layer.flip();
        }
        for t in &mut self.terminates {
            t.dir = t.dir.flip();
        }
        for (_, dir, _) in &mut self.link_info {
            *dir = dir.flip();
        }
        for (_, dir, _) in &mut self.protocol_rejects {
            *dir = dir.flip();
        }
        for (_, dir, _) in &mut self.identifications {
            *dir = dir.flip();
        }
        for i in &mut self.icmp {
            i.about = i.about.flip();
        }
        for a in &mut self.attempts {
            a.toward = a.toward.flip();
            for e in &mut a.eap {
                e.dir = e.dir.flip();
            }
        }
    }
}

/// LCP Echo-Requests whose replies are awaited at one time.
const ECHOES_AWAITED: usize = 8;
