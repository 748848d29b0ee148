//! Enhanced GRE packets: the header stays, what it carries is left to [`ppp`].

use super::Veil;
use super::octets::{split, wipe};
use super::ppp;
use crate::wire::error::Fault;
use crate::wire::gre;

/// Overwrites the payload of a GRE datagram.
pub(super) fn packet(veil: &mut Veil, packet: &mut [u8]) {
    let (header, length) = match gre::parse(packet) {
        Ok(p) => {
            let numbers = usize::from(p.seq.is_some()) + usize::from(p.ack.is_some());
            (FIXED + NUMBER * numbers, usize::from(p.payload_length))
        }
        // A header that the capture cut is still nothing but header.
        Err(e) if e.fault == Fault::Truncated => (FIXED + NUMBER * 2, 0),
        Err(_) => (FIXED, 0),
    };
    let (_, rest) = split(packet, header);
    let (frame, padding) = split(rest, length);
    ppp::frame(veil, frame);
    wipe(padding);
}

/// How many octets of a quoted GRE packet are header.
pub(super) fn header_length(packet: &[u8]) -> usize {
    let Some([flags, version, ..]) = packet.first_chunk::<4>() else { return FIXED };
    let numbers = usize::from(flags & SEQUENCE != 0) + usize::from(version & ACKNOWLEDGMENT != 0);
    FIXED + NUMBER * numbers
}

/// Octets of flags, protocol and key (RFC 2637 §4.1), and of a sequence or acknowledgment number.
const FIXED: usize = 8;
const NUMBER: usize = 4;
/// S in the first octet, A in the second.
const SEQUENCE: u8 = 0x10;
const ACKNOWLEDGMENT: u8 = 0x80;
