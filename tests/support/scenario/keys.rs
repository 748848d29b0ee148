//! The `key=value` words of a line, read by name and kind; a key that nobody asks for is a mistake.

use std::net::Ipv4Addr;
use std::str::FromStr;

use super::parse::{Origin, Word};

/// What is left of a line's keys.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) origin: Origin,
    left: Vec<(String, String)>,
    asked: Vec<String>,
}

impl Keys {
    /// A bare word is a flag, a key with an empty value.
    pub(super) fn new(words: impl IntoIterator<Item = Word>, origin: Origin) -> Self {
        let left = words
            .into_iter()
            .map(|word| match word {
                Word::Bare(flag) => (flag, String::new()),
                Word::Key(key, value) => (key, value),
            })
            .collect();
        Self { origin, left, asked: Vec::new() }
    }

    pub(super) fn fail(&self, problem: &str) -> ! {
        self.origin.fail(problem)
    }

    /// Takes a text.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.first_of(&[key]).map(|(_, value)| value)
    }

    /// Takes whichever of `wanted` stands first in the line.
    pub(super) fn first_of(&mut self, wanted: &[&str]) -> Option<(String, String)> {
        for key in wanted {
            if !self.asked.iter().any(|asked| asked == key) {
                self.asked.push((*key).to_owned());
            }
        }
        let at = self.left.iter().position(|(key, _)| wanted.contains(&key.as_str()))?;
        Some(self.left.remove(at))
    }

    /// Takes a flag: there without a value, or `on` or `off`.
    pub(super) fn flag(&mut self, key: &str) -> bool {
        match self.text(key).as_deref() {
            None | Some("off" | "no") => false,
            Some("" | "on" | "yes") => true,
            Some(other) => self.fail(&format!("`{key}` is a flag and takes no `{other}`")),
        }
    }

    /// Takes a number, decimal or `0x…`.
    pub(super) fn number<T: TryFrom<u64>>(&mut self, key: &str) -> Option<T> {
        let text = self.text(key)?;
        Some(number(key, &text, &self.origin))
    }

    /// Takes hexadecimal octets.
    pub(super) fn hex(&mut self, key: &str) -> Option<Vec<u8>> {
        let text = self.text(key)?;
        Some(hex(key, &text, &self.origin))
    }

    /// Takes exactly `N` octets in hexadecimal.
    pub(super) fn octets<const N: usize>(&mut self, key: &str) -> Option<[u8; N]> {
        let octets = self.hex(key)?;
        let length = octets.len();
        Some(octets.try_into().unwrap_or_else(|_| {
            self.fail(&format!("`{key}` has {length} octets where {N} are needed"))
        }))
    }

    /// Takes an IPv4 address.
    pub(super) fn address(&mut self, key: &str) -> Option<Ipv4Addr> {
        self.text(key).map(|text| parsed(key, &text, &self.origin))
    }

    /// Takes a time in seconds; gives nanoseconds.
    pub(super) fn seconds(&mut self, key: &str) -> Option<i64> {
        self.text(key).map(|text| nanoseconds(&text, &self.origin))
    }

    /// Everything must have been asked for.
    pub(super) fn finish(self) {
        if let Some((key, _)) = self.left.first() {
            let mut known = self.asked;
            known.sort();
            self.origin.fail(&format!("`{key}` is none of the keys here: {}", known.join(", ")));
        }
    }
}

/// A number, decimal or `0x…`, that fits its field.
pub(super) fn number<T: TryFrom<u64>>(key: &str, text: &str, origin: &Origin) -> T {
    let value = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    match value.map(T::try_from) {
        Ok(Ok(value)) => value,
        Ok(Err(_)) => origin.fail(&format!("`{key}={text}` does not fit its field")),
        Err(_) => origin.fail(&format!("`{key}={text}` is no number")),
    }
}

/// Octets in hexadecimal, with or without `0x`; colons and blanks may part them.
pub(super) fn hex(key: &str, text: &str, origin: &Origin) -> Vec<u8> {
    let digits: String = text
        .strip_prefix("0x")
        .unwrap_or(text)
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ':')
        .collect();
    if !digits.is_ascii() || digits.len() % 2 == 1 {
        origin.fail(&format!("`{key}={text}` is no row of octets in hexadecimal"));
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| {
            u8::from_str_radix(&digits[at..at + 2], 16).unwrap_or_else(|_| {
                origin.fail(&format!("`{key}={text}` is no row of octets in hexadecimal"))
            })
        })
        .collect()
}

/// A value with a text form of its own.
pub(super) fn parsed<T: FromStr>(key: &str, text: &str, origin: &Origin) -> T {
    text.parse().unwrap_or_else(|_| origin.fail(&format!("`{key}={text}` cannot be read")))
}

/// Seconds with up to nine decimals, exactly, as nanoseconds.
pub(super) fn nanoseconds(text: &str, origin: &Origin) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        origin.fail(&format!("`{text}` is no time in seconds"));
    }
    let whole: i64 = parsed("time", whole, origin);
    let fraction: i64 = parsed("time", &format!("{fraction:0<9}"), origin);
    whole * 1_000_000_000 + fraction
}
