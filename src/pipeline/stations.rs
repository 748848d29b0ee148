//! Which captures were taken at one point, and which look at the same traffic from another.
//!
//! Files of a rotated capture hold different packets; captures of one call at client and server hold the
//! same ones. Two views must not be merged by time (their clocks differ, and each packet would look like a
//! copy), so every point gets an analysis of its own.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

use etherparse::TcpSlice;

use crate::base::frame::Frame;
use crate::link::Datagram;
use crate::link::Linker;
use crate::link::protocol;
use crate::wire::gre;

/// What of one capture tells it from the others: prints of packets that are unique, and the TTLs with
/// which hosts are seen there.
#[derive(Debug, Default)]
pub struct Prints {
    packets: BTreeSet<u64>,
    ttls: BTreeMap<IpAddr, u8>,
}

/// Takes prints of a capture, frame by frame.
#[derive(Debug)]
pub struct Scan {
    linker: Linker,
    prints: Prints,
}

impl Scan {
    /// `ports`: control ports besides 1723.
    #[must_use]
    pub fn new(ports: &[u16]) -> Self {
        Self { linker: Linker::new(ports), prints: Prints::default() }
    }

    /// Takes a frame; returns whether more of the capture is needed.
    pub fn push(&mut self, frame: &Frame<'_>) -> bool {
        if let Some(d) = self.linker.datagram(frame) {
            self.prints.take(&d);
        }
        self.prints.packets.len() < ENOUGH
    }

    /// The prints.
    #[must_use]
    pub fn finish(self) -> Prints {
        self.prints
    }
}

impl Prints {
    fn take(&mut self, d: &Datagram<'_>) {
        let print = match d.protocol {
            protocol::GRE => gre::parse(d.payload).ok().and_then(|p| {
                // The call id is left out: a NAT helper rewrites it.
                let seq = p.seq.filter(|_| p.payload.len() >= WORTH)?;
                Some(hash(&(seq, p.payload)))
            }),
            protocol::TCP => TcpSlice::from_slice(d.payload).ok().filter(TcpSlice::syn).map(|t| {
                // Ports and checksum are left out for the same reason; the identification tells a
                // repeated SYN from another look at the same one.
                hash(&(t.sequence_number(), t.ack(), t.options(), d.ident))
            }),
            _ => None,
        };
        if let Some(p) = print {
            self.packets.insert(p);
            self.ttls.entry(d.src).or_insert(d.ttl);
        }
    }

    fn same_traffic(&self, other: &Self) -> bool {
        self.packets.iter().any(|p| other.packets.contains(p))
    }

    /// Hosts that both see with one TTL, less those seen with different ones.
    fn likeness(&self, other: &Self) -> i64 {
        self.ttls
            .iter()
            .filter_map(|(host, ttl)| other.ttls.get(host).map(|o| if o == ttl { 1 } else { -1 }))
            .sum()
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Sorts captures, given in the order of their times, into points: each entry lists the indexes of the
/// captures of one point. One entry means one timeline.
#[must_use]
pub fn group(captures: &[Prints]) -> Vec<Vec<usize>> {
    let mut points: Vec<Vec<usize>> = Vec::new();
    for (n, prints) in captures.iter().enumerate() {
        let members = |point: &Vec<usize>| -> Vec<&Prints> {
            point.iter().filter_map(|&i| captures.get(i)).collect()
        };
        let free = points
            .iter_mut()
            .filter(|point| !members(point).iter().any(|m| m.same_traffic(prints)))
            .max_by_key(|point| {
                members(point).iter().map(|m| m.likeness(prints)).max().unwrap_or(0)
            });
        match free {
            Some(point) => point.push(n),
            None => points.push(vec![n]),
        }
    }
    points
}

/// Octets of PPP below which two packets may be equal by chance (acknowledgments, echoes).
const WORTH: usize = 8;
/// Prints of one capture; packets shared with another view are among the first of any call.
const ENOUGH: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn prints(packets: &[u64], ttl: u8) -> Prints {
        let host: IpAddr = [192, 0, 2, 1].into();
        Prints { packets: packets.iter().copied().collect(), ttls: [(host, ttl)].into() }
    }

    #[test]
    fn rotated_files_are_one_point() {
        assert_eq!(
            group(&[prints(&[1, 2], 64), prints(&[3], 64), prints(&[], 64)]),
            [vec![0, 1, 2]]
        );
    }

    #[test]
    fn two_views_are_two_points() {
        assert_eq!(group(&[prints(&[1, 2], 64), prints(&[2, 3], 63)]), [vec![0], vec![1]]);
    }

    #[test]
    fn two_rotated_views_keep_to_their_own_point() {
        let files =
            [prints(&[1, 2], 64), prints(&[2, 1], 63), prints(&[3, 4], 63), prints(&[4], 64)];
        assert_eq!(group(&files), [vec![0, 3], vec![1, 2]]);
    }
}
