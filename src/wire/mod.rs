//! Bytes ↔ messages. No state, no allocation while parsing; every message can also be emitted.
//!
//! A parser is given one whole message (framing is `flow`'s work), so nom's `complete` forms are used
//! throughout and `Incomplete` cannot occur. Unknown codes survive: numbers from the wire are newtypes
//! with named constants ([`wire_names`](crate::wire_names)), never closed enums.
#![warn(clippy::indexing_slicing)]

/// Declares a newtype over a number from the wire with its named values.
///
/// `Debug` prints the specification's name, or the number in hexadecimal where there is none.
#[macro_export]
macro_rules! wire_names {
    ($(#[$m:meta])* $v:vis struct $t:ident($u:ty) {
        $($(#[$vm:meta])* $n:ident = $x:literal => $s:literal),* $(,)?
    }) => {
        $(#[$m])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $v struct $t(pub $u);

        #[allow(non_upper_case_globals, missing_docs)]
        impl $t {
            $($(#[$vm])* pub const $n: Self = Self($x);)*

            /// The specification's name of this value.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 { $($x => Some($s),)* _ => None }
            }
        }

        impl std::fmt::Debug for $t {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::fmt::Display for $t {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(n) => f.write_str(n),
                    None => write!(f, "{:#x}", self.0),
                }
            }
        }
    };
}

pub mod checksum;
pub mod error;
mod field;
pub mod gre;
pub mod icmp;
pub mod ppp;
pub mod pptp;

#[cfg(test)]
mod tests {
    use super::ppp::Protocol;

    #[test]
    fn names_are_printed_and_unknown_numbers_survive() {
        assert_eq!(format!("{:?} {}", Protocol::Lcp, Protocol(0xC021)), "LCP LCP");
        assert_eq!(format!("{:?} {:?}", Protocol(0xFE), Protocol(0xFE).name()), "0xfe None");
    }
}
