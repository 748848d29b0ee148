//! Framing of the control connection: in-order octets → whole PPTP messages (RFC 2637 §1.4, §2).
//!
//! After a gap, or where a capture begins in the middle, the magic cookie is the landmark.

use crate::base::limits;
use crate::wire::pptp;

/// What comes out of the octets of one direction.
#[derive(Debug, PartialEq, Eq)]
pub enum Framed<'a> {
    /// A whole message.
    Message(&'a [u8]),
    /// The start of a message whose rest the capture does not hold; at least the common header.
    Cut(&'a [u8]),
    /// Octets that are no message; the first of them.
    Foreign(&'a [u8]),
}

/// State of one direction.
#[derive(Debug, Default)]
pub struct Framer {
    partial: Vec<u8>,
    lost: bool,
}

impl Framer {
    /// A framer at the beginning, or (`astray`) at a place where no message need begin.
    #[must_use]
    pub fn new(astray: bool) -> Self {
        Self { lost: astray, ..Self::default() }
    }

    /// Whether a message is under way.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.partial.is_empty()
    }

    /// Whether it looks for the next message.
    #[must_use]
    pub fn is_astray(&self) -> bool {
        self.lost
    }

    /// Ends a message that was under way: the octets that follow are not its continuation.
    pub fn interrupt(&mut self, sink: &mut impl FnMut(Framed<'_>)) {
        if pptp::header(&self.partial).is_ok() {
            sink(Framed::Cut(&self.partial));
        }
        self.partial.clear();
        self.lost = true;
    }

    /// Takes the next octets of the stream.
    pub fn push(&mut self, octets: &[u8], sink: &mut impl FnMut(Framed<'_>)) {
        if self.partial.is_empty() {
            let used = self.consume(octets, sink);
            self.partial.extend_from_slice(octets.get(used..).unwrap_or_default());
        } else {
            let mut whole = std::mem::take(&mut self.partial);
            whole.extend_from_slice(octets);
            let used = self.consume(&whole, sink);
            whole.drain(..used);
            self.partial = whole;
        }
        // `consume` leaves less than one message; the bound holds whatever a length field says.
        self.partial.truncate(limits::CONTROL_MESSAGE);
    }

    /// Returns how many octets were used up; the rest is the start of a message.
    fn consume(&mut self, octets: &[u8], sink: &mut impl FnMut(Framed<'_>)) -> usize {
        let mut used = 0;
        while let Some(rest) = octets.get(used..).filter(|r| !r.is_empty()) {
            match next(rest) {
                Next::Message(length) => {
                    self.lost = false;
                    sink(Framed::Message(rest.get(..length).unwrap_or(rest)));
                    used += length;
                }
                Next::Wait => break,
                Next::Foreign => {
                    if !self.lost {
                        sink(Framed::Foreign(
                            rest.get(..rest.len().min(FOREIGN_KEPT)).unwrap_or(rest),
                        ));
                    }
                    self.lost = true;
                    used += resync(rest);
                }
            }
        }
        used
    }
}

enum Next {
    Message(usize),
    Wait,
    Foreign,
}

fn next(rest: &[u8]) -> Next {
    let cookie = pptp::MAGIC.to_be_bytes();
    let (Some(length), Some(magic)) = (rest.first_chunk::<2>(), rest.get(4..rest.len().min(8)))
    else {
        return if rest.len() < 4 { Next::Wait } else { Next::Foreign };
    };
    let length = usize::from(u16::from_be_bytes(*length));
    if !cookie.starts_with(magic) {
        return Next::Foreign;
    }
    if magic.len() < 4 {
        return Next::Wait;
    }
    match length {
        l if !(pptp::HEADER..=limits::CONTROL_MESSAGE).contains(&l) => Next::Foreign,
        l if l <= rest.len() => Next::Message(l),
        _ => Next::Wait,
    }
}

/// How far to the next place where a message may begin: at least one octet.
fn resync(rest: &[u8]) -> usize {
    let cookie = pptp::MAGIC.to_be_bytes();
    rest.windows(4)
        .enumerate()
        .skip(5)
        .find(|(_, w)| *w == cookie)
        .map_or_else(|| rest.len().saturating_sub(7).max(1), |(at, _)| at - 4)
}

/// Octets of foreign data that are kept for the report.
const FOREIGN_KEPT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;

    const ECHO: [u8; 16] = hex!("0010 0001 1a2b3c4d 0005 0000 0000002a");

    fn run(parts: &[&[u8]]) -> (usize, usize) {
        let (mut messages, mut foreign) = (0, 0);
        let mut framer = Framer::default();
        for part in parts {
            framer.push(part, &mut |f| match f {
                Framed::Message(m) => {
                    assert_eq!(m, ECHO);
                    messages += 1;
                }
                Framed::Foreign(_) => foreign += 1,
                Framed::Cut(_) => {}
            });
        }
        (messages, foreign)
    }

    #[test]
    fn frames_coalesced_and_split_messages() {
        let two = [ECHO, ECHO].concat();
        assert_eq!(run(&[&two, &ECHO[..6], &ECHO[6..]]), (3, 0));
        let bytes: Vec<&[u8]> = two.chunks(1).collect();
        assert_eq!(run(&bytes), (2, 0));
    }

    #[test]
    fn finds_the_next_message_after_rubbish() {
        assert_eq!(run(&[b"SSH-2.0-OpenSSH_9.2\r\n", &ECHO]), (1, 1));
        let lying_length = hex!("0003 0001 1a2b3c4d 0005 0000 0000002a");
        assert_eq!(run(&[&lying_length, &ECHO, &ECHO]), (2, 1));
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_messages_are_the_same(cuts in proptest::collection::vec(0usize..160, 0..12)) {
            let stream = ECHO.repeat(10);
            let mut cuts: Vec<usize> = cuts;
            cuts.extend([0, stream.len()]);
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|w| &stream[w[0]..w[1]]).collect();
            prop_assert_eq!(run(&parts), (10, 0));
        }

        #[test]
        fn any_octets_are_bounded(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3000), 0..8)) {
            let mut framer = Framer::default();
            for part in &parts {
                framer.push(part, &mut |_| {});
                prop_assert!(framer.partial.len() <= limits::CONTROL_MESSAGE);
            }
        }
    }
}
