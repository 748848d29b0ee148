//! CCP options (RFC 1962, RFC 2118, RFC 3078 §2.1).

use super::options::RawOption;

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
        todo!()
    }
}

/// Reads well: `MPPE 128-bit stateless`, `MPPE 40/128-bit stateful, MPPC`, `no encryption, no compression`.
impl std::fmt::Display for MppeBits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
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
    todo!()
}

impl CcpOption<'_> {
    /// Appends the option in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        todo!()
    }
}
