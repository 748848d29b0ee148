//! Which TCP ports carry PPTP control connections: the assigned one, those that were asked for, and
//! those on which a control message was seen.

use crate::base::limits;
use crate::wire::pptp;

/// A small set of TCP ports.
#[derive(Clone, Debug)]
pub(super) struct ControlPorts {
    ports: Vec<u16>,
    /// How many more may be learned.
    room: usize,
}

impl ControlPorts {
    /// The assigned port (RFC 2637 §1.3) and `more`.
    pub(super) fn new(more: &[u16]) -> Self {
        let mut ports = vec![ASSIGNED];
        ports.extend(more);
        ports.sort_unstable();
        ports.dedup();
        Self { ports, room: limits::LEARNED_PORTS }
    }

    pub(super) const fn has_learned(&self) -> bool {
        self.room < limits::LEARNED_PORTS
    }

    #[inline]
    pub(super) fn contains(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }

    /// Whether a TCP segment belongs to a control connection, as far as it can be told: by a port, or by
    /// a control message at the start of its payload.
    #[inline]
    pub(super) fn concern(&self, segment: &[u8]) -> bool {
        let Some([a, b, c, d]) = segment.first_chunk() else { return false };
        let (from, to) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
        self.ports.iter().any(|&known| known == from || known == to)
            || control_message(segment).is_some()
    }

    /// Learns the server's port from a control message on ports that are not known yet. Returns `false`
    /// where it had to be left out because enough were learned.
    pub(super) fn learn(&mut self, segment: &[u8]) -> bool {
        let Some([a, b, c, d]) = segment.first_chunk() else { return true };
        let (from, to) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
        if self.contains(from) || self.contains(to) {
            return true;
        }
        let Some(kind) = control_message(segment) else { return true };
        if self.room == 0 {
            return false;
        }
        self.room -= 1;
        self.ports.push(match kind {
            START_REQUEST => to,
            // Servers listen below the ports that clients are given.
            _ => from.min(to),
        });
        true
    }
}

/// The message type of the control message that a TCP payload starts with: length, PPTP message type,
/// magic cookie, control message type (RFC 2637 §1.4). The length must be one that the framing takes.
#[inline]
fn control_message(segment: &[u8]) -> Option<u16> {
    let words = usize::from(*segment.get(12)? >> 4);
    let message: &[u8; 10] = segment.get(4 * words..)?.first_chunk()?;
    let [l0, l1, _, _, m0, m1, m2, m3, t0, t1] = *message;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let begins = u32::from_be_bytes([m0, m1, m2, m3]) == pptp::MAGIC
        && (pptp::HEADER..=limits::CONTROL_MESSAGE).contains(&length);
    begins.then_some(u16::from_be_bytes([t0, t1]))
}

const ASSIGNED: u16 = 1723;
const START_REQUEST: u16 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(from: u16, to: u16, kind: u16) -> Vec<u8> {
        let mut s = vec![0; 20];
        s[..2].copy_from_slice(&from.to_be_bytes());
        s[2..4].copy_from_slice(&to.to_be_bytes());
        s[12] = 0x50;
        s.extend([0, 156, 0, 1, 0x1A, 0x2B, 0x3C, 0x4D]);
        s.extend(kind.to_be_bytes());
        s
    }

    #[test]
    fn learns_where_the_server_listens() {
        let mut ports = ControlPorts::new(&[47]);
        assert!(ports.contains(1723) && ports.contains(47));
        // A request goes to the server, even where its port is the higher one.
        assert!(ports.learn(&segment(2000, 50_000, 1)));
        assert!(ports.contains(50_000) && !ports.contains(2000));
        assert!(ports.learn(&segment(8080, 40_000, 6)));
        assert!(ports.contains(8080));
        // Nothing is learned where one port is known.
        assert!(ports.learn(&segment(1723, 5, 1)));
        assert!(!ports.contains(5));
    }

    #[test]
    fn learns_nothing_from_a_message_of_no_length() {
        for (length, known) in [(0, false), (11, false), (12, true), (0x13AA, false)] {
            let mut ports = ControlPorts::new(&[]);
            let mut s = segment(50_000, 2000, 1);
            s[20..22].copy_from_slice(&u16::to_be_bytes(length));
            assert!(ports.learn(&s));
            assert_eq!((ports.contains(2000), ports.concern(&s)), (known, known), "{length}");
        }
    }

    #[test]
    fn learns_no_more_than_the_bound() {
        let mut ports = ControlPorts::new(&[]);
        for n in 0..limits::LEARNED_PORTS {
            assert!(ports.learn(&segment(60_000, 1000 + u16::try_from(n).unwrap(), 1)));
        }
        assert!(!ports.learn(&segment(60_000, 3000, 1)));
        assert!(!ports.contains(3000));
    }

    #[test]
    fn judges_short_segments_by_what_is_there() {
        let ports = ControlPorts::new(&[]);
        let whole = segment(9, 10, 5);
        assert!(ports.concern(&whole));
        for end in 0..whole.len() {
            assert!(!ports.concern(&whole[..end]));
        }
        assert!(ports.concern(&segment(9, 1723, 0)[..4]));
    }
}
