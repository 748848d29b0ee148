//! Numbers for axes: round steps, and quantities in the unit that suits them.

use crate::report::layout::grouped;

/// The end of a scale: a round number that is not less, and not much more.
pub(super) fn top(value: f64) -> f64 {
    among(&[1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0], value)
}

/// The least of some multiples of a power of ten that is not less; the last of them is 10.
fn among(multiples: &[f64], value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    // A logarithm may be off by its last digit.
    multiples.iter().map(|m| m * power).find(|step| *step >= value * (1.0 - 1e-9)).unwrap_or(value)
}

/// Marks of a time axis between two times in seconds: place and label. Some four to eight.
pub(super) fn ticks(from: f64, to: f64) -> Vec<(f64, String)> {
    let (unit, name) = match from.abs().max(to.abs()) {
        far if far < 300.0 => (1.0, "s"),
        far if far < 3.0 * 3600.0 => (60.0, "min"),
        far if far < 3.0 * 86_400.0 => (3600.0, "h"),
        _ => (86_400.0, "d"),
    };
    let step = among(&[1.0, 2.0, 5.0, 10.0], (to - from) / unit / TICKS);
    let first = (from / unit / step - 1e-6).ceil();
    let mark = |n: u32| {
        let place = (first + f64::from(n)) * step;
        (place * unit, format!("{} {name}", short(place)))
    };
    (0..MOST_TICKS).map(mark).take_while(|(place, _)| *place <= to + 1e-6 * (to - from)).collect()
}

/// `180 kbit/s`.
pub(super) fn rate(bits: f64) -> String {
    scaled(bits, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"])
}

/// `34 kB`.
#[allow(clippy::cast_precision_loss)]
pub(super) fn octets(n: u64) -> String {
    if n < 1000 {
        format!("{} octets", grouped(n))
    } else {
        scaled(n as f64, ["", "kB", "MB", "GB"])
    }
}

/// A time in seconds: `12 ms`, `1.5 s`.
pub(super) fn lasting(seconds: f64) -> String {
    match seconds {
        s if s < 0.01 => format!("{} ms", short((s * 1e5).round() / 100.0)),
        s if s < 1.0 => format!("{} ms", short((s * 1e3).round())),
        s if s < 120.0 => format!("{} s", short((s * 1e3).round() / 1e3)),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{} h", short((s / 360.0).round() / 10.0)),
    }
}

/// Three digits that count, and the unit.
fn scaled(value: f64, units: [&str; 4]) -> String {
    let mut value = value;
    let mut units = units.into_iter().peekable();
    let mut unit = units.next().unwrap_or_default();
    while value >= 999.5 {
        let Some(next) = units.next() else { break };
        value /= 1000.0;
        unit = next;
    }
    let digits = match value {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    let unscaled = format!("{value:.digits$}");
    let plain = if digits > 0 {
        unscaled.trim_end_matches('0').trim_end_matches('.')
    } else {
        unscaled.as_str()
    };
    format!("{plain} {unit}")
}

/// Without the noise of binary fractions.
fn short(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    // No minus before a zero.
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// Steps wanted on a time axis.
const TICKS: f64 = 7.0;
const MOST_TICKS: u32 = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (value, round) in [
            (0.0, 1.0),
            (1.0, 1.0),
            (1.1, 1.5),
            (0.032, 0.04),
            (8.1, 10.0),
            (1000.0, 1000.0),
            (f64::NAN, 1.0),
        ] {
            assert!((top(value) - round).abs() < 1e-9, "{value}: {}", top(value));
        }
    }

    #[test]
    fn ticks_are_few_and_inside() {
        let labels = |from, to| {
            ticks(from, to).into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(labels(0.0, 20.0), "0 s, 5 s, 10 s, 15 s, 20 s");
        assert_eq!(labels(0.2, 0.31), "0.2 s, 0.22 s, 0.24 s, 0.26 s, 0.28 s, 0.3 s");
        assert_eq!(labels(0.0, 3600.0), "0 min, 10 min, 20 min, 30 min, 40 min, 50 min, 60 min");
        assert_eq!(labels(-9.2e9, 9.2e9).split(", ").count(), 5);
        assert!(ticks(1e9, 1e9 + 0.001).len() <= 12);
    }

    #[test]
    fn quantities_read_well() {
        assert_eq!(
            [0.0, 999.4, 123_456.0, 2e12].map(rate),
            ["0 bit/s", "999 bit/s", "123 kbit/s", "2000 Gbit/s"]
        );
        assert_eq!([7, 34_500, u64::MAX].map(octets), ["7 octets", "34.5 kB", "18446744074 GB"]);
        assert_eq!(
            [0.0004, 0.0123, 0.25, 9000.0].map(lasting),
            ["0.4 ms", "12 ms", "250 ms", "2.5 h"]
        );
    }
}
