//! CCP options (RFC 1962, RFC 2118, RFC 3078 §2.1).

use super::options::{self, RawOption};

crate::wire_names! {
    /// CCP option type (IANA "PPP CCP Configuration Option Types").
    pub struct OptionType(u8) {
        Oui = 0 => "OUI",
        Predictor1 = 1 => "Predictor 1",
        Predictor2 = 2 => "Predictor 2",
        StacLzs = 17 => "Stac LZS",
        Mppe = 18 => "MPPE/MPPC",
        Bsd = 21 => "BSD-Compress",
        Deflate = 26 => "Deflate",
        DeflateDraft = 24 => "Deflate (draft)",
    }
}

/// The 32 "supported bits" of option 18.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MppeBits(pub u32);

#[allow(missing_docs)]
impl MppeBits {
    pub const STATELESS: u32 = 0x0100_0000;
    pub const BITS_56: u32 = 0x0000_0080;
    pub const BITS_128: u32 = 0x0000_0040;
    pub const BITS_40: u32 = 0x0000_0020;
    pub const OBSOLETE: u32 = 0x0000_0010;
    pub const MPPC: u32 = 0x0000_0001;
    /// Any key length.
    pub const KEYS: u32 = Self::BITS_56 | Self::BITS_128 | Self::BITS_40;

    /// Whether all of `bits` are set.
    #[must_use]
    pub const fn has(self, bits: u32) -> bool {
        self.0 & bits == bits
    }

    /// Key lengths offered, strongest first: any of 128, 56, 40.
    #[must_use]
    pub fn key_bits(self) -> Vec<u16> {
        [(Self::BITS_128, 128), (Self::BITS_56, 56), (Self::BITS_40, 40)]
            .into_iter()
            .filter(|&(bit, _)| self.has(bit))
            .map(|(_, length)| length)
            .collect()
    }
}

/// Reads well: `MPPE 128-bit stateless`, `MPPE 40/128-bit stateful, MPPC`, `no encryption, no compression`.
/// Bits without a meaning today follow: `no encryption, no compression, other bits 0x10`.
impl std::fmt::Display for MppeBits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lengths = self.key_bits();
        let compression = self.has(Self::MPPC);
        if lengths.is_empty() {
            f.write_str("no encryption")?;
        } else {
            f.write_str("MPPE ")?;
            for (n, length) in lengths.iter().rev().enumerate() {
                write!(f, "{}{length}", if n == 0 { "" } else { "/" })?;
            }
            let state = if self.has(Self::STATELESS) { "stateless" } else { "stateful" };
            write!(f, "-bit {state}")?;
        }
        match (compression, lengths.is_empty()) {
            (true, _) => f.write_str(", MPPC")?,
            (false, true) => f.write_str(", no compression")?,
            (false, false) => {}
        }
        match self.0 & !(Self::KEYS | Self::STATELESS | Self::MPPC) {
            0 => Ok(()),
            other => write!(f, ", other bits {other:#x}"),
        }
    }
}

/// A CCP option with its sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CcpOption<'a> {
    Mppe(MppeBits),
    Other(RawOption<'a>),
}

/// Gives an option its sense; never fails.
#[must_use]
pub fn option(raw: RawOption<'_>) -> CcpOption<'_> {
    match (OptionType(raw.kind), raw.value) {
        (OptionType::Mppe, &[a, b, c, d]) => {
            CcpOption::Mppe(MppeBits(u32::from_be_bytes([a, b, c, d])))
        }
        _ => CcpOption::Other(raw),
    }
}

impl CcpOption<'_> {
    /// Appends the option in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Mppe(bits) => options::emit(OptionType::Mppe.0, &bits.0.to_be_bytes(), out),
            Self::Other(raw) => options::emit(raw.kind, raw.value, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;

    #[test]
    fn recorded_by_pptpd_and_pptp_linux() {
        let raw = RawOption { kind: 18, value: &hex!("01000040") };
        let CcpOption::Mppe(bits) = option(raw) else { panic!("{raw:?}") };
        assert_eq!(bits.to_string(), "MPPE 128-bit stateless");
        assert_eq!(bits.key_bits(), [128]);
        let mut out = Vec::new();
        option(raw).emit(&mut out);
        assert_eq!(out, hex!("120601000040"));
    }

    #[test]
    fn words_for_the_bits() {
        let cases = [
            (0x0000_0061, "MPPE 40/128-bit stateful, MPPC"),
            (0x0100_00E0, "MPPE 40/56/128-bit stateless"),
            (0x0000_0001, "no encryption, MPPC"),
            (0x0100_0000, "no encryption, no compression"),
            (0x0000_0000, "no encryption, no compression"),
            (0x0000_0030, "MPPE 40-bit stateful, other bits 0x10"),
        ];
        for (bits, words) in cases {
            assert_eq!(MppeBits(bits).to_string(), words);
        }
        assert_eq!(MppeBits(MppeBits::KEYS).key_bits(), [128, 56, 40]);
    }

    #[test]
    fn an_option_18_of_another_length_stays_raw() {
        let raw = RawOption { kind: 18, value: &[1, 0, 0] };
        assert_eq!(option(raw), CcpOption::Other(raw));
    }

    proptest! {
        #[test]
        fn what_is_read_is_emitted_again(
            kind in 16u8..20, value in proptest::collection::vec(any::<u8>(), 0..8),
        ) {
            let (mut given, mut again) = (Vec::new(), Vec::new());
            options::emit(kind, &value, &mut given);
            option(RawOption { kind, value: &value }).emit(&mut again);
            prop_assert_eq!(again, given);
        }
    }
}
