//! The control connection: sequence numbers, acknowledgments, checksums.

use pptp_diag::base::addr::Dir;

use super::ip::{self, Carriage, MILLISECOND};
use super::world::{Command, Noise, World};

/// One control connection; may be used without a handshake, as when a capture starts late.
pub(super) struct Tcp {
    sides: [Side; 2],
    /// `newcall` stood: the next SYN opens another connection, from this port where one is given.
    fresh: Fresh,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fresh {
    No,
    NextPort,
    Port(u16),
}

struct Side {
    first: u32,
    /// Sequence number of the next octet.
    next: u32,
    /// Next octet expected from the other side, as far as its packets arrived.
    expected: u32,
    greeted: bool,
    last: Option<(u32, Vec<u8>)>,
}

impl Tcp {
    pub(super) fn new(noise: &mut Noise) -> Self {
        let first = noise.octets(8);
        let client = u32::from_be_bytes(first[..4].try_into().unwrap());
        let server = u32::from_be_bytes(first[4..].try_into().unwrap());
        let side = |own: u32, other: u32| Side {
            first: own,
            next: own.wrapping_add(1),
            expected: other.wrapping_add(1),
            greeted: false,
            last: None,
        };
        Self { sides: [side(client, server), side(server, client)], fresh: Fresh::No }
    }

    pub(super) fn fresh_with(&mut self, port: Option<u16>) {
        self.fresh = port.map_or(Fresh::NextPort, Fresh::Port);
    }
}

impl World {
    /// `tcp syn|synack|ack|fin|rst|data|again`.
    pub(super) fn send_tcp(&mut self, command: &mut Command) {
        let dir = command.dir();
        if command.message == "syn" {
            match std::mem::replace(&mut self.tcp.fresh, Fresh::No) {
                Fresh::No => {}
                Fresh::NextPort => self.new_connection(None),
                Fresh::Port(port) => self.new_connection(Some(port)),
            }
        }
        let called = self.tcp.sides[dir.flip().index()].greeted;
        let side = &mut self.tcp.sides[dir.index()];
        let (seq, flags, octets) = match command.message.as_str() {
            "syn" => (side.first, SYN, Vec::new()),
            "synack" => (side.first, SYN | ACK, Vec::new()),
            "ack" => (side.next, ACK, Vec::new()),
            "fin" => (side.next, FIN | ACK, Vec::new()),
            // An answer to a SYN that was not accepted (RFC 9293 §3.5.2).
            "rst" if called && !side.greeted => (0, RST | ACK, Vec::new()),
            "rst" => (side.next, RST | ACK, Vec::new()),
            "data" => {
                let octets = match (command.keys.hex("hex"), command.keys.text("text")) {
                    (Some(octets), None) => octets,
                    (None, Some(text)) => text.into_bytes(),
                    _ => command.fail("needs `hex=…` or `text=…`"),
                };
                return self.send_data(command, &octets);
            }
            "again" => match side.last.clone() {
                Some((seq, octets)) => (seq, PSH | ACK, octets),
                None => command.fail("nothing was sent that could be sent again"),
            },
            _ => command.unknown_message(),
        };
        side.greeted |= flags & SYN != 0;
        self.segment(0, &command.carriage, dir, seq, flags, &octets);
        if command.message == "again" {
            self.acknowledge(command, dir);
        }
    }

    /// Octets of the control connection, acknowledged by the other side unless `noack` stands.
    pub(super) fn send_data(&mut self, command: &mut Command, octets: &[u8]) {
        let dir = command.dir();
        let side = &mut self.tcp.sides[dir.index()];
        let seq = side.next;
        side.last = Some((seq, octets.to_vec()));
        self.segment(0, &command.carriage, dir, seq, PSH | ACK, octets);
        self.acknowledge(command, dir);
    }

    fn acknowledge(&mut self, command: &mut Command, dir: Dir) {
        if command.keys.flag("noack") || command.carriage.lost {
            return;
        }
        let back = dir.flip();
        let after = self.path.flight(Some(back)).max(MILLISECOND);
        let seq = self.tcp.sides[back.index()].next;
        self.segment(after, &Carriage::default(), back, seq, ACK, &[]);
    }

    fn segment(
        &mut self,
        after: i64,
        how: &Carriage,
        dir: Dir,
        seq: u32,
        flags: u8,
        octets: &[u8],
    ) {
        let side = &mut self.tcp.sides[dir.index()];
        let counted = u32::try_from(octets.len()).unwrap() + u32::from(flags & (SYN | FIN) != 0);
        let end = seq.wrapping_add(counted);
        // A retransmission does not move the sender back.
        if end.wrapping_sub(side.next) < 1 << 31 {
            side.next = end;
        }
        let ack = if flags & ACK == 0 { 0 } else { side.expected };
        let ports = [self.path.source(dir).1, self.path.source(dir.flip()).1];
        let options: &[u8] = if flags & SYN == 0 { &[] } else { &MAX_SEGMENT };
        let words = u8::try_from(5 + options.len() / 4).unwrap();
        let mut tcp = Vec::new();
        tcp.extend(ports[0].to_be_bytes());
        tcp.extend(ports[1].to_be_bytes());
        tcp.extend(seq.to_be_bytes());
        tcp.extend(ack.to_be_bytes());
        tcp.extend([words << 4, flags]);
        tcp.extend(64_240_u16.to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend(options);
        tcp.extend(octets);
        let mut pseudo = how.source(self.path.source(dir).0).octets().to_vec();
        pseudo.extend(self.path.source(dir.flip()).0.octets());
        pseudo.extend([0, ip::TCP]);
        pseudo.extend(u16::try_from(tcp.len()).unwrap().to_be_bytes());
        let sum = ip::checksum(&[&pseudo, &tcp]);
        tcp[16..18].copy_from_slice(&sum.to_be_bytes());
        self.send_ip_after(after, how, dir, ip::TCP, tcp);
        let other = &mut self.tcp.sides[dir.flip().index()];
        if !how.lost && end.wrapping_sub(other.expected) < 1 << 31 {
            other.expected = end;
        }
    }
}

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;
/// Option 2: 1460 octets.
const MAX_SEGMENT: [u8; 4] = [2, 4, 0x05, 0xB4];
