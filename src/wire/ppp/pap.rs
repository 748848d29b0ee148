//! PAP (RFC 1334 §2).

use crate::wire::error::WireError;

/// One PAP packet. The password is borrowed, never stored.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Packet<'a> {
    Request { id: u8, peer_id: &'a [u8], password: &'a [u8] },
    Ack { id: u8, message: &'a [u8] },
    Nak { id: u8, message: &'a [u8] },
    Unknown { code: u8, id: u8, data: &'a [u8] },
}

// `Debug` must not print the password.
impl std::fmt::Debug for Packet<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}

/// Reads one packet. An Ack or Nak whose message length is missing or lies keeps what is there.
pub fn parse(input: &[u8]) -> Result<Packet<'_>, WireError> {
    todo!()
}

impl Packet<'_> {
    /// Appends the packet in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        todo!()
    }
}
