//! When a new file is begun: `--rotate 100M` or `--rotate 1h`.

use std::time::Duration;

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
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = word.split_at(digits);
        if number.is_empty() {
            return Err(FORM.to_owned());
        }
        let times = |factor: u64| {
            number.parse().ok().and_then(|n: u64| n.checked_mul(factor)).filter(|n| *n <= LARGEST)
        };
        let octets = |shift: u32| times(1 << shift).map(Self::Octets);
        let time = |seconds: u64| times(seconds).map(|s| Self::Time(Duration::from_secs(s)));
        // `m` and `M` differ; of the other units both forms are clear.
        let read = match unit {
            "k" | "K" => octets(10),
            "M" => octets(20),
            "G" | "g" => octets(30),
            "s" | "S" => time(1),
            "m" => time(60),
            "h" | "H" => time(60 * 60),
            "d" | "D" => time(24 * 60 * 60),
            "" => return Err(format!("{number} of what? {FORM}")),
            _ => return Err(FORM.to_owned()),
        };
        match read {
            None => Err("that is more than can be counted".to_owned()),
            Some(Self::Octets(n)) if n < SMALLEST => {
                Err("a file holds at least 64k: smaller ones would be too many".to_owned())
            }
            Some(Self::Time(t)) if t.is_zero() => Err("a file lasts at least 1s".to_owned()),
            Some(rotate) => Ok(rotate),
        }
    }
}

const FORM: &str = "a whole number and a unit: k, M or G for octets, s, m, h or d for time";
/// Octets.
const SMALLEST: u64 = 64 << 10;
/// Octets or seconds: far beyond any disk, and far from overflow.
const LARGEST: u64 = 1 << 50;

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
            ("M", "a whole number and a unit"),
            ("-1h", "a whole number and a unit"),
            ("1.5h", "a whole number and a unit"),
            ("1 h", "a whole number and a unit"),
            ("100", "100 of what? a whole number and a unit"),
            ("10MB", "a whole number and a unit"),
            ("5µ", "a whole number and a unit"),
            ("63k", "at least 64k"),
            ("0G", "at least 64k"),
            ("0s", "at least 1s"),
            ("0d", "at least 1s"),
            ("99999999999999999999G", "more than can be counted"),
            ("18446744073709551615d", "more than can be counted"),
        ] {
            let error = Rotate::parse(word).unwrap_err();
            assert!(error.contains(told), "{word}: {error}");
        }
    }
}
