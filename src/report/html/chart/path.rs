//! Data → SVG path data, in whole and relative coordinates, which are the shortest.

use std::fmt::Write as _;

/// A time axis: seconds to places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) left: i64,
    pub(super) right: i64,
}

impl Axis {
    /// The place of a time; of one beyond the axis its end.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    pub(super) fn x(&self, time: f64) -> i64 {
        let share = ((time - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        self.left + (share * (self.right - self.left) as f64).round() as i64
    }

    /// Where each height begins, for buckets of equal width; of several in one place the one farthest from
    /// zero. The last step is the end.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn steps(&self, start: f64, bucket: f64, heights: &[i64]) -> Vec<(i64, i64)> {
        let mut steps: Vec<(i64, i64)> = Vec::new();
        for (n, &height) in heights.iter().enumerate() {
            let x = self.x(start + n as f64 * bucket);
            match steps.last_mut() {
                Some((last, highest)) if *last >= x => {
                    if highest.abs() < height.abs() {
                        *highest = height;
                    }
                }
                _ => steps.push((x, height)),
            }
        }
        if let Some((last, _)) = steps.last() {
            let end = self.x(start + heights.len() as f64 * bucket).max(last + 1);
            steps.push((end, 0));
        }
        steps
    }
}

/// An area between steps and the line at `base`; empty where it has no height.
pub(super) fn area(steps: &[(i64, i64)], base: i64) -> String {
    let mut d = String::new();
    let (mut x, mut y) = (0, 0);
    for &(at, height) in steps {
        if height == y {
            continue;
        }
        // Writing to a string does not fail.
        let _ = if d.is_empty() {
            write!(d, "M{at} {base}v{height}")
        } else if y == 0 {
            // Nothing is drawn along the line itself.
            write!(d, "m{} 0v{height}", at - x)
        } else {
            write!(d, "h{}v{}", at - x, height - y)
        };
        (x, y) = (at, height);
    }
    d
}

/// Dots, to be drawn as the caps of strokes. These have a length: of those without, printers show nothing.
pub(super) fn dots(places: impl Iterator<Item = (i64, i64)>) -> String {
    let mut d = String::new();
    let mut last = None;
    for (x, y) in places {
        let _ = match last {
            None => write!(d, "M{x} {y}h.01"),
            Some(last) if last == (x, y) => continue,
            Some((a, b)) => write!(d, "m{} {}h.01", x - a, y - b),
        };
        last = Some((x, y));
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXIS: Axis = Axis { from: 0.0, to: 10.0, left: 100, right: 200 };

    #[test]
    fn places_stay_on_the_axis() {
        assert_eq!([-1e12, 0.0, 2.5, 10.0, 1e12].map(|t| AXIS.x(t)), [100, 100, 125, 200, 200]);
    }

    #[test]
    fn areas_stand_on_their_line() {
        let steps = AXIS.steps(0.0, 1.0, &[0, 5, 5, 2, 0, 0, 1]);
        assert_eq!(area(&steps, 50), "M110 50v5h20v-3h10v-2m20 0v1h10v-1");
        assert_eq!(area(&AXIS.steps(0.0, 1.0, &[0, 0]), 50), "");
        assert_eq!(area(&AXIS.steps(0.0, 1.0, &[]), 50), "");
    }

    #[test]
    fn what_falls_together_shows_its_extreme() {
        assert_eq!(AXIS.steps(3.0, 0.01, &[-1, -4, -2]), [(130, -4), (131, 0)]);
        assert_eq!(dots([(1, 2), (1, 2), (3, 1)].into_iter()), "M1 2h.01m2 -1h.01");
    }
}
