//! The messages of a conversation between two lines, client and server, repeats folded.

use std::fmt::Write as _;
use std::io;

use super::layout::Page;
use super::layout::pad_left;
use super::layout::width;
use super::style::Paint;
use super::text::Context;
use super::text::frame;
use super::text::seconds;
use super::view::Evidence;
use super::view::Finding;
use super::view::Step;
use crate::base::time::Span;

/// Writes the messages; those that a finding rests on are marked.
pub(super) fn render(
    page: &mut Page<'_>,
    steps: &[Step],
    findings: &[Finding],
    context: &Context,
) -> io::Result<()> {
    let evidence: Vec<&Evidence> = findings.iter().flat_map(|f| &f.evidence).collect();
    let many_calls = steps.iter().filter_map(|s| s.call).max().is_some_and(|n| n > 1);
    let last = steps.last().map(|s| seconds(s.offset)).unwrap_or_default();
    let frame_column =
        steps.iter().map(|s| width(&frame(s.capture, s.frame, context))).max().unwrap_or(0).max(5);
    let time_column = width(&last).max(8);
    let head = format!(
        "    {}  {}  client  server",
        pad_left("frame", frame_column),
        pad_left("time", time_column)
    );
    page.verbatim(0, &head)?;
    for run in runs(steps, &evidence) {
        let Some((first, more)) = run.split_first() else { continue };
        let (mark, paint) = match marked(first, &evidence) {
            Some(true) => ("▸", Paint::Heading),
            Some(false) => ("•", Paint::Plain),
            None => (" ", Paint::Plain),
        };
        let lane = if first.from == "client" {
            "│─────▶│"
        } else {
            "│◀─────│"
        };
        let lead = format!(
            "  {mark} {}  {}    {lane}    ",
            pad_left(&frame(first.capture, first.frame, context), frame_column),
            pad_left(&seconds(first.offset), time_column),
        );
        page.hang(&lead, &words(first, more, many_calls, context), paint)?;
    }
    Ok(())
}

pub(super) fn words(first: &Step, more: &[Step], many_calls: bool, context: &Context) -> String {
    let mut text = match (first.call, many_calls) {
        (Some(n), true) => format!("call {n}: {}", first.label),
        _ => first.label.clone(),
    };
    if !first.detail.is_empty() {
        text.push_str("  ");
        text.push_str(&first.detail);
    }
    if let Some(last) = more.last() {
        let until = frame(last.capture, last.frame, context);
        let over = Span(last.offset.0.saturating_sub(first.offset.0));
        let _ = write!(text, "  × {} in {over}, to frame {until}", more.len() + 1);
    }
    text
}

/// Parts the messages into runs of the same message; two alike still stand as two.
pub(super) fn runs<'s>(steps: &'s [Step], evidence: &[&Evidence]) -> Vec<&'s [Step]> {
    let same = |a: &Step, b: &Step| {
        (a.from, a.call, &a.label, &a.detail) == (b.from, b.call, &b.label, &b.detail)
            && marked(a, evidence).is_none()
            && marked(b, evidence).is_none()
    };
    steps
        .chunk_by(same)
        .flat_map(|run| {
            let size = if run.len() < FOLDED { 1 } else { run.len() };
            run.chunks(size)
        })
        .collect()
}

/// Whether a finding rests on this message, and whether it is to blame.
pub(super) fn marked(step: &Step, evidence: &[&Evidence]) -> Option<bool> {
    let here = |e: &&&Evidence| e.capture == step.capture && e.frame == step.frame;
    let mut found = evidence.iter().filter(here).peekable();
    found.peek()?;
    Some(found.any(|e| e.culprit))
}

/// Runs of at least this many are folded into one line.
const FOLDED: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Kind;

    fn step(frame: u64, from: &'static str, label: &str) -> Step {
        Step {
            time: String::new(),
            capture: 0,
            frame,
            from,
            call: None,
            label: label.to_owned(),
            detail: String::new(),
            offset: Span::from_secs(i64::try_from(frame).unwrap()),
            kind: Kind::Lcp,
        }
    }

    #[test]
    fn folds_long_runs_only() {
        let steps: Vec<Step> = [(1, "a"), (2, "a"), (3, "b"), (4, "b"), (5, "b"), (6, "b")]
            .map(|(n, label)| step(n, "client", label))
            .into();
        let sizes: Vec<_> = runs(&steps, &[]).iter().map(|r| r.len()).collect();
        assert_eq!(sizes, [1, 1, 4]);
        let text = words(
            &steps[2],
            &steps[3..],
            false,
            &Context { many_captures: false, many_conversations: false },
        );
        assert_eq!(text, "b  × 4 in 3.0 s, to frame 6");
    }

    #[test]
    fn never_folds_evidence() {
        let steps: Vec<Step> = (1..=5).map(|n| step(n, "client", "a")).collect();
        let proof = Evidence {
            capture: 0,
            frame: 3,
            text: String::new(),
            time: String::new(),
            from: None,
            culprit: true,
            offset: Span::ZERO,
        };
        assert_eq!(runs(&steps, &[&proof]).len(), 5);
        assert_eq!(marked(&steps[2], &[&proof]), Some(true));
        assert_eq!(marked(&steps[1], &[&proof]), None);
    }
}
