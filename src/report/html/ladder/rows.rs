//! What is drawn of the messages, and how far down.

use super::TOP;
use super::later;
use crate::base::time::Span;
use crate::report::html::thrift::LONGEST;
use crate::report::ladder::marked;
use crate::report::ladder::runs;
use crate::report::layout::count;
use crate::report::view::Evidence;
use crate::report::view::Step;

/// A line of the drawing.
#[derive(Debug)]
pub(super) enum Row<'s> {
    /// One message, or several alike.
    Message { y: i64, run: &'s [Step], mark: Option<bool> },
    /// Time without messages, or messages that are left out.
    Gap { y: i64, text: String },
}

impl Row<'_> {
    /// Distance from the top.
    pub(super) const fn y(&self) -> i64 {
        match self {
            Self::Message { y, .. } | Self::Gap { y, .. } => *y,
        }
    }
}

/// Lays the messages out: repeats folded, time to scale up to a bound, beyond it a break that says how
/// long nothing came. Of very many, those without meaning in the middle are left out, and counted.
pub(super) fn rows<'s>(steps: &'s [Step], evidence: &[&Evidence]) -> Vec<Row<'s>> {
    let runs = runs(steps, evidence);
    let all = runs.len();
    let mut rows = Vec::new();
    let mut y = TOP;
    let mut before: Option<Span> = None;
    let mut left_out = 0u64;
    for (n, run) in runs.into_iter().enumerate() {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let mark = marked(first, evidence);
        let keep = all <= LONGEST || n < EDGE || n + EDGE >= all || mark.is_some();
        if !keep {
            left_out += run.len() as u64;
            before = Some(last.offset);
            continue;
        }
        if left_out > 0 {
            let text = format!("{} left out", count(left_out, "message"));
            rows.push(Row::Gap { y, text });
            y += BREAK;
            left_out = 0;
        }
        let gap = before.map_or(Span::ZERO, |t| Span(first.offset.0.saturating_sub(t.0).max(0)));
        if gap > SILENCE {
            rows.push(Row::Gap { y, text: later(gap) });
            y += BREAK;
        } else {
            y += gap.0 * STRETCH / SILENCE.0;
        }
        rows.push(Row::Message { y, run, mark });
        y += STEP;
        before = Some(last.offset);
    }
    rows
}

/// Longer silences are drawn as a break.
const SILENCE: Span = Span::from_secs(2);
/// Room that the longest silence drawn to scale takes.
const STRETCH: i64 = 40;
/// From a message to the next at the same time.
const STEP: i64 = 38;
/// From a break to what follows.
const BREAK: i64 = 34;
/// Messages kept at either end of very many.
const EDGE: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::view::tests::failed;

    #[test]
    fn silence_is_a_break_and_says_how_long() {
        let mut c = failed(&["a", "b", "c"]);
        c.timeline[2].offset = Span::from_secs(90);
        let rows = rows(&c.timeline, &[]);
        assert_eq!(rows.len(), 4);
        assert!(matches!(&rows[2], Row::Gap { text, .. } if text == "89 s without a message"));
        assert_eq!(rows[1].y() - rows[0].y(), STEP + STRETCH / 2);
    }

    #[test]
    fn of_very_many_the_middle_is_counted() {
        let texts: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let c = failed(&texts);
        let rows = rows(&c.timeline, &[]);
        assert_eq!(rows.len(), 2 * EDGE + 1);
        let text = "760 messages left out";
        assert!(matches!(&rows[EDGE], Row::Gap { text: t, .. } if t == text));
    }

    #[test]
    fn a_clock_that_steps_back_does_no_harm() {
        let mut c = failed(&["a", "b"]);
        c.timeline[1].offset = Span(i64::MIN);
        let rows = rows(&c.timeline, &[]);
        assert_eq!(rows[1].y() - rows[0].y(), STEP);
    }
}
