//! Captures of any size for measuring: PPTP sessions that work or fail, attacks, and other traffic around
//! them. The same plan gives the same octets, and only the open sessions are held in memory.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used
)]

pub mod faults;
mod frames;
pub mod hostile;
mod noise;
mod random;
#[path = "../../tests/support/scenario/mod.rs"]
mod scenario;
mod sessions;
mod template;

use std::io::{self, Write};

use hostile::{Hostile, Kind};
use noise::Noise;
use random::Random;
use sessions::{Sessions, Wanted};

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Any number.
    pub seed: u64,
    /// Frames in all.
    pub packets: u64,
    /// Octets of the file, about.
    pub octets: u64,
    /// Sessions in all: the capture ends with the last of them.
    pub sessions: u64,
    /// How many of a thousand frames belong to PPTP.
    pub pptp_permille: u64,
    /// Data packets of a healthy session.
    pub data: u32,
    /// Sessions open at one time.
    pub concurrent: u32,
    /// How many of a thousand sessions fail.
    pub faults: u64,
    /// Attacks instead of sessions.
    pub hostile: Option<Kind>,
    /// Frames a second, at most; 0: as many as the sessions need.
    pub speed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            packets: u64::MAX,
            octets: u64::MAX,
            sessions: u64::MAX,
            pptp_permille: 1000,
            data: 200,
            concurrent: 10,
            faults: 0,
            hostile: None,
            speed: 0,
        }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub packets: u64,
    pub octets: u64,
    pub sessions: u64,
    /// The most sessions that were open at one time.
    pub concurrent: usize,
}

/// Writes a pcap file with nanoseconds.
pub fn write(plan: Plan, out: &mut impl Write) -> io::Result<Written> {
    let mut random = Random(plan.seed);
    let filler: Vec<u8> = (0..4096).map(|_| random.word() as u8).collect();
    let speed = match plan.speed {
        0 => u64::from(plan.concurrent).saturating_mul(8).max(20_000),
        speed => speed,
    };
    let share = plan.pptp_permille.clamp(1, 1000);
    let mut sessions = Sessions::new(
        Wanted {
            seed: plan.seed,
            sessions: plan.sessions,
            concurrent: plan.concurrent.max(1),
            data: plan.data,
            faults: plan.faults,
            data_gap: (u64::from(plan.concurrent) * SECOND * 1000 / (speed * share)).max(DATA_GAP),
        },
        &filler,
    );
    let mut hostile = plan.hostile.map(|kind| Hostile::new(kind, plan.seed, &filler));
    let mut noise = Noise::new(plan.seed, &filler);
    let mut buffer = Vec::with_capacity(BUFFER + (1 << 17));
    for word in [0xA1B2_3C4D_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        buffer.extend(word.to_le_bytes());
    }
    let mut written = Written::default();
    // Nanoseconds from the start, in fractions of 1/speed without a growing error.
    let (mut now, mut rest) = (0, 0);
    while written.packets < plan.packets && written.octets < plan.octets {
        let head = buffer.len();
        buffer.extend([0; 16]);
        if share < 1000 && random.below(1000) >= share {
            noise.write(&mut buffer);
        } else if let Some(hostile) = &mut hostile {
            hostile.write(&mut buffer);
        } else {
            let Some(due) = sessions.next_due(now) else {
                buffer.truncate(head);
                break;
            };
            now = due;
            sessions.write(now, &mut buffer);
        }
        let length = (buffer.len() - head - 16) as u32;
        let words = [(START + now / SECOND) as u32, (now % SECOND) as u32, length, length];
        for (place, word) in buffer[head..].chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        rest += SECOND;
        now += rest / speed;
        rest %= speed;
        written.packets += 1;
        written.octets += u64::from(length) + 16;
        if buffer.len() >= BUFFER {
            out.write_all(&buffer)?;
            buffer.clear();
        }
    }
    out.write_all(&buffer)?;
    out.flush()?;
    (written.sessions, written.concurrent) = sessions.counts();
    Ok(written)
}

const SECOND: u64 = 1_000_000_000;
/// Second 0 of every capture.
const START: u64 = 1_700_000_000;
/// Between two data packets of a session, at least.
const DATA_GAP: u64 = SECOND / 50;
const BUFFER: usize = 1 << 20;
