//! IP packets inside a tunnel → what they tell about the path. Two small tables, no packet is kept.

use std::collections::VecDeque;
use std::hash::Hash as _;
use std::hash::Hasher as _;
use std::net::IpAddr;
use std::net::Ipv4Addr;

use super::Resent;
use super::TooBig;
use super::Traffic;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::limits;
use crate::base::time::Span;
use crate::model::traffic::Defects;

/// What is remembered of both directions of a call.
#[derive(Debug, Default)]
pub(super) struct Flows {
    segments: [VecDeque<Segment>; 2],
    queries: VecDeque<(Dir, Query)>,
}

/// An IPv4 packet, as far as it is looked at.
#[derive(Clone, Copy, Debug)]
struct Packet<'a> {
    src: Ipv4Addr,
    dst: Ipv4Addr,
    protocol: u8,
    length: usize,
    /// Behind the IP header; empty in all but the first fragment.
    payload: &'a [u8],
}

#[derive(Debug)]
struct Segment {
    key: u64,
    first: Mark,
    times: u32,
}

type Query = (Ipv4Addr, u16, u16);

impl Flows {
    /// Takes one packet of `dir`. `traffic`: by direction; `client`: the address that the server gave the
    /// client. `again`: the tunnel's packet was itself late or a copy.
    pub(super) fn packet(
        &mut self,
        traffic: [&mut Traffic; 2],
        dir: Dir,
        mark: Mark,
        octets: &[u8],
        client: Option<Ipv4Addr>,
        again: bool,
    ) {
        let [a, b] = traffic;
        let (own, other) = if dir == Dir::ToServer { (a, b) } else { (b, a) };
        own.packets += 1;
        own.octets += octets.len() as u64;
        own.largest = own.largest.max(octets.len());
        let Some(packet) = Packet::read(octets) else { return };
        if dir == Dir::ToServer {
            foreign(own, packet.src, client, mark);
        }
        if let Some(told) = heeding(own.too_big.as_mut(), mark)
            && told.towards == IpAddr::V4(packet.dst)
            && told.mtu > 0
            && packet.length > usize::from(told.mtu)
        {
            Defects::count(&mut told.beyond, mark);
        }
        match packet.protocol {
            ICMP => icmp(own, other, packet, mark),
            TCP => self.tcp(own, dir, packet, mark, again),
            UDP => self.dns(own, other, dir, packet),
            _ => {}
        }
    }

    fn tcp(&mut self, own: &mut Traffic, dir: Dir, packet: Packet<'_>, mark: Mark, again: bool) {
        let [s0, s1, d0, d1, q0, q1, q2, q3, _, _, _, _, offset, flags, ..] = *packet.payload
        else {
            return;
        };
        own.requests += u32::from(flags & (SYN | ACK) == SYN);
        let data = packet.payload.len().saturating_sub(usize::from(offset >> 4) * 4);
        // A keep-alive repeats an octet on purpose.
        if data < 2 || again {
            return;
        }
        let mut hasher = std::hash::DefaultHasher::new();
        let ports = [s0, s1, d0, d1];
        (packet.src, packet.dst, ports, [q0, q1, q2, q3], data).hash(&mut hasher);
        let key = hasher.finish();
        let seen = &mut self.segments[dir.index()];
        if let Some(known) = seen.iter_mut().find(|s| s.key == key) {
            known.times += 1;
            let resent = &mut own.resent;
            resent.count = resent.count.saturating_add(1);
            if packet.length >= Resent::LARGE {
                resent.large = resent.large.saturating_add(1);
                resent.last = Some(mark);
                resent.first.get_or_insert(known.first);
                if known.times > resent.most {
                    resent.most = known.times;
                    resent.size = packet.length;
                }
            }
            return;
        }
        if seen.len() >= limits::INNER_SEGMENTS {
            seen.pop_front();
        }
        seen.push_back(Segment { key, first: mark, times: 1 });
    }

    fn dns(&mut self, own: &mut Traffic, other: &mut Traffic, dir: Dir, packet: Packet<'_>) {
        let [s0, s1, d0, d1, _, _, _, _, i0, i1, flags, ..] = *packet.payload else { return };
        let [src, dst, id] = [[s0, s1], [d0, d1], [i0, i1]].map(u16::from_be_bytes);
        let is_answer = flags & 0x80 != 0;
        if dst == DNS && !is_answer {
            own.requests += 1;
            own.dns_queries += 1;
            let query = (packet.dst, src, id);
            if !self.queries.contains(&(dir, query)) {
                if self.queries.len() >= limits::INNER_QUERIES {
                    self.queries.pop_front();
                }
                self.queries.push_back((dir, query));
            }
        } else if src == DNS && is_answer {
            let query = (dir.flip(), (packet.src, dst, id));
            if let Some(at) = self.queries.iter().position(|q| *q == query) {
                self.queries.remove(at);
                other.dns_answered += 1;
            }
        }
    }

    /// Client and server were taken for each other.
    pub(super) fn flip(&mut self) {
        self.segments.swap(0, 1);
        for (dir, _) in &mut self.queries {
            *dir = dir.flip();
        }
    }
}

impl<'a> Packet<'a> {
    fn read(octets: &'a [u8]) -> Option<Self> {
        let [first, _, l0, l1, _, _, f0, f1, _, protocol, _, _, ..] = *octets else { return None };
        if first >> 4 != 4 {
            return None;
        }
        let header = usize::from(first & 0x0F) * 4;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let address = |at: usize| {
            let octets = octets.get(at..at + 4)?;
            Some(Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?))
        };
        let first_fragment = (f0 & 0x1F, f1) == (0, 0);
        let payload = octets.get(header..length.min(octets.len())).filter(|_| first_fragment);
        let payload = payload.unwrap_or_default();
        Some(Self { src: address(12)?, dst: address(16)?, protocol, length, payload })
    }
}

/// Packets that were under way when the ICMP message came are no disobedience, nor are trials of a larger
/// size after a while (RFC 1191 §6.3).
fn heeding(told: Option<&mut TooBig>, mark: Mark) -> Option<&mut TooBig> {
    told.filter(|told| (UNDER_WAY..REMEMBERED).contains(&(mark.at - told.mark.at)))
}

fn icmp(own: &mut Traffic, other: &mut Traffic, packet: Packet<'_>, mark: Mark) {
    let [kind, code, _, _, _, _, m0, m1, quoted @ ..] = packet.payload else { return };
    match (*kind, *code) {
        (8, _) => own.requests += 1,
        (3, 4) => {
            let Some(quoted) = Packet::read(quoted) else { return };
            let mtu = u16::from_be_bytes([*m0, *m1]);
            let from = IpAddr::V4(packet.src);
            let towards = IpAddr::V4(quoted.dst);
            other.too_big.get_or_insert(TooBig { mark, from, towards, mtu, beyond: None });
        }
        (3, _) => Defects::count(&mut own.unreachable, mark),
        _ => {}
    }
}

fn foreign(own: &mut Traffic, src: Ipv4Addr, client: Option<Ipv4Addr>, mark: Mark) {
    // Before it has an address a host asks from none, or from one it made up.
    if client.is_none_or(|client| client == src) || src.is_unspecified() || src.is_link_local() {
        return;
    }
    let src = IpAddr::V4(src);
    let (known, defects) =
        own.foreign_source.get_or_insert((src, Defects { first: mark, last: mark, count: 0 }));
    if *known == src {
        defects.last = mark;
        defects.count = defects.count.saturating_add(1);
    }
}

const UNDER_WAY: Span = Span::from_secs(1);
const REMEMBERED: Span = Span::from_secs(60);
const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;
const DNS: u16 = 53;

#[cfg(test)]
mod tests;
