//! IPV6CP options (RFC 5072 §4).

use super::options::RawOption;

/// An IPV6CP option with its sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Ipv6cpOption<'a> {
    InterfaceIdentifier([u8; 8]),
    Other(RawOption<'a>),
}

/// Gives an option its sense; never fails.
#[must_use]
pub fn option(raw: RawOption<'_>) -> Ipv6cpOption<'_> {
    todo!()
}

impl Ipv6cpOption<'_> {
    /// Appends the option in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        todo!()
    }
}
