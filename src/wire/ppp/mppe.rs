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
    let (&octets, rest) = input.split_first_chunk()?;
    let word = u16::from_be_bytes(octets);
    let header = Header {
        flushed: word & FLUSHED != 0,
        front: word & FRONT != 0,
        compressed: word & COMPRESSED != 0,
        encrypted: word & ENCRYPTED != 0,
        count: word & COUNT,
    };
    Some((header, rest))
}

impl Header {
    /// The two octets. Of `count` the lower 12 bits are written.
    #[must_use]
    pub const fn emit(&self) -> [u8; 2] {
        let mut word = self.count & COUNT;
        if self.flushed {
            word |= FLUSHED;
        }
        if self.front {
            word |= FRONT;
        }
        if self.compressed {
            word |= COMPRESSED;
        }
        if self.encrypted {
            word |= ENCRYPTED;
        }
        word.to_be_bytes()
    }
}

const FLUSHED: u16 = 0x8000;
const FRONT: u16 = 0x4000;
const COMPRESSED: u16 = 0x2000;
const ENCRYPTED: u16 = 0x1000;
const COUNT: u16 = 0x0FFF;

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;

    #[test]
    fn recorded_by_pptpd_and_pptp_linux() {
        let (header, rest) = parse(&hex!("9000 5172cbba")).unwrap();
        assert!(header.flushed && header.encrypted && !header.front && !header.compressed);
        assert_eq!((header.count, rest), (0, hex!("5172cbba").as_slice()));
    }

    #[test]
    fn too_short() {
        assert_eq!(parse(&[]), None);
        assert_eq!(parse(&[0x90]), None);
    }

    #[test]
    fn every_header_there_and_back() {
        for word in 0..=u16::MAX {
            let octets = word.to_be_bytes();
            let (header, rest) = parse(&octets).unwrap();
            assert_eq!((header.emit(), rest.len()), (octets, 0));
        }
    }
}
