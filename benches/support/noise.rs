//! Frames that have nothing to do with PPTP.

use super::frames;
use super::random::Random;

/// Web traffic: 30 % of 66 octets, 13 % of 300, 57 % of 1,400.
pub struct Noise {
    random: Random,
    filler: Vec<u8>,
}

impl Noise {
    pub fn new(seed: u64, filler: &[u8]) -> Self {
        Self { random: Random(!seed), filler: filler.to_vec() }
    }

    /// Appends a frame.
    pub fn write(&mut self, out: &mut Vec<u8>) {
        let random = &mut self.random;
        let size = match random.below(100) {
            0..30 => 66,
            30..43 => 300,
            _ => 1400,
        };
        let start = out.len();
        let client = 0x0A00_0000 + random.below(4096) as u32;
        let server = 0x5DB8_D800 + random.below(64) as u32;
        let ports =
            (32_768 + random.below(28_000) as u16, if random.below(2) == 0 { 443 } else { 80 });
        let away = random.below(2) == 0;
        let (src, dst) = if away { (client, server) } else { (server, client) };
        let (from, to) = if away { ports } else { (ports.1, ports.0) };
        let udp = random.below(5) == 0;
        frames::ip(out, src, dst, if udp { 17 } else { 6 }, size - 34);
        out.extend(from.to_be_bytes());
        out.extend(to.to_be_bytes());
        if udp {
            out.extend((size as u16 - 34).to_be_bytes());
            out.extend([0, 0]);
        } else {
            out.extend(random.word().to_be_bytes());
            out.extend([0x80, 0x10, 1, 0, 0, 0, 0, 0, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1]);
        }
        let from = random.below(2048) as usize;
        let rest = size - (out.len() - start);
        out.extend_from_slice(&self.filler[from..from + rest]);
        frames::seal(&mut out[start..]);
    }
}
