//! GRE version 1, the "enhanced GRE" of PPTP (RFC 2637 §4.1).
//!
//! ```text
//! |C|R|K|S|s|Recur|A|Flags|Ver|       protocol 0x880B        |
//! |     payload length        |  call id of the *receiver*   |
//! |  sequence number, if S    |  acknowledgment, if A        |   32 bits each
//! ```

use super::error::{Fault, Res, WireError, fail, finish};
use super::field::{array, put16, put32};

/// Protocol type of PPP in enhanced GRE.
pub const PROTOCOL_PPP: u16 = 0x880B;

/// One enhanced GRE packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Octets of payload that the header announces (upper half of the Key field).
    pub payload_length: u16,
    /// Call id of the receiver (lower half of the Key field).
    pub call_id: u16,
    /// Sequence number; `None` on a pure acknowledgment, which has no payload.
    pub seq: Option<u32>,
    /// Acknowledgment: the highest sequence number received.
    pub ack: Option<u32>,
    /// The payload, cut to `payload_length` (link padding removed). Shorter than announced where the
    /// capture cut the packet or the length lies; the caller knows which.
    pub payload: &'a [u8],
}

/// The first four octets of any GRE packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// Version field: 0 (RFC 2784) or 1 (RFC 2637).
    pub version: u8,
    /// Protocol type.
    pub protocol: u16,
}

/// Reads the four octets that all GRE versions share.
#[inline]
pub fn base(input: &[u8]) -> Result<Base, WireError> {
    finish(base_fields(input)).map(|(_, base)| base)
}

/// Reads an enhanced GRE packet. Errors: not version 1, protocol other than 880B, no Key, Checksum or
/// Routing present, cut header. The strict source route, recursion and flag bits are ignored.
#[inline]
pub fn parse(input: &[u8]) -> Result<Packet<'_>, WireError> {
    finish(packet(input))
}

/// Whether octets that [`parse`] takes carry a sequence number; of others the answer means nothing.
#[must_use]
pub fn is_numbered(input: &[u8]) -> bool {
    input.first_chunk().is_some_and(|flags| u16::from_be_bytes(*flags) & SEQUENCE != 0)
}

impl Packet<'_> {
    /// Appends the packet in wire form: `payload_length` and `payload` as they are, also where they
    /// disagree.
    pub fn emit(&self, out: &mut Vec<u8>) {
        let sequence = if self.seq.is_some() { SEQUENCE } else { 0 };
        let acknowledgment = if self.ack.is_some() { ACKNOWLEDGMENT } else { 0 };
        put16(KEY | sequence | acknowledgment | 1, out);
        put16(PROTOCOL_PPP, out);
        put16(self.payload_length, out);
        put16(self.call_id, out);
        self.seq.into_iter().chain(self.ack).for_each(|number| put32(number, out));
        out.extend_from_slice(self.payload);
    }
}

fn base_fields(i: &[u8]) -> Res<'_, (u16, Base)> {
    let (i, [high, low]) = array(i)?;
    let (i, protocol) = array(i)?;
    let base = Base { version: low & 7, protocol: u16::from_be_bytes(protocol) };
    Ok((i, (u16::from_be_bytes([high, low]), base)))
}

fn packet(input: &[u8]) -> Res<'_, Packet<'_>> {
    let (i, (flags, base)) = base_fields(input)?;
    if base != (Base { version: 1, protocol: PROTOCOL_PPP })
        || flags & (CHECKSUM | ROUTING | KEY) != KEY
    {
        return Err(fail(input, Fault::BadValue));
    }
    let (i, payload_length) = array(i)?;
    let (i, call_id) = array(i)?;
    let (i, seq) = number(i, flags & SEQUENCE != 0)?;
    let (i, ack) = number(i, flags & ACKNOWLEDGMENT != 0)?;
    let payload_length = u16::from_be_bytes(payload_length);
    let payload = i.get(..usize::from(payload_length)).unwrap_or(i);
    let call_id = u16::from_be_bytes(call_id);
    Ok((&[], Packet { payload_length, call_id, seq, ack, payload }))
}

fn number(i: &[u8], present: bool) -> Res<'_, Option<u32>> {
    if !present {
        return Ok((i, None));
    }
    let (i, number) = array(i)?;
    Ok((i, Some(u32::from_be_bytes(number))))
}

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
const ACKNOWLEDGMENT: u16 = 0x0080;

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;

    // From a recording of pptpd and pptp-linux: an LCP Echo-Request that acknowledges packet 1.
    const ECHO: [u8; 26] = hex!("3081880b 000a bdb1 00000002 00000002 c021 0900 0008 8ff9b765");
    // From a recording of pptpd and pptp-linux: nothing but an acknowledgment.
    const ACK: [u8; 12] = hex!("2081880b 0000 0000 00000002");

    #[test]
    fn both_shapes() {
        let echo = parse(&ECHO).unwrap();
        let (seq, ack) = (Some(2), Some(2));
        let payload = &ECHO[16..];
        assert_eq!(echo, Packet { payload_length: 10, call_id: 0xBDB1, seq, ack, payload });
        let only = Packet { payload_length: 0, call_id: 0, seq: None, ack, payload: &[] };
        assert_eq!(parse(&ACK), Ok(only));
        assert_eq!(base(&ACK), Ok(Base { version: 1, protocol: PROTOCOL_PPP }));
        assert_eq!(base(&hex!("0000 0800")), Ok(Base { version: 0, protocol: 0x0800 }));
    }

    #[test]
    fn padding_is_dropped_and_a_cut_payload_kept() {
        let padded = [ECHO.as_slice(), &[0; 8]].concat();
        assert_eq!(parse(&padded), parse(&ECHO));
        let cut = parse(&ECHO[..20]).unwrap();
        assert_eq!((cut.payload_length, cut.payload), (10, &ECHO[16..20]));
    }

    #[test]
    fn every_cut_of_the_header_is_truncated() {
        for end in 0..16 {
            let fault = parse(&ECHO[..end]).map_err(|e| e.fault);
            assert_eq!(fault, Err(Fault::Truncated), "{end}");
        }
    }

    #[test]
    fn other_kinds_of_gre_are_refused() {
        for first in ["b081880b", "7081880b", "1081880b", "3080880b", "30810800"] {
            let mut other = ECHO;
            let mut fields = u32::from_str_radix(first, 16).unwrap().to_be_bytes();
            other[..4].swap_with_slice(&mut fields);
            assert_eq!(parse(&other).map_err(|e| e.fault), Err(Fault::BadValue), "{first}");
        }
        let mut flagged = ECHO;
        (flagged[0], flagged[1]) = (0x3F, 0xF9);
        assert_eq!(parse(&flagged), parse(&ECHO));
    }

    proptest! {
        #[test]
        fn what_is_emitted_is_read_back(
            call_id: u16, seq: Option<u32>, ack: Option<u32>, more: u8,
            octets in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let payload_length = u16::from(more) + u16::try_from(octets.len()).unwrap();
            let packet = Packet { payload_length, call_id, seq, ack, payload: &octets };
            let mut out = Vec::new();
            packet.emit(&mut out);
            prop_assert_eq!(parse(&out), Ok(packet));
        }

        #[test]
        fn arbitrary_octets_do_not_panic(octets: Vec<u8>) {
            let _ = (base(&octets), parse(&octets));
        }
    }
}
