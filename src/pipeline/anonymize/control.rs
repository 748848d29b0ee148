//! Octets of a control connection: messages keep all numbers and the vendor; names, telephone numbers and
//! statistics go. What is no PPTP becomes text of the same kinds of characters.

use super::Veil;
use super::octets::{after, get16, split, wipe};
use crate::base::limits;
use crate::wire::pptp;
use crate::wire::pptp::ControlType;

/// Overwrites the octets of one direction, from a place where a message may begin; `at_start`: the
/// first ones of all. Messages are found as
/// the framing of the analysis finds them: by length and cookie, and after anything else by the cookie.
pub(super) fn stream(veil: &mut Veil, octets: &mut [u8], mut at_start: bool) {
    let mut rest = octets;
    while !rest.is_empty() {
        let message = begins_message(rest);
        let length = message.unwrap_or_else(|| resync(rest));
        let (now, next) = split(rest, length);
        if message.is_some() {
            self::message(veil, now);
        } else {
            foreign(now, at_start);
        }
        at_start = false;
        rest = next;
    }
}

/// The Length field of a message that begins here, whole or cut.
fn begins_message(octets: &[u8]) -> Option<usize> {
    let Some([high, low, _, _, cookie @ ..]) = octets.first_chunk::<8>() else {
        // The stream ends in the header.
        let known = octets.get(2..)?;
        return (!known.is_empty() && BEGINNING.starts_with(known)).then_some(octets.len());
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let fits = (pptp::HEADER..=limits::CONTROL_MESSAGE).contains(&length);
    (fits && u32::from_be_bytes(*cookie) == pptp::MAGIC).then_some(length)
}

/// How many octets at the start of a segment show that it is one of a control connection, whatever its
/// ports are.
pub(super) fn mark(octets: &[u8]) -> usize {
    if octets.len() >= MARK && begins_message(octets).is_some() { MARK } else { 0 }
}

/// How far to the next place where a message may begin.
fn resync(octets: &[u8]) -> usize {
    let cookie = pptp::MAGIC.to_be_bytes();
    let found = octets.windows(4).skip(5).position(|w| *w == cookie);
    found.map_or(octets.len(), |at| at + 1)
}

/// Overwrites one message (RFC 2637 §2), which may end early.
fn message(veil: &mut Veil, message: &mut [u8]) {
    let is_control = get16(message, 2) == Some(CONTROL_MESSAGE);
    let kept = match get16(message, 8).filter(|_| is_control).map(ControlType) {
        Some(ControlType::StartRequest | ControlType::StartReply) => {
            let (host, _) = split(after(message, HOST), NAME);
            let length = host.iter().rposition(|o| *o != 0).map_or(0, |last| last + 1);
            veil.names.host(split(host, length).0);
            HOST + 2 * NAME
        }
        // Then telephone number and subaddress, or two numbers and subaddress.
        Some(ControlType::OutgoingRequest) => 40,
        Some(ControlType::IncomingRequest) => 28,
        // Then the statistics.
        Some(ControlType::CallDisconnect) => 20,
        Some(known) => pptp::fixed_length(known).map_or(pptp::HEADER, usize::from),
        None => pptp::HEADER,
    };
    wipe(after(message, kept));
}

/// Overwrites octets that are no PPTP: letters become x, digits 0, and what is not ASCII 80. The first
/// octets of a direction keep the mark of a known service.
fn foreign(octets: &mut [u8], at_start: bool) {
    let mark = SERVICES.iter().find(|mark| octets.starts_with(mark)).filter(|_| at_start);
    for octet in after(octets, mark.map_or(0, |m| m.len())) {
        *octet = match *octet {
            o if o.is_ascii_alphabetic() => b'x',
            o if o.is_ascii_digit() => b'0',
            0x80.. => 0x80,
            o => o,
        };
    }
}

/// How well-known services begin to speak.
const SERVICES: [&[u8]; 9] = [
    b"SSH-2.0-",
    b"SSH-",
    b"HTTP/1.1 ",
    b"HTTP/",
    b"220 ",
    b"220-",
    b"RFB ",
    b"\x15\x03",
    b"\x16\x03",
];
/// PPTP message type of a control message, and the octets after the length of each: type and cookie.
const CONTROL_MESSAGE: u16 = 1;
const BEGINNING: [u8; 6] = [0, 1, 0x1A, 0x2B, 0x3C, 0x4D];
/// Length, both types and the cookie.
const MARK: usize = 10;
/// Where the Host Name begins in SCCRQ and SCCRP (RFC 2637 §2.1), and its octets; the vendor follows.
const HOST: usize = 28;
const NAME: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::control::{Framed, Framer};
    use crate::pipeline::anonymize::keyed::Key;
    use crate::wire::pptp::{Message, OutgoingRequest, Start};
    use proptest::prelude::*;

    fn veiled(octets: &[u8]) -> Vec<u8> {
        let mut veil = Veil::new(Key::new([3; 32]));
        veil.settle();
        let mut octets = octets.to_vec();
        stream(&mut veil, &mut octets, true);
        octets
    }

    fn greeting(host: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        Message::StartRequest(Start {
            version: 0x100,
            result: 0,
            error: 0,
            framing: 1,
            bearer: 1,
            max_channels: 0,
            firmware: 2600,
            host,
            vendor: b"Microsoft Windows NT",
        })
        .emit(&mut out);
        out
    }

    fn call() -> Vec<u8> {
        let mut out = Vec::new();
        Message::OutgoingRequest(OutgoingRequest {
            call_id: 7,
            serial: 1,
            min_bps: 300,
            max_bps: 100_000_000,
            bearer: 3,
            framing: 3,
            window: 64,
            delay: 0,
            phone: b"0123456789",
            subaddress: b"sub",
        })
        .emit(&mut out);
        out
    }

    #[test]
    fn names_and_numbers_go_and_the_rest_stays() {
        let two = [greeting(b"ALICE-PC"), call()].concat();
        let new = veiled(&two);
        assert_eq!(new[..156], greeting(b"host1xxx"));
        assert_eq!(new[156..196], two[156..196]);
        assert!(new[196..].iter().all(|o| *o == 0));
        for same in [greeting(b"local"), greeting(b"")] {
            assert_eq!(veiled(&same), same);
        }
    }

    #[test]
    fn what_makes_a_port_one_of_control_connections() {
        let mut message = greeting(b"ALICE-PC");
        assert_eq!((mark(&message), mark(&message[..MARK]), mark(&message[..9])), (MARK, MARK, 0));
        message[0] = 0x13;
        assert_eq!((mark(&message), mark(b"SSH-2.0-OpenSSH_9.2"), mark(b"")), (0, 0, 0));
    }

    #[test]
    fn another_service_is_still_recognised() {
        let ssh = veiled(b"SSH-2.0-OpenSSH_9.2 alice\r\n");
        assert_eq!(ssh, b"SSH-2.0-xxxxxxx_0.0 xxxxx\r\n");
        assert_eq!(veiled(b"220 mail.example.org"), b"220 xxxx.xxxxxxx.xxx");
        assert_eq!(veiled(b"\x16\x03\x01abc\xFF"), b"\x16\x03\x01xxx\x80");
    }

    /// What the framing of the analysis makes of octets: kinds and lengths.
    fn framed(octets: &[u8]) -> Vec<(u8, usize)> {
        let mut seen = Vec::new();
        Framer::default().push(octets, &mut |f| {
            seen.push(match f {
                Framed::Message(m) => (m[9], m.len()),
                Framed::Cut(m) => (100 + m[9], m.len()),
                Framed::Foreign(f) => (200, f.len()),
            });
        });
        seen
    }

    proptest! {
        #[test]
        fn framing_stays(parts in prop::collection::vec(
            prop_oneof![
                Just(greeting(b"ALICE-PC")),
                Just(call()),
                prop::collection::vec(any::<u8>(), 0..40),
                Just(pptp::MAGIC.to_be_bytes().to_vec()),
                Just(b"\0\x10\0\x01\x1A\x2B\x3C".to_vec()),
            ],
            0..6,
        )) {
            let octets = parts.concat();
            let new = veiled(&octets);
            prop_assert_eq!(new.len(), octets.len());
            prop_assert_eq!(framed(&new), framed(&octets));
            prop_assert!(!new.windows(8).any(|w| w == b"ALICE-PC"));
        }
    }
}
