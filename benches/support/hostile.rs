//! Traffic that means harm: each kind fills one table of an analyser without end.

use super::faults::HEALTHY;
use super::frames;
use super::random::Random;
use super::template::{Identity, Template};

/// What the attacker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Half-open connections from random addresses.
    Syn,
    /// GRE with ever new addresses and call ids.
    Calls,
    /// TCP connections whose segments leave holes that are never filled.
    Holes,
    /// First fragments of GRE packets whose rest never comes.
    Fragments,
    /// Configure-Requests without end, in one session.
    Requests,
    /// Connections that say something that is not PPTP.
    Scans,
    /// User names of 10,000 octets.
    Names,
}

/// By the names on the command line.
pub const KINDS: [(&str, Kind); 7] = [
    ("syn", Kind::Syn),
    ("calls", Kind::Calls),
    ("holes", Kind::Holes),
    ("fragments", Kind::Fragments),
    ("requests", Kind::Requests),
    ("scans", Kind::Scans),
    ("names", Kind::Names),
];

/// Writes frame after frame.
pub struct Hostile {
    kind: Kind,
    seed: u64,
    n: u64,
    random: Random,
    template: Template,
    filler: Vec<u8>,
}

impl Hostile {
    pub fn new(kind: Kind, seed: u64, filler: &[u8]) -> Self {
        Self {
            kind,
            seed,
            n: 0,
            random: Random(seed),
            template: Template::new(&HEALTHY),
            filler: filler.to_vec(),
        }
    }

    /// Appends the next frame.
    pub fn write(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        match self.kind {
            Kind::Syn => {
                let client = (0x0B00_0000 | self.random.below(1 << 24) as u32, self.port());
                frames::tcp(out, client, SERVER, (self.random.word() as u32, 0), 0x02, &[]);
            }
            Kind::Calls => {
                let client = 0x0B00_0000 | self.random.below(1 << 20) as u32;
                let call = self.n as u16;
                frames::gre(out, (client, SERVER.0), call, (0, None), 18);
                out.extend([0xFF, 3, 0xC0, 0x21, 1, 1, 0, 14, 1, 4, 5, 0xDC, 5, 6]);
                out.extend((self.n as u32).to_be_bytes());
            }
            Kind::Holes => self.hole(out),
            Kind::Fragments => self.fragment(out),
            Kind::Requests => self.request(out),
            Kind::Scans => self.scan(out),
            Kind::Names => self.long_name(out),
        }
        frames::seal(&mut out[start..]);
        self.n += 1;
    }

    fn port(&mut self) -> u16 {
        1024 + self.random.below(60_000) as u16
    }

    /// 16,384 connections at a time; each has its handshake and 32 segments with a hole before each.
    fn hole(&mut self, out: &mut Vec<u8>) {
        let (round, lane) = (self.n >> 14, self.n & 0x3FFF);
        let (generation, step) = (round / 35, round % 35);
        let client = (0x0B00_0000 | (generation << 14 | lane) as u32, 40_000);
        if step < 3 {
            return handshake(out, client, step);
        }
        let number = 1001 + (step as u32 - 2) * 2800;
        frames::tcp(out, client, SERVER, (number, 5001), 0x10, &self.filler[..1400]);
    }

    fn fragment(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        let client = 0x0B00_0000 | (self.n >> 16) as u32;
        frames::gre(out, (client, SERVER.0), 7, (self.n as u32, None), 1448);
        out.extend_from_slice(&self.filler[..1448]);
        let ip = &mut out[start + frames::IP..];
        ip[4..6].copy_from_slice(&(self.n as u16).to_be_bytes());
        ip[6..8].copy_from_slice(&0x2000_u16.to_be_bytes());
    }

    fn request(&mut self, out: &mut Vec<u8>) {
        let who = Identity::default();
        let opening = self.template.control();
        if (self.n as usize) < opening {
            return self.template.write(self.n as usize, self.seed, who, [0; 2], out);
        }
        let n = self.n as u32 - opening as u32;
        let hosts = (who.address(self.seed, 0), who.address(self.seed, 1));
        let length = 4 + 4 + 6 + 12;
        frames::gre(out, hosts, who.call(self.seed, 1), (n, None), 4 + length);
        out.extend([0xFF, 3, 0xC0, 0x21, 1, n as u8, 0, length as u8]);
        out.extend([1, 4, (n >> 8) as u8, n as u8]);
        out.extend([5, 6]);
        out.extend(n.to_be_bytes());
        // An option that nobody knows.
        out.extend([0x80 | (n >> 3) as u8 & 0x7F, 12]);
        out.extend(self.random.octets::<10>());
    }

    fn scan(&mut self, out: &mut Vec<u8>) {
        let client = (0x0B00_0000 | (self.n / 4) as u32 & 0xFF_FFFF, 40_000);
        match self.n % 4 {
            3 => {
                let garbage: [u8; 64] = self.random.octets();
                frames::tcp(out, client, SERVER, (1001, 5001), 0x18, &garbage);
            }
            step => handshake(out, client, step),
        }
    }

    fn long_name(&mut self, out: &mut Vec<u8>) {
        let steps = self.template.challenged();
        let (number, step) = (self.n / (steps as u64 + 1), (self.n % (steps as u64 + 1)) as usize);
        let who = Identity { number, slot: (number & 0xFFFF) as u32 };
        if step < steps {
            return self.template.write(step, self.seed, who, [0; 2], out);
        }
        let hosts = (who.address(self.seed, 0), who.address(self.seed, 1));
        let length = 5 + 49 + NAME;
        frames::gre(out, hosts, who.call(self.seed, 1), (100, None), 4 + length);
        out.extend([0xFF, 3, 0xC2, 0x23, 2, 87]);
        out.extend((length as u16).to_be_bytes());
        out.push(49);
        out.extend(self.random.octets::<16>());
        out.extend([0; 8]);
        out.extend(self.random.octets::<25>());
        out.extend_from_slice(&number.to_be_bytes());
        out.resize(out.len() + NAME - 8, b'n');
    }
}

fn handshake(out: &mut Vec<u8>, client: (u32, u16), step: u64) {
    match step {
        0 => frames::tcp(out, client, SERVER, (1000, 0), 0x02, &[]),
        1 => frames::tcp(out, SERVER, client, (5000, 1001), 0x12, &[]),
        _ => frames::tcp(out, client, SERVER, (1001, 5001), 0x10, &[]),
    }
}

const SERVER: (u32, u16) = (0xC633_6414, 1723);
const NAME: usize = 10_000;
