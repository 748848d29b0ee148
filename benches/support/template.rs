//! A script made into frames once, and what has to be replaced in them for each session.

use pptp_diag::crypto::mschapv2;
use pptp_diag::crypto::secret::NtHash;

use super::faults::Script;
use super::frames::{self, IP, PAYLOAD};
use super::random::Random;
use super::scenario;

/// The frames of one kind of session.
pub struct Template {
    pub steps: Vec<Step>,
    /// Data may be put in before this step.
    pub split: usize,
    /// GRE numbers that client and server have used before it.
    pub numbers: [u32; 2],
    hash: NtHash,
}

/// One frame.
pub struct Step {
    /// Nanoseconds after the frame before it.
    pub gap: u64,
    frame: Vec<u8>,
    patches: Vec<(usize, Field)>,
}

/// Who a session is. All else follows from it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity {
    /// Counts the sessions of a capture.
    pub number: u64,
    /// No two open sessions have the same.
    pub slot: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Address(usize),
    Port,
    TcpNumber(usize),
    Call(usize),
    /// Sequence or acknowledgment number that counts what a side sent.
    GreNumber(usize),
    Magic(usize),
    Lease,
    User,
    Challenge,
    /// Peer challenge, eight zeros, NT-Response.
    Response(usize),
}

impl Template {
    pub fn new(script: &Script) -> Self {
        let count = |text: &str| scenario::compile(text, script.name, 1).len();
        let split = count(script.before);
        let packets = scenario::compile(&[script.before, script.after].concat(), script.name, 1);
        let mut at = scenario::START;
        let mut steps = Vec::new();
        let mut numbers = [0; 2];
        for (n, packet) in packets.into_iter().enumerate() {
            let side = usize::from(packet.frame[IP + 12..IP + 16] != CLIENT);
            let patches = patches(&packet.frame, side);
            if n < split {
                for (offset, field) in &patches {
                    if *field == Field::GreNumber(side) {
                        numbers[side] = number_at(&packet.frame, *offset) + 1;
                    }
                }
            }
            let gap = (packet.at - at).0 as u64;
            at = packet.at;
            steps.push(Step { gap, frame: packet.frame, patches });
        }
        let password = if script.before.contains("secrte") { "secrte" } else { "secret" };
        Self { steps, split, numbers, hash: NtHash::of_password(password) }
    }

    /// Steps before the first GRE packet.
    pub fn control(&self) -> usize {
        self.steps.iter().position(|s| s.frame[IP + 9] == 47).unwrap_or(self.steps.len())
    }

    /// Steps up to the first Challenge, with it.
    pub fn challenged(&self) -> usize {
        let challenge = |s: &Step| s.patches.iter().any(|(_, field)| *field == Field::Challenge);
        self.steps.iter().position(challenge).map_or(self.steps.len(), |n| n + 1)
    }

    /// Appends the frame of a step to `out`. `sent`: data packets of either side so far.
    pub fn write(&self, step: usize, seed: u64, who: Identity, sent: [u32; 2], out: &mut Vec<u8>) {
        let Step { frame, patches, .. } = &self.steps[step];
        let start = out.len();
        out.extend_from_slice(frame);
        let frame = &mut out[start..];
        for (offset, field) in patches {
            let place = &mut frame[*offset..];
            match *field {
                Field::Address(side) => {
                    place[..4].copy_from_slice(&who.address(seed, side).to_be_bytes());
                }
                Field::Port => place[..2].copy_from_slice(&who.port(seed).to_be_bytes()),
                Field::Call(side) => {
                    place[..2].copy_from_slice(&who.call(seed, side).to_be_bytes());
                }
                Field::TcpNumber(side) => add(place, who.tcp_offset(seed, side)),
                Field::GreNumber(side) => {
                    add(place, if step < self.split { 0 } else { sent[side] });
                }
                Field::Magic(side) => {
                    let magic = Random::of(seed, who.number, 3 + side as u64).word() as u32;
                    place[..4].copy_from_slice(&magic.to_be_bytes());
                }
                Field::Lease => {
                    let lease = 0x0A80_0000 | (who.number & 0x7F_FFFF) as u32;
                    place[..4].copy_from_slice(&lease.to_be_bytes());
                }
                Field::User => place[..5].copy_from_slice(&who.user()),
                Field::Challenge => place[..16].copy_from_slice(&who.challenge(seed)),
                Field::Response(n) => {
                    let peer = Random::of(seed, who.number, 8 + n as u64).octets::<16>();
                    let hash = mschapv2::challenge_hash(&peer, &who.challenge(seed), &who.user());
                    place[..16].copy_from_slice(&peer);
                    place[24..48].copy_from_slice(&mschapv2::nt_response(&self.hash, &hash));
                }
            }
        }
        frames::seal(frame);
        if frame[IP + 9] == 6 {
            frames::seal_tcp(frame);
        }
    }
}

impl Identity {
    /// IPv4 address of the client (0) or the server: 32,768 sessions a server, so that its call ids suffice.
    pub fn address(&self, seed: u64, side: usize) -> u32 {
        match side {
            0 => 0x6440_0000 | (self.number.wrapping_add(seed << 16) & 0x3F_FFFF) as u32,
            _ => 0xC633_6401 + (self.slot >> 15),
        }
    }

    pub fn port(&self, seed: u64) -> u16 {
        1024 + Random::of(seed, self.number, 1).below(60_000) as u16
    }

    /// The id that a side chose.
    pub fn call(&self, seed: u64, side: usize) -> u16 {
        match side {
            0 => Random::of(seed, self.number, 2).word() as u16,
            _ => ((self.slot & 0x7FFF) << 1) as u16 | (self.number & 1) as u16,
        }
    }

    fn tcp_offset(&self, seed: u64, side: usize) -> u32 {
        Random::of(seed, self.number, 5 + side as u64).word() as u32
    }

    fn challenge(&self, seed: u64) -> [u8; 16] {
        Random::of(seed, self.number, 7).octets()
    }

    fn user(&self) -> [u8; 5] {
        let mut rest = self.number;
        std::array::from_fn(|_| {
            let letter = b'a' + (rest % 26) as u8;
            rest /= 26;
            letter
        })
    }
}

/// Finds what has to be replaced.
fn patches(frame: &[u8], side: usize) -> Vec<(usize, Field)> {
    let mut found = Vec::new();
    for (offset, address) in
        [(IP + 12, &frame[IP + 12..IP + 16]), (IP + 16, &frame[IP + 16..PAYLOAD])]
    {
        let of = [CLIENT, SERVER].iter().position(|known| known == address);
        found.extend(of.map(|side| (offset, Field::Address(side))));
    }
    match frame[IP + 9] {
        6 => {
            found.push((PAYLOAD + if side == 0 { 0 } else { 2 }, Field::Port));
            found.push((PAYLOAD + 4, Field::TcpNumber(side)));
            if frame[PAYLOAD + 13] & 0x10 != 0 {
                found.push((PAYLOAD + 8, Field::TcpNumber(1 - side)));
            }
            let message = PAYLOAD + usize::from(frame[PAYLOAD + 12] >> 4) * 4;
            for offset in [message + 12, message + 14] {
                found.extend(call_at(frame, offset).map(|side| (offset, Field::Call(side))));
            }
        }
        47 => {
            let (sequence, acknowledgment) =
                (frame[PAYLOAD] & 0x10 != 0, frame[PAYLOAD + 1] & 0x80 != 0);
            found.extend(call_at(frame, PAYLOAD + 6).map(|side| (PAYLOAD + 6, Field::Call(side))));
            let mut next = PAYLOAD + 8;
            if sequence {
                found.push((next, Field::GreNumber(side)));
                next += 4;
            }
            if acknowledgment {
                found.push((next, Field::GreNumber(1 - side)));
                next += 4;
            }
            let known: [(&[u8], Field); 7] = [
                (&MAGIC[0], Field::Magic(0)),
                (&MAGIC[1], Field::Magic(1)),
                (&LEASE, Field::Lease),
                (b"alice", Field::User),
                (&CHALLENGE, Field::Challenge),
                (&PEER[0], Field::Response(0)),
                (&PEER[1], Field::Response(1)),
            ];
            for (octets, field) in known {
                let places = frame[next..].windows(octets.len()).enumerate();
                found.extend(places.filter(|(_, w)| *w == octets).map(|(n, _)| (next + n, field)));
            }
        }
        _ => {}
    }
    found
}

fn call_at(frame: &[u8], offset: usize) -> Option<usize> {
    let octets = frame.get(offset..offset + 2)?;
    CALLS.iter().position(|call| call == octets)
}

fn number_at(frame: &[u8], offset: usize) -> u32 {
    frame[offset..offset + 4].iter().fold(0, |n, octet| n << 8 | u32::from(*octet))
}

fn add(place: &mut [u8], n: u32) {
    let sum = number_at(place, 0).wrapping_add(n);
    place[..4].copy_from_slice(&sum.to_be_bytes());
}

// What the scripts and the scenario language write.
const CLIENT: [u8; 4] = [192, 0, 2, 10];
const SERVER: [u8; 4] = [198, 51, 100, 20];
const CALLS: [[u8; 2]; 2] = [[0xC1, 0xA5], [0x5E, 0xC7]];
const MAGIC: [[u8; 4]; 2] = [[0x1D, 0x56, 0x35, 0x75], [0x67, 0x29, 0xA0, 0x99]];
const LEASE: [u8; 4] = [10, 9, 0, 100];
const CHALLENGE: [u8; 16] = *b"\x5B\x5D\x7C\x7D\x7B\x3F\x2F\x3E\x3C\x2C\x60\x21\x32\x26\x26\x28";
const PEER: [[u8; 16]; 2] = [
    *b"\x21\x40\x23\x24\x25\x5E\x26\x2A\x28\x29\x5F\x2B\x3A\x33\x7C\x7E",
    *b"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1A\x1B\x1C\x1D\x1E\x1F",
];
