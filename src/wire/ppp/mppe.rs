//! The MPPE header: coherency bits and count (RFC 3078 §3.1). The cipher is `crypto`'s.

/// First two octets of an MPPE packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// A: the tables were reset before this packet.
    pub flushed: bool,
    /// B (MPPC): the history was moved to the front.
    pub front: bool,
    /// C (MPPC): the packet is compressed.
    pub compressed: bool,
    /// D: the packet is encrypted.
    pub encrypted: bool,
    /// Coherency count, 12 bits.
    pub count: u16,
}

/// Reads the header; `None` with fewer than two octets.
#[must_use]
pub fn parse(input: &[u8]) -> Option<(Header, &[u8])> {
    todo!()
}

impl Header {
    /// The two octets.
    #[must_use]
    pub const fn emit(&self) -> [u8; 2] {
        todo!()
    }
}
