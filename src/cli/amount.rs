//! Amounts as people write them: `64M`, `15m`.

use std::time::Duration;

/// Octets: a number, and `k`, `M`, `G` or nothing behind it.
pub(super) fn octets(word: &str) -> Result<u64, String> {
    let (number, unit) = split(word);
    let shift = match unit {
        "" => 0,
        "k" | "K" => 10,
        "M" => 20,
        "g" | "G" => 30,
        _ => return Err(format!("a size is a number with k, M or G behind it, as {OCTETS}")),
    };
    let number: u64 = number.parse().map_err(|_| format!("a size is a number, as {OCTETS}"))?;
    number.checked_mul(1 << shift).ok_or_else(|| "too large".to_owned())
}

/// A time: a number, and `s`, `m`, `h` or `d` behind it; seconds without.
pub(super) fn time(word: &str) -> Result<Duration, String> {
    let (number, unit) = split(word);
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(format!("a time is a number with s, m, h or d behind it, as {TIME}")),
    };
    let number: u64 = number.parse().map_err(|_| format!("a time is a number, as {TIME}"))?;
    let all = number.checked_mul(seconds).ok_or_else(|| "too long".to_owned())?;
    if all == 0 {
        Err("nothing would happen in no time".to_owned())
    } else {
        Ok(Duration::from_secs(all))
    }
}

fn split(word: &str) -> (&str, &str) {
    let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    word.split_at(end)
}

const OCTETS: &str = "64M";
const TIME: &str = "15m";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_write_them() {
        assert_eq!(octets("512"), Ok(512));
        assert_eq!(octets("64M"), Ok(64 << 20));
        assert_eq!(octets("2G"), Ok(2 << 30));
        assert_eq!(time("90"), Ok(Duration::from_secs(90)));
        assert_eq!(time("15m"), Ok(Duration::from_secs(900)));
        for wrong in ["", "M", "1T", "-1", "1.5M", "99999999999999999999", "20000000000G"] {
            assert!(octets(wrong).is_err(), "{wrong}");
        }
        for wrong in ["0", "m", "1w", "-5s", "99999999999999999999d"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
