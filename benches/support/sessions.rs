//! Many sessions at one time, each at its own place in its script.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::faults::{FAULTS, HEALTHY};
use super::frames;
use super::random::Random;
use super::template::{Identity, Template};

/// What the sessions are to be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub seed: u64,
    /// Sessions in all; none after these.
    pub sessions: u64,
    /// Open at one time.
    pub concurrent: u32,
    /// Data packets of a healthy session.
    pub data: u32,
    /// How many of a thousand sessions fail.
    pub faults: u64,
    /// Nanoseconds between two data packets of one session.
    pub data_gap: u64,
}

/// All open sessions. Memory is in proportion to their number.
pub struct Sessions {
    wanted: Wanted,
    templates: Vec<Template>,
    open: Vec<Session>,
    /// When a session goes on, and its slot.
    due: BinaryHeap<Reverse<(u64, u32)>>,
    free: Vec<u32>,
    begun: u64,
    most: usize,
    filler: Vec<u8>,
}

/// One open session: 32 octets.
#[derive(Clone, Copy, Debug, Default)]
struct Session {
    number: u64,
    /// Data packets of client and server so far.
    sent: [u32; 2],
    step: u16,
    kind: u16,
}

impl Sessions {
    pub fn new(wanted: Wanted, filler: &[u8]) -> Self {
        let scripts = [HEALTHY].into_iter().chain(FAULTS.iter().copied());
        Self {
            wanted,
            templates: scripts.map(|script| Template::new(&script)).collect(),
            open: Vec::new(),
            due: BinaryHeap::new(),
            free: Vec::new(),
            begun: 0,
            most: 0,
            filler: filler.to_vec(),
        }
    }

    /// When the next frame is due, now or later; `None` when all sessions are over.
    pub fn next_due(&mut self, now: u64) -> Option<u64> {
        let room = self.due.len() < self.wanted.concurrent as usize;
        if room && self.begun < self.wanted.sessions {
            self.begin(now);
        }
        self.due.peek().map(|Reverse((at, _))| (*at).max(now))
    }

    /// Appends the frame that is due.
    pub fn write(&mut self, now: u64, out: &mut Vec<u8>) {
        let Some(Reverse((_, slot))) = self.due.pop() else { return };
        let Wanted { seed, data, data_gap, .. } = self.wanted;
        let session = &mut self.open[slot as usize];
        let template = &self.templates[usize::from(session.kind)];
        let who = Identity { number: session.number, slot };
        let sent = session.sent[0] + session.sent[1];
        let wants_data = session.kind == 0 && sent < data;
        let step = usize::from(session.step);
        if step == template.split && wants_data {
            data_packet(
                session,
                (sent, data - 1),
                template.numbers,
                (seed, who),
                &self.filler,
                out,
            );
        } else {
            template.write(step, seed, who, session.sent, out);
            session.step += 1;
        }
        let more_data = session.kind == 0 && session.sent[0] + session.sent[1] < data;
        let step = usize::from(session.step);
        if step == template.split && more_data {
            self.due.push(Reverse((now + data_gap, slot)));
        } else if let Some(next) = template.steps.get(step) {
            self.due.push(Reverse((now + next.gap, slot)));
        } else {
            self.free.push(slot);
        }
    }

    /// Sessions begun, and the most that were open at one time.
    pub fn counts(&self) -> (u64, usize) {
        (self.begun, self.most)
    }

    fn begin(&mut self, now: u64) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.open.push(Session::default());
            self.open.len() as u32 - 1
        });
        let mut random = Random::of(self.wanted.seed, self.begun, 15);
        let fails = random.below(1000) < self.wanted.faults;
        let kind = if fails { 1 + random.below(FAULTS.len() as u64) as u16 } else { 0 };
        self.open[slot as usize] = Session { number: self.begun, kind, ..Session::default() };
        self.begun += 1;
        self.due.push(Reverse((now, slot)));
        self.most = self.most.max(self.due.len());
    }
}

/// Octets as they are in tunnels: many short packets, many full ones.
fn data_size(random: &mut Random) -> usize {
    match random.below(100) {
        0..45 => 50,
        45..70 => 100 + random.below(500) as usize,
        _ => 1360,
    }
}

/// Number `count` of the packets in the tunnel; `last` ends them.
fn data_packet(
    session: &mut Session,
    (count, last): (u32, u32),
    numbers: [u32; 2],
    (seed, who): (u64, Identity),
    filler: &[u8],
    out: &mut Vec<u8>,
) {
    let mut random = Random::of(seed, session.number << 20 | u64::from(count), 14);
    // The last two are short and acknowledge all that came before.
    let (side, size) = match last - count {
        0 => (0, 50),
        1 => (1, 50),
        _ => (usize::from(random.below(100) < 60), data_size(&mut random)),
    };
    let next = |side: usize| numbers[side] + session.sent[side];
    let ack = next(1 - side).checked_sub(1);
    let hosts = (who.address(seed, side), who.address(seed, 1 - side));
    let start = out.len();
    frames::gre(out, hosts, who.call(seed, 1 - side), (next(side), ack), size + 4);
    // Stateless MPPE: the key is changed for each packet, which A (flushed) says (RFC 3078 §3.1).
    out.extend([0x00, 0xFD]);
    out.extend((0x9000 | (session.sent[side] & 0x0FFF) as u16).to_be_bytes());
    let from = random.below(2048) as usize;
    out.extend_from_slice(&filler[from..from + size]);
    frames::seal(&mut out[start..]);
    session.sent[side] += 1;
}
