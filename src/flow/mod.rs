//! Datagrams → control messages in order, GRE packets with order facts, ICMP errors.
//!
//! Copies of one datagram (a bridge and its member port, the `any` device, a mirror port) are taken out
//! here, so that no later layer takes a second look at a packet for a second packet.

pub mod checksum;
pub mod control;
pub mod copies;
pub mod tcp;

use std::net::IpAddr;

use etherparse::TcpSlice;

use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::frame::FrameRef;
use crate::base::time::Timestamp;
use crate::link::Datagram;
use crate::link::protocol;
use crate::wire::gre;
use crate::wire::icmp;
use checksum::Checksum;
use copies::{Copies, Look};
use tcp::Connections;

/// Where and when a packet was seen: common to all items.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Capture time.
    pub at: Timestamp,
    /// Frame, the evidence.
    pub frame: FrameRef,
    /// TTL or hop limit of the packet.
    pub ttl: u8,
}

/// One TCP connection: both ends, and a serial that tells two uses of the same ports apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId {
    /// Who opened it (PNS, RFC 2637 §1).
    pub client: Endpoint,
    /// Who accepted it (PAC).
    pub server: Endpoint,
    /// Counts uses of this pair of endpoints, from 0.
    pub serial: u32,
}

/// One TCP segment of a control connection.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Its connection.
    pub connection: ConnectionId,
    /// Which way it goes.
    pub dir: Dir,
    /// Where it was seen.
    pub seen: Seen,
    /// TCP flags that matter.
    pub flags: tcp::Flags,
    /// Sequence number.
    pub seq: u32,
    /// Octets of data.
    pub length: u32,
    /// Whether all it carries (data, SYN or FIN) was seen before: a TCP retransmission.
    pub repeated: bool,
    /// What its checksum says; a wrong one may mean damage.
    pub checksum: Checksum,
}

/// An enhanced GRE packet and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct GrePacket<'a> {
    /// Sender.
    pub src: IpAddr,
    /// Receiver, whose call id the packet carries.
    pub dst: IpAddr,
    /// Where it was seen.
    pub seen: Seen,
    /// The packet.
    pub packet: gre::Packet<'a>,
    /// Whether the capture cut it.
    pub cut: bool,
    /// How many IP fragments it came in.
    pub fragments: u16,
    /// The IP header checksum is wrong: addresses may be damaged.
    pub damaged: bool,
}

/// What flows on to the model, in capture order.
#[derive(Debug)]
pub enum Item<'a> {
    /// A TCP segment; comes before the messages that it completes.
    Segment(Segment),
    /// One control message, header included.
    Message {
        /// Its connection.
        connection: ConnectionId,
        /// Which way it goes.
        dir: Dir,
        /// The segment that completed it.
        seen: Seen,
        /// The message.
        bytes: &'a [u8],
        /// Whether the capture holds only the start of it.
        cut: bool,
    },
    /// Octets on the control connection that are no PPTP message; the first few of them, once per
    /// direction and interruption.
    Foreign {
        /// Its connection.
        connection: ConnectionId,
        /// Which way it goes.
        dir: Dir,
        /// Where it was seen.
        seen: Seen,
        /// The first octets.
        bytes: &'a [u8],
        /// Whether these are the first octets of that direction.
        at_start: bool,
    },
    /// Octets of the control connection that the capture does not hold.
    Gap {
        /// Its connection.
        connection: ConnectionId,
        /// Which way it goes.
        dir: Dir,
        /// The segment after the gap.
        seen: Seen,
        /// How many octets.
        missing: u32,
    },
    /// Octets that were told to be missing come late, or some of them do.
    Filled {
        /// Their connection.
        connection: ConnectionId,
        /// Which way they go.
        dir: Dir,
        /// The first segment of them.
        seen: Seen,
        /// How many of those that were told do not count.
        octets: u32,
    },
    /// A segment whose checksum is wrong, while that of others of its sender is right: its receiver discards
    /// it, and nothing in it counts.
    Damaged {
        /// Its connection.
        connection: ConnectionId,
        /// Which way it goes.
        dir: Dir,
        /// Where it was seen.
        seen: Seen,
    },
    /// An enhanced GRE packet.
    Gre(&'a GrePacket<'a>),
    /// An ICMP error about GRE or a control connection.
    Icmp {
        /// The device that complains.
        from: IpAddr,
        /// Whom it tells.
        to: IpAddr,
        /// Where it was seen.
        seen: Seen,
        /// What it says.
        error: icmp::IcmpError<'a>,
    },
}

/// The layer's state, bounded.
#[derive(Debug)]
pub struct Flow {
    copies: Copies,
    connections: Connections,
}

impl Flow {
    /// `ports`: TCP ports of control connections besides 1723.
    #[must_use]
    pub fn new(ports: &[u16]) -> Self {
        Self { copies: Copies::default(), connections: Connections::new(ports) }
    }

    /// Packets recognised as copies so far.
    #[must_use]
    pub fn copies_seen(&self) -> u64 {
        self.copies.seen()
    }

    /// Takes one datagram; `sink` gets what follows from it. Returns whether it counts: a damaged TCP segment
    /// does not, and a copy does if the first look does.
    pub fn push(&mut self, datagram: &Datagram<'_>, sink: &mut impl FnMut(Item<'_>)) -> bool {
        let seen = Seen { at: datagram.at, frame: datagram.frame, ttl: datagram.ttl };
        match datagram.protocol {
            protocol::GRE if self.copies.look(datagram) == Look::First => {
                Self::push_gre(datagram, seen, sink);
            }
            protocol::TCP => {
                let Ok(tcp) = TcpSlice::from_slice(datagram.payload) else { return true };
                match self.copies.look(datagram) {
                    Look::Copy => {}
                    Look::CopyOfDiscarded => return false,
                    Look::First => {
                        let counts = self.connections.push(datagram, &tcp, seen, sink);
                        if !counts {
                            self.copies.discard_last();
                        }
                        return counts;
                    }
                }
            }
            protocol::ICMP | protocol::ICMPV6 => {
                let family = if datagram.src.is_ipv4() { 4 } else { 6 };
                if let Ok(Some(error)) = icmp::parse(family, datagram.payload)
                    && self.copies.look(datagram) == Look::First
                {
                    sink(Item::Icmp { from: datagram.src, to: datagram.dst, seen, error });
                }
            }
            _ => {}
        }
        true
    }

    /// Delivers what is still held back for a gap that nothing filled. Call at the end of the capture.
    pub fn finish(&mut self, sink: &mut impl FnMut(Item<'_>)) {
        self.connections.finish(sink);
    }

    /// Makes room where memory runs short. Only refinements are lost: copies may be taken for packets, and
    /// of a connection that goes on the order begins afresh.
    pub fn shed(&mut self) {
        self.copies.clear();
        self.connections.shed();
    }

    /// Forgets what was silent since `time`, hours ago.
    pub fn forget(&mut self, time: Timestamp) {
        self.connections.forget(time);
    }

    fn push_gre(datagram: &Datagram<'_>, seen: Seen, sink: &mut impl FnMut(Item<'_>)) {
        let Ok(packet) = gre::parse(datagram.payload) else { return };
        sink(Item::Gre(&GrePacket {
            src: datagram.src,
            dst: datagram.dst,
            seen,
            packet,
            cut: datagram.is_cut(),
            fragments: datagram.fragments,
            damaged: datagram.bad_checksum == Some(true),
        }));
    }
}
