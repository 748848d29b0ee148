//! A capture of any size for measuring: Ethernet noise with a given share of PPTP in it. The same seed
//! gives the same octets. Only one session is held at a time, so size costs no memory.

use std::io::{self, Write};

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Frames in all.
    pub packets: u64,
    /// How many of a thousand frames belong to PPTP.
    pub pptp_permille: u64,
    /// Any number.
    pub seed: u64,
}

/// Writes a pcap file.
pub fn write(plan: Plan, out: &mut impl Write) -> io::Result<()> {
    let mut random = Random(plan.seed);
    let filler: Vec<u8> = (0..4096).map(|_| random.below(256) as u8).collect();
    for word in [0xA1B2_C3D4u32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.write_all(&word.to_le_bytes())?;
    }
    let mut session = Session::new(0);
    let mut frame = Vec::with_capacity(1600);
    for n in 0..plan.packets {
        frame.clear();
        if random.below(1000) < plan.pptp_permille {
            if !session.next(&mut frame, &filler) {
                session = Session::new(session.id + 1);
                session.next(&mut frame, &filler);
            }
        } else {
            noise(&mut frame, &mut random, &filler);
        }
        let micros = 1_700_000_000_000_000 + n * FRAME_MICROS;
        let length = frame.len() as u32;
        for word in [(micros / 1_000_000) as u32, (micros % 1_000_000) as u32, length, length] {
            out.write_all(&word.to_le_bytes())?;
        }
        out.write_all(&frame)?;
    }
    Ok(())
}

/// A frame that has nothing to do with PPTP: 55 % of 66 octets, 15 % of 300, 30 % of 1,400.
fn noise(frame: &mut Vec<u8>, random: &mut Random, filler: &[u8]) {
    let size = match random.below(100) {
        0..55 => 66,
        55..70 => 300,
        _ => 1400,
    };
    let udp = random.below(5) == 0;
    let (client, server) =
        (0x0A00_0000 + random.below(4096) as u32, 0x5DB8_D800 + random.below(64) as u32);
    let ports = (32_768 + random.below(28_000) as u16, if random.below(2) == 0 { 443 } else { 80 });
    let away = random.below(2) == 0;
    let (src, dst) = if away { (client, server) } else { (server, client) };
    let (from, to) = if away { ports } else { (ports.1, ports.0) };
    ip_header(frame, src, dst, if udp { 17 } else { 6 }, size - 34);
    frame.extend(from.to_be_bytes());
    frame.extend(to.to_be_bytes());
    if udp {
        frame.extend((size as u16 - 34).to_be_bytes());
        frame.extend([0, 0]);
    } else {
        frame.extend((random.below(1 << 32) as u32).to_be_bytes());
        frame.extend((random.below(1 << 32) as u32).to_be_bytes());
        frame.extend([0x80, 0x10, 1, 0, 0, 0, 0, 0, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1]);
    }
    let start = random.below(2048) as usize;
    let rest = size - frame.len();
    frame.extend(&filler[start..start + rest]);
}

/// One complete session, frame by frame: TCP, control connection, call, LCP, MS-CHAPv2, CCP, IPCP, then
/// encrypted data both ways, and the end of it.
struct Session {
    id: u32,
    step: usize,
    /// TCP sequence numbers, client and server.
    tcp: [u32; 2],
    /// GRE sequence numbers, client and server.
    gre: [u32; 2],
}

impl Session {
    fn new(id: u32) -> Self {
        Self { id, step: 0, tcp: [1000, 5000], gre: [0, 0] }
    }

    /// Appends the next frame; `false` when the session is over.
    fn next(&mut self, frame: &mut Vec<u8>, filler: &[u8]) -> bool {
        let step = self.step;
        self.step += 1;
        let call = self.client_call();
        match step {
            0 => self.tcp(frame, 0, 0x02, &[]),
            1 => self.tcp(frame, 1, 0x12, &[]),
            2 => self.tcp(frame, 0, 0x10, &[]),
            3 => self.tcp(frame, 0, 0x18, &start(1, 156, &[1, 0, 0, 0])),
            4 => self.tcp(frame, 1, 0x18, &start(2, 156, &[1, 0, 1, 0])),
            5 => self.tcp(frame, 0, 0x18, &outgoing_request(call)),
            6 => self.tcp(frame, 1, 0x18, &outgoing_reply(self.server_call(), call)),
            7 => self.tcp(frame, 0, 0x18, &set_link_info(self.server_call())),
            8.. if step < 8 + NEGOTIATION.len() => {
                let (side, ppp) = NEGOTIATION[step - 8];
                self.gre(frame, side, ppp);
            }
            _ if step < 8 + NEGOTIATION.len() + DATA => {
                let size = if step.is_multiple_of(3) { 1200 } else { 90 };
                let mut ppp = vec![0x00, 0xFD];
                ppp.extend((0x9000 | (step as u16 & 0x0FFF)).to_be_bytes());
                ppp.extend(&filler[step..step + size]);
                self.gre(frame, step % 2, &ppp);
            }
            _ => match step - 8 - NEGOTIATION.len() - DATA {
                0 => self.gre(frame, 0, &[0xFF, 3, 0xC0, 0x21, 5, 9, 0, 4]),
                1 => self.gre(frame, 1, &[0xFF, 3, 0xC0, 0x21, 6, 9, 0, 4]),
                2 => self.tcp(frame, 0, 0x18, &control(12, 16, &call.to_be_bytes())),
                3 => self.tcp(
                    frame,
                    1,
                    0x18,
                    &control(13, 148, &[&call.to_be_bytes()[..], &[4, 0]].concat()),
                ),
                4 => self.tcp(frame, 0, 0x11, &[]),
                5 => self.tcp(frame, 1, 0x11, &[]),
                _ => return false,
            },
        }
        true
    }

    fn client_call(&self) -> u16 {
        (self.id % 60_000) as u16 + 1
    }

    fn server_call(&self) -> u16 {
        (self.id % 50_000) as u16 + 384
    }

    fn addresses(&self, side: usize) -> (u32, u32) {
        let (client, server) = (0xC000_0200 + self.id % 0x1_0000, 0xC633_6414);
        if side == 0 { (client, server) } else { (server, client) }
    }

    fn tcp(&mut self, frame: &mut Vec<u8>, side: usize, flags: u8, payload: &[u8]) {
        let (src, dst) = self.addresses(side);
        let client = 32_768 + (self.id % 28_000) as u16;
        let (from, to) = if side == 0 { (client, 1723) } else { (1723, client) };
        ip_header(frame, src, dst, 6, 20 + payload.len());
        frame.extend(from.to_be_bytes());
        frame.extend(to.to_be_bytes());
        frame.extend(self.tcp[side].to_be_bytes());
        frame.extend(if flags == 2 { 0 } else { self.tcp[1 - side] }.to_be_bytes());
        frame.extend([0x50, flags, 0xFA, 0xF0, 0, 0, 0, 0]);
        frame.extend(payload);
        self.tcp[side] += payload.len() as u32 + u32::from(flags & 3 != 0);
    }

    /// Enhanced GRE (RFC 2637 §4.1) with sequence and acknowledgment numbers.
    fn gre(&mut self, frame: &mut Vec<u8>, side: usize, ppp: &[u8]) {
        let (src, dst) = self.addresses(side);
        let receiver = if side == 0 { self.server_call() } else { self.client_call() };
        let acknowledges = self.gre[1 - side].checked_sub(1);
        let header = if acknowledges.is_some() { 16 } else { 12 };
        ip_header(frame, src, dst, 47, header + ppp.len());
        frame.extend([0x30, if acknowledges.is_some() { 0x81 } else { 0x01 }, 0x88, 0x0B]);
        frame.extend((ppp.len() as u16).to_be_bytes());
        frame.extend(receiver.to_be_bytes());
        frame.extend(self.gre[side].to_be_bytes());
        if let Some(n) = acknowledges {
            frame.extend(n.to_be_bytes());
        }
        frame.extend(ppp);
        self.gre[side] += 1;
    }
}

/// Ethernet and IPv4 headers.
fn ip_header(frame: &mut Vec<u8>, src: u32, dst: u32, protocol: u8, payload: usize) {
    frame.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    let start = frame.len();
    frame.extend([0x45, 0]);
    frame.extend((20 + payload as u16).to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
    frame.extend(src.to_be_bytes());
    frame.extend(dst.to_be_bytes());
    let sum: u32 =
        frame[start..].chunks(2).map(|w| u32::from(u16::from_be_bytes([w[0], w[1]]))).sum();
    let folded = (sum & 0xFFFF) + (sum >> 16);
    let checksum = !(((folded & 0xFFFF) + (folded >> 16)) as u16);
    frame[start + 10..start + 12].copy_from_slice(&checksum.to_be_bytes());
}

/// A control message of `length` octets: header (RFC 2637 §1.4), the given fields, zeros.
fn control(kind: u16, length: u16, fields: &[u8]) -> Vec<u8> {
    let mut m = length.to_be_bytes().to_vec();
    m.extend([0, 1, 0x1A, 0x2B, 0x3C, 0x4D]);
    m.extend(kind.to_be_bytes());
    m.extend([0, 0]);
    m.extend(fields);
    m.resize(usize::from(length), 0);
    m
}

/// Start-Control-Connection-Request or -Reply; `fields` begin with version and result.
fn start(kind: u16, length: u16, fields: &[u8]) -> Vec<u8> {
    let mut m = control(kind, length, &[fields, &[0, 0, 0, 3, 0, 0, 0, 3, 0, 1, 0, 1]].concat());
    m[28..33].copy_from_slice(b"local");
    m[92..97].copy_from_slice(b"linux");
    m
}

fn outgoing_request(call: u16) -> Vec<u8> {
    let speeds = [0, 0, 0x09, 0x60, 0x00, 0x98, 0x96, 0x80, 0, 0, 0, 2, 0, 0, 0, 3, 0, 3, 0, 0];
    control(7, 168, &[&call.to_be_bytes()[..], &[0, 1], &speeds].concat())
}

fn outgoing_reply(own: u16, peer: u16) -> Vec<u8> {
    let rest = [1, 0, 0, 0, 0x05, 0xF5, 0xE1, 0x00, 0, 0x40, 0, 0, 0, 0, 0, 0];
    control(8, 32, &[&own.to_be_bytes()[..], &peer.to_be_bytes(), &rest].concat())
}

fn set_link_info(call: u16) -> Vec<u8> {
    control(15, 24, &[&call.to_be_bytes()[..], &[0, 0], &[0xFF; 8]].concat())
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
}

const FRAME_MICROS: u64 = 50;
/// Encrypted packets of a session.
const DATA: usize = 200;

/// Side (0: client) and PPP frame, in order.
const NEGOTIATION: &[(usize, &[u8])] = &[
    (0, b"\xFF\x03\xC0\x21\x01\x01\x00\x10\x02\x06\x00\x00\x00\x00\x05\x06\x11\x22\x33\x44"),
    (1, b"\xFF\x03\xC0\x21\x01\x01\x00\x15\x02\x06\x00\x00\x00\x00\x03\x05\xC2\x23\x81\x05\x06\x55\x66\x77\x88"),
    (0, b"\xFF\x03\xC0\x21\x02\x01\x00\x15\x02\x06\x00\x00\x00\x00\x03\x05\xC2\x23\x81\x05\x06\x55\x66\x77\x88"),
    (1, b"\xFF\x03\xC0\x21\x02\x01\x00\x10\x02\x06\x00\x00\x00\x00\x05\x06\x11\x22\x33\x44"),
    (1, b"\xFF\x03\xC2\x23\x01\x15\x00\x1A\x100123456789abcdefpptpd"),
    (
        0,
        b"\xFF\x03\xC2\x23\x02\x15\x00\x3B\x31fedcba9876543210\0\0\0\0\0\0\0\0NT-response-of-24-octets\0alice",
    ),
    (1, b"\xFF\x03\xC2\x23\x03\x15\x00\x2ES=407A5589115FD0D6209F510FE9C04566932CDA56"),
    (1, b"\xFF\x03\x80\xFD\x01\x01\x00\x0A\x12\x06\x01\x00\x00\x40"),
    (0, b"\xFF\x03\x80\xFD\x01\x01\x00\x0A\x12\x06\x01\x00\x00\x40"),
    (0, b"\xFF\x03\x80\xFD\x02\x01\x00\x0A\x12\x06\x01\x00\x00\x40"),
    (1, b"\xFF\x03\x80\xFD\x02\x01\x00\x0A\x12\x06\x01\x00\x00\x40"),
    (1, b"\xFF\x03\x80\x21\x01\x01\x00\x0A\x03\x06\x0A\x09\x00\x01"),
    (0, b"\xFF\x03\x80\x21\x02\x01\x00\x0A\x03\x06\x0A\x09\x00\x01"),
    (0, b"\xFF\x03\x80\x21\x01\x01\x00\x0A\x03\x06\x00\x00\x00\x00"),
    (1, b"\xFF\x03\x80\x21\x03\x01\x00\x0A\x03\x06\x0A\x09\x00\x64"),
    (0, b"\xFF\x03\x80\x21\x01\x02\x00\x0A\x03\x06\x0A\x09\x00\x64"),
    (1, b"\xFF\x03\x80\x21\x02\x02\x00\x0A\x03\x06\x0A\x09\x00\x64"),
];
