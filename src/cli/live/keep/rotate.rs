//! When a new file is begun: `--rotate 100M` or `--rotate 1h`.

use std::time::Duration;

use crate::cli::amount;

/// How much one file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Rotate {
    /// Octets of the file; one frame is written whatever its size.
    Octets(u64),
    /// Time from the first frame of the file.
    Time(Duration),
}

impl Rotate {
    /// Reads `512k`, `100M`, `1G` (powers of 1024), `30s`, `15m`, `1h` or `1d`. The error does not repeat
    /// the word.
    pub(in crate::cli) fn parse(word: &str) -> Result<Self, String> {
        match word.chars().last() {
            Some('k' | 'K' | 'M' | 'g' | 'G') => match amount::octets(word)? {
                n if n < SMALLEST => {
                    Err("a file holds at least 64k: smaller ones would be too many".to_owned())
                }
                n => Ok(Self::Octets(n)),
            },
            Some('s' | 'm' | 'h' | 'd') => amount::time(word).map(Self::Time),
            _ => {
                Err("a whole number and a unit: k, M or G for octets, s, m, h or d for time"
                    .to_owned())
            }
        }
    }
}

/// Octets.
const SMALLEST: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times() {
        for (word, octets) in [("64k", 65_536), ("512K", 512 << 10), ("100M", 100 << 20)] {
            assert_eq!(Rotate::parse(word), Ok(Rotate::Octets(octets)), "{word}");
        }
        assert_eq!(Rotate::parse("1G"), Ok(Rotate::Octets(1 << 30)));
        for (word, seconds) in [("1s", 1), ("30s", 30), ("15m", 900), ("1h", 3600), ("1d", 86_400)]
        {
            let time = Duration::from_secs(seconds);
            assert_eq!(Rotate::parse(word), Ok(Rotate::Time(time)), "{word}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (word, told) in [
            ("", "a whole number and a unit"),
            ("M", "a size is a number"),
            ("-1h", "a time is a number"),
            ("1.5h", "a time is a number"),
            ("1 h", "a time is a number"),
            ("100", "a whole number and a unit"),
            ("10MB", "a whole number and a unit"),
            ("5µ", "a whole number and a unit"),
            ("63k", "at least 64k"),
            ("0G", "at least 64k"),
            ("0s", "no time"),
            ("99999999999999999999G", "a size is a number"),
            ("18446744073709551615d", "too long"),
        ] {
            let error = Rotate::parse(word).unwrap_err();
            assert!(error.contains(told), "{word}: {error}");
        }
    }
}
