//! IPV6CP options (RFC 5072 §4).

use super::options::{self, RawOption};

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
    match <[u8; 8]>::try_from(raw.value) {
        Ok(identifier) if raw.kind == INTERFACE_IDENTIFIER => {
            Ipv6cpOption::InterfaceIdentifier(identifier)
        }
        _ => Ipv6cpOption::Other(raw),
    }
}

impl Ipv6cpOption<'_> {
    /// Appends the option in wire form.
    pub fn emit(&self, out: &mut Vec<u8>) {
        match *self {
            Self::InterfaceIdentifier(octets) => options::emit(INTERFACE_IDENTIFIER, &octets, out),
            Self::Other(raw) => options::emit(raw.kind, raw.value, out),
        }
    }
}

/// Interface-Identifier (RFC 5072 §4.1).
const INTERFACE_IDENTIFIER: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use hex_literal::hex;
    use proptest::prelude::*;

    #[test]
    fn recorded_by_pptpd_and_pptp_linux() {
        let identifier = hex!("f59c5d07cab667d5");
        let raw = RawOption { kind: 1, value: &identifier };
        assert_eq!(option(raw), Ipv6cpOption::InterfaceIdentifier(identifier));
        let short = RawOption { kind: 1, value: &identifier[..7] };
        assert_eq!(option(short), Ipv6cpOption::Other(short));
    }

    proptest! {
        #[test]
        fn what_is_read_is_emitted_again(
            kind in 0u8..3, value in proptest::collection::vec(any::<u8>(), 6..10),
        ) {
            let (mut given, mut again) = (Vec::new(), Vec::new());
            options::emit(kind, &value, &mut given);
            option(RawOption { kind, value: &value }).emit(&mut again);
            prop_assert_eq!(again, given);
        }
    }
}
