//! Ethernet and IPv4 around a packet, the path between the hosts, ICMP errors.

use std::net::Ipv4Addr;

use pptp_diag::base::addr::Dir;

use super::keys::{Keys, parsed};
use super::parse::Origin;
use super::world::{Command, World};

/// Where the capture was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    Client,
    Server,
    Middle,
}

impl Point {
    pub(super) fn read(word: &str, origin: &Origin) -> Self {
        match word {
            "client" => Self::Client,
            "server" => Self::Server,
            "middle" => Self::Middle,
            _ => origin.fail(&format!("`{word}` is no point: client, server, middle")),
        }
    }
}

/// The hosts and what lies between them.
pub(super) struct Path {
    pub(super) client: (Ipv4Addr, u16),
    pub(super) server: (Ipv4Addr, u16),
    /// TTL with which the client sends.
    pub(super) client_ttl: u8,
    pub(super) point: Point,
    /// Nanoseconds from client to server and back.
    pub(super) rtt: i64,
    /// Next IP identification of client, server and any third host.
    idents: [u16; 3],
    /// The newest datagram of each direction: TCP, GRE.
    newest: [[Option<Vec<u8>>; 2]; 2],
}

impl Default for Path {
    fn default() -> Self {
        Self {
            client: (Ipv4Addr::new(192, 0, 2, 10), 41156),
            server: (Ipv4Addr::new(198, 51, 100, 20), 1723),
            client_ttl: 64,
            point: Point::Client,
            rtt: MILLISECOND,
            idents: [0x5301, 0x735E, 1],
            newest: Default::default(),
        }
    }
}

impl Path {
    /// `ADDR` or `ADDR:PORT`; `port` where none is written.
    pub(super) fn host(text: &str, port: u16, origin: &Origin) -> (Ipv4Addr, u16) {
        match text.split_once(':') {
            Some((addr, port)) => (parsed("addr", addr, origin), parsed("port", port, origin)),
            None => (parsed("addr", text, origin), port),
        }
    }

    pub(super) fn source(&self, dir: Dir) -> (Ipv4Addr, u16) {
        if dir == Dir::ToServer { self.client } else { self.server }
    }

    /// How long after a packet that passed the capture point the other side's answer passes it; `dir` is
    /// that of the answer. The near side answers at once.
    pub(super) fn turn(&self, dir: Option<Dir>) -> i64 {
        self.flight(dir).max(2 * MILLISECOND)
    }

    /// From the capture point to the sender of `dir` and back.
    pub(super) fn flight(&self, dir: Option<Dir>) -> i64 {
        match (self.point, dir) {
            (Point::Middle, _) => self.rtt / 2,
            (Point::Client, Some(Dir::ToClient)) | (Point::Server, Some(Dir::ToServer)) => self.rtt,
            _ => 0,
        }
    }

    fn ttl(&self, dir: Dir) -> u8 {
        let (sent, hops) = match (dir, self.point) {
            (Dir::ToServer, Point::Client) => (self.client_ttl, 0),
            (Dir::ToClient, Point::Server) => (64, 0),
            (Dir::ToServer, Point::Server) => (self.client_ttl, 7),
            (Dir::ToClient, Point::Client) => (64, 7),
            (Dir::ToServer, Point::Middle) => (self.client_ttl, 3),
            (Dir::ToClient, Point::Middle) => (64, 4),
        };
        sent.saturating_sub(hops)
    }

    fn ident(&mut self, host: usize) -> u16 {
        let ident = self.idents[host];
        self.idents[host] = ident.wrapping_add(1);
        ident
    }
}

/// How a packet travels: keys that every packet line takes.
#[derive(Clone, Debug, Default)]
pub(super) struct Carriage {
    /// Sent, but not in the capture.
    pub(super) lost: bool,
    from: Option<Ipv4Addr>,
    ttl: Option<u8>,
    copy: bool,
    fragment: Option<usize>,
    bad_checksum: bool,
}

impl Carriage {
    pub(super) fn read(keys: &mut Keys, lost: bool) -> Self {
        Self {
            lost,
            from: keys.address("from"),
            ttl: keys.number("ttl"),
            copy: keys.flag("copy"),
            fragment: keys.number("fragment"),
            bad_checksum: keys.flag("badsum"),
        }
    }

    /// The address that the packet claims to come from.
    pub(super) fn source(&self, real: Ipv4Addr) -> Ipv4Addr {
        self.from.unwrap_or(real)
    }
}

/// One IPv4 datagram, or one fragment of it.
#[derive(Clone, Debug)]
struct Datagram {
    src: Ipv4Addr,
    dst: Ipv4Addr,
    protocol: u8,
    ttl: u8,
    ident: u16,
    /// Flags and fragment offset.
    fragment: u16,
    payload: Vec<u8>,
}

impl Datagram {
    fn bytes(&self, bad_checksum: bool) -> Vec<u8> {
        let length = u16::try_from(HEADER + self.payload.len()).expect("no datagram is that long");
        let mut out = vec![0x45, 0];
        for field in [length, self.ident, self.fragment] {
            out.extend(field.to_be_bytes());
        }
        out.extend([self.ttl, self.protocol, 0, 0]);
        out.extend(self.src.octets());
        out.extend(self.dst.octets());
        let sum = checksum(&[&out]) ^ u16::from(bad_checksum);
        out[10..12].copy_from_slice(&sum.to_be_bytes());
        out.extend(&self.payload);
        out
    }

    /// In pieces whose headers and payloads have `mtu` octets at most.
    fn pieces(&self, mtu: usize) -> Vec<Self> {
        let room = mtu.saturating_sub(HEADER) / 8 * 8;
        assert!(room > 0, "no fragment fits into {mtu} octets");
        let last = self.payload.len().saturating_sub(1) / room;
        let piece = |(n, octets): (usize, &[u8])| {
            let offset = u16::try_from(n * room / 8).expect("fits the 13 bits of a datagram");
            let more = if n < last { MORE_FRAGMENTS } else { 0 };
            Self { fragment: more | offset, payload: octets.to_vec(), ..self.clone() }
        };
        self.payload.chunks(room).enumerate().map(piece).collect()
    }
}

impl World {
    /// Sends one upper-layer packet.
    pub(super) fn send_ip(&mut self, how: &Carriage, dir: Dir, protocol: u8, payload: Vec<u8>) {
        self.send_ip_after(0, how, dir, protocol, payload);
    }

    /// Sends one upper-layer packet that passes the capture point `after` nanoseconds from now.
    pub(super) fn send_ip_after(
        &mut self,
        after: i64,
        how: &Carriage,
        dir: Dir,
        protocol: u8,
        payload: Vec<u8>,
    ) {
        let datagram = Datagram {
            src: how.source(self.path.source(dir).0),
            dst: self.path.source(dir.flip()).0,
            protocol,
            ttl: how.ttl.unwrap_or(self.path.ttl(dir)),
            ident: self.path.ident(dir.index()),
            fragment: if how.fragment.is_some() { 0 } else { DONT_FRAGMENT },
            payload,
        };
        let kind = usize::from(protocol == GRE);
        self.path.newest[dir.index()][kind] = Some(datagram.bytes(false));
        if how.lost {
            return;
        }
        let pieces = match how.fragment {
            Some(mtu) => datagram.pieces(mtu),
            None => vec![datagram],
        };
        for piece in pieces {
            self.capture(after, framed(dir, &piece.bytes(how.bad_checksum)));
            if how.copy {
                let copy = Datagram { ttl: piece.ttl.saturating_sub(1), ..piece };
                self.capture(after + COPY_DELAY, framed(dir, &copy.bytes(how.bad_checksum)));
            }
        }
    }

    /// `ip proto=N hex=…`: any IP payload.
    pub(super) fn send_raw_ip(&mut self, command: &mut Command) {
        let dir = command.dir();
        let Some(protocol) = command.keys.number("proto") else { command.fail("needs `proto`") };
        let payload = command.keys.hex("hex").unwrap_or_default();
        self.send_ip(&command.carriage, dir, protocol, payload);
    }

    /// `icmp type= code= from= to= about= [mtu=]`: an error about the newest packet of a kind.
    pub(super) fn send_icmp(&mut self, command: &mut Command) {
        let keys = &mut command.keys;
        let kind: u8 = keys.number("type").unwrap_or(3);
        let code: u8 = keys.number("code").unwrap_or(1);
        let to = match keys.text("to").as_deref() {
            Some("client") | None => Dir::ToClient,
            Some("server") => Dir::ToServer,
            Some(other) => keys.fail(&format!("`to={other}`: client or server")),
        };
        let about = match keys.text("about").as_deref() {
            Some("tcp") => 0,
            Some("gre") | None => 1,
            Some(other) => keys.fail(&format!("`about={other}`: tcp or gre")),
        };
        let mtu: u16 = keys.number("mtu").unwrap_or(0);
        let Some(mut quoted) = self.path.newest[to.flip().index()][about].clone() else {
            keys.fail("the receiver has sent no such packet yet")
        };
        quoted.truncate(MAX_QUOTE);
        let mut icmp = vec![kind, code, 0, 0, 0, 0];
        icmp.extend(mtu.to_be_bytes());
        icmp.extend(quoted);
        let sum = checksum(&[&icmp]);
        icmp[2..4].copy_from_slice(&sum.to_be_bytes());
        let third = if command.dir.is_none() { THIRD_HOST } else { self.path.source(to).0 };
        let datagram = Datagram {
            src: command.carriage.source(third),
            dst: self.path.source(to.flip()).0,
            protocol: ICMP,
            ttl: command.carriage.ttl.unwrap_or(60),
            ident: self.path.ident(2),
            fragment: 0,
            payload: icmp,
        };
        if !command.carriage.lost {
            self.capture(0, framed(to, &datagram.bytes(command.carriage.bad_checksum)));
        }
    }

    /// A packet that has nothing to do with PPTP: the capture goes on.
    pub(super) fn send_unrelated(&mut self) {
        // Source port, port 9 (discard), length, no checksum.
        let mut udp = vec![0xC3, 0x50, 0, 9, 0, 12, 0, 0];
        udp.extend(b"tick");
        let datagram = Datagram {
            src: self.path.client.0,
            dst: THIRD_HOST,
            protocol: 17,
            ttl: self.path.ttl(Dir::ToServer),
            ident: self.path.ident(0),
            fragment: DONT_FRAGMENT,
            payload: udp,
        };
        self.capture(0, framed(Dir::ToServer, &datagram.bytes(false)));
    }
}

/// The Internet checksum over several parts, each of even length but the last.
pub(super) fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u32;
    for part in parts {
        for pair in part.chunks(2) {
            sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
        }
    }
    while sum >> 16 != 0 {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !u16::try_from(sum).expect("folded above")
}

/// A datagram inside the tunnel.
pub(super) fn inner(src: Ipv4Addr, dst: Ipv4Addr, protocol: u8, payload: Vec<u8>) -> Vec<u8> {
    Datagram { src, dst, protocol, ttl: 64, ident: 0, fragment: DONT_FRAGMENT, payload }
        .bytes(false)
}

fn framed(dir: Dir, datagram: &[u8]) -> Vec<u8> {
    let macs = [[2, 0, 0, 0, 0, 0x0A], [2, 0, 0, 0, 0, 0x14]];
    let (from, to) = (macs[dir.index()], macs[dir.flip().index()]);
    [to.as_slice(), &from, &[8, 0], datagram].concat()
}

/// Protocol number of TCP.
pub(super) const TCP: u8 = 6;
/// Protocol number of GRE.
pub(super) const GRE: u8 = 47;
/// Protocol number of ICMP.
pub(super) const ICMP: u8 = 1;
/// Nanoseconds of a millisecond.
pub(super) const MILLISECOND: i64 = 1_000_000;

const COPY_DELAY: i64 = MILLISECOND / 5;
const DONT_FRAGMENT: u16 = 0x4000;
const MORE_FRAGMENTS: u16 = 0x2000;
const HEADER: usize = 20;
/// RFC 1812 §4.3.2.3: an error has 576 octets at most, 28 of them headers.
const MAX_QUOTE: usize = 548;
const THIRD_HOST: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
