//! Capture time: nanoseconds since the Unix epoch, and differences of such times.
//!
//! The core has no clock. Every time in a report comes from a capture record.

use std::fmt;
use std::ops::{Add, Sub};

/// A moment of a capture, in nanoseconds since 1970-01-01 00:00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A signed distance between two [`Timestamp`]s, in nanoseconds. Negative where a capture steps back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub i64);

impl Timestamp {
    /// From whole seconds and nanoseconds, saturating at the ends of the range (years 1677 to 2262).
    #[must_use]
    pub fn from_parts(seconds: i64, nanos: u32) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(nanos)))
    }

    /// The last whole multiple of `step`, which is more than nothing, until then.
    #[must_use]
    pub const fn round_down(self, step: Span) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(step.0)))
    }

    /// RFC 3339 in UTC with nine digits of fraction, as the JSON report has it.
    #[must_use]
    pub fn rfc3339(self) -> String {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(t) => format!("{t:.9}"),
            Err(_) => format!("{}ns", self.0),
        }
    }

    /// `YYYY-MM-DD HH:MM:SS` in UTC, for people.
    #[must_use]
    pub fn human(self) -> String {
        self.rfc3339().get(..19).map_or_else(String::new, |s| s.replace('T', " "))
    }

    /// `HH:MM:SS` in UTC.
    #[must_use]
    pub fn clock(self) -> String {
        self.rfc3339().get(11..19).unwrap_or_default().to_owned()
    }
}

impl Span {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// From whole milliseconds.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms.saturating_mul(1_000_000))
    }

    /// From whole seconds.
    #[must_use]
    pub const fn from_secs(s: i64) -> Self {
        Self(s.saturating_mul(1_000_000_000))
    }

    /// As seconds, for arithmetic and for people; exact to the microsecond for a century.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// So many times as long, saturating.
    #[must_use]
    pub const fn times(self, n: i64) -> Self {
        Self(self.0.saturating_mul(n))
    }

    /// The distance without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }
}

impl Sub for Timestamp {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

/// Reads well in a sentence: `0.4 ms`, `61 ms`, `3.0 s`, `12 min`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.as_secs();
        match s.abs() {
            a if a < 0.001 => write!(f, "{:.1} ms", s * 1e3),
            a if a < 0.9995 => write!(f, "{:.0} ms", s * 1e3),
            a if a < 9.95 => write!(f, "{s:.1} s"),
            a if a < 120.0 => write!(f, "{s:.0} s"),
            a if a < 7200.0 => write!(f, "{:.0} min", s / 60.0),
            _ => write!(f, "{:.1} h", s / 3600.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc3339_with_nine_digits() {
        assert_eq!(Timestamp::from_parts(0, 1).rfc3339(), "1970-01-01T00:00:00.000000001Z");
        assert_eq!(Timestamp::from_parts(1_700_000_000, 0).human(), "2023-11-14 22:13:20");
        assert_eq!(Timestamp::from_parts(i64::MAX, 0).0, i64::MAX);
        assert!(!Timestamp(i64::MIN).rfc3339().is_empty());
    }

    #[test]
    fn the_ends_of_the_range_are_not_passed() {
        assert_eq!(Span(i64::MAX / 2).times(3), Span(i64::MAX));
        assert_eq!(Span(i64::MIN).abs(), Span(i64::MAX));
        assert_eq!(Timestamp(i64::MIN).round_down(Span(30)).0, i64::MIN);
        assert_eq!(Timestamp(-1).round_down(Span(30)).0, -30);
        assert_eq!(Timestamp(61).round_down(Span(30)).0, 60);
    }

    #[test]
    fn spans_read_well() {
        let texts: Vec<_> = [400_000, 61_000_000, 3_040_000_000, 30_000_000_000, 900_000_000_000]
            .map(|n| Span(n).to_string())
            .into();
        assert_eq!(texts, ["0.4 ms", "61 ms", "3.0 s", "30 s", "15 min"]);
    }
}
