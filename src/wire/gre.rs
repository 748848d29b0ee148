//! GRE version 1, the "enhanced GRE" of PPTP (RFC 2637 §4.1).
//!
//! ```text
//! |C|R|K|S|s|Recur|A|Flags|Ver|       protocol 0x880B        |
//! |     payload length        |  call id of the *receiver*   |
//! |  sequence number, if S    |  acknowledgment, if A        |   32 bits each
//! ```

use super::error::WireError;

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
pub fn base(input: &[u8]) -> Result<Base, WireError> {
    todo!()
}

/// Reads an enhanced GRE packet. Errors: not version 1, protocol other than 880B, no Key, cut header.
pub fn parse(input: &[u8]) -> Result<Packet<'_>, WireError> {
    todo!()
}

impl Packet<'_> {
    /// Appends the packet in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        todo!()
    }
}
