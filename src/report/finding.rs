//! One finding: what happened, the frames that prove it, what the user sees, what to change.

use std::io;

use super::layout::Page;
use super::layout::pad;
use super::layout::pad_left;
use super::layout::width;
use super::style::Paint;
use super::text::Context;
use super::text::arrow;
use super::text::frame;
use super::text::seconds;
use super::view::Conversation;
use super::view::Evidence;
use super::view::Finding;
use super::view::Origin;
use crate::rules::Severity;
use crate::rules::catalog;

/// A finding in full.
pub(super) fn render(page: &mut Page<'_>, f: &Finding, context: &Context) -> io::Result<()> {
    if !f.detail.is_empty() {
        section(page, "What happened")?;
        page.text(4, &f.detail)?;
    }
    if !f.evidence.is_empty() {
        section(page, "Proof")?;
        proof(page, &f.evidence, context)?;
    }
    if let Some(missing) = &f.missing {
        section(page, "What this capture cannot decide")?;
        page.text(4, missing)?;
    }
    if !f.client_sees.is_empty() {
        section(page, "What the user sees")?;
        let most = if page.style.verbose { usize::MAX } else { SYMPTOMS };
        for text in f.client_sees.iter().take(most) {
            page.hang("    - ", text, Paint::Plain)?;
        }
    }
    if !f.fix.is_empty() {
        section(page, "Fix")?;
        for (n, step) in f.fix.iter().enumerate() {
            page.hang(
                &format!("    {}. ", n + 1),
                &format!("{}: {}", place(step.on), step.text),
                Paint::Plain,
            )?;
        }
    }
    page.blank()?;
    if !f.explains.is_empty() {
        page.text(2, &format!("This also explains {}.", named(&f.explains)))?;
    }
    match f.origin {
        Origin::Catalogue => {
            page.hang("  More       ", &format!("pptp-diag explain {}", f.rule), Paint::Plain)?;
        }
        // Whoever reads the report may not have the site's rules at hand.
        Origin::Site => {
            for text in &f.references {
                page.verbatim(0, &format!("  More       {text}"))?;
            }
        }
    }
    if !f.filter.is_empty() {
        let file = match f.evidence.first() {
            Some(e) if context.many_captures => {
                format!("   (capture {})", e.capture.saturating_add(1))
            }
            _ => String::new(),
        };
        page.verbatim(2, &format!("Wireshark  {}{file}", f.filter))?;
    }
    Ok(())
}

/// Rules with their names.
pub(super) fn named(ids: &[&str]) -> String {
    let name =
        |id: &str| catalog::find(id).map_or_else(|| id.to_owned(), |r| format!("{id} {}", r.name));
    ids.iter().map(|id| name(id)).collect::<Vec<_>>().join(", ")
}

pub(super) fn section(page: &mut Page<'_>, title: &str) -> io::Result<()> {
    page.blank()?;
    page.heading(2, title)
}

pub(super) fn place(on: &str) -> String {
    match on {
        "network" => "in the network".to_owned(),
        other => format!("on the {other}"),
    }
}

fn proof(page: &mut Page<'_>, evidence: &[Evidence], context: &Context) -> io::Result<()> {
    let frames: Vec<String> = evidence.iter().map(|e| frame(e.capture, e.frame, context)).collect();
    let times: Vec<String> = evidence.iter().map(|e| seconds(e.offset)).collect();
    let head = if context.many_captures { "file:frame" } else { "frame" };
    let wide =
        |all: &[String], least: usize| all.iter().map(|t| width(t)).max().unwrap_or(0).max(least);
    let (frame_column, time_column) = (wide(&frames, head.len()), wide(&times, 4));
    let key = format!(
        "    {}  {}   → from the client, ← from the server",
        pad_left(head, frame_column),
        pad_left("time", time_column)
    );
    page.verbatim(0, &key)?;
    for ((e, frame), time) in evidence.iter().zip(frames).zip(times) {
        let mark = if e.culprit { "▸" } else { " " };
        let sign = pad(&page.style.plain(arrow(e.from)), width(&page.style.plain("→")));
        let lead = format!(
            "  {mark} {}  {}   {sign} ",
            pad_left(&frame, frame_column),
            pad_left(&time, time_column)
        );
        let paint = if e.culprit { Paint::Heading } else { Paint::Plain };
        page.hang(&lead, &e.text, paint)?;
    }
    Ok(())
}

/// Findings that no conversation shows alone.
pub(super) fn together(
    page: &mut Page<'_>,
    findings: &[Finding],
    context: &Context,
) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.heading(0, "What the conversations show together")?;
    for f in findings {
        let paint = if f.severity == Severity::Fault { Paint::Bad } else { Paint::Doubt };
        page.hang("  ", &format!("{}: {}", f.severity.name(), f.summary), paint)?;
        let ids = f.conversations.iter().take(NUMBERED).map(|id| format!("#{id}"));
        let ids = ids.collect::<Vec<_>>().join(" ");
        let more = if f.conversations.len() > NUMBERED { " …" } else { "" };
        let tag =
            format!("{} {}, {}; conversations {ids}{more}", f.rule, f.name, f.certainty.name());
        page.hang("  ", &tag, Paint::Quiet)?;
        render(page, f, context)?;
    }
    Ok(())
}

/// Findings besides the root cause: a line each, in full with `-v`.
pub(super) fn others(page: &mut Page<'_>, c: &Conversation, context: &Context) -> io::Result<()> {
    let skip = usize::from(c.primary_finding().is_some());
    let rest = c.findings.get(skip..).unwrap_or_default();
    if rest.is_empty() {
        return Ok(());
    }
    let title = if skip > 0 { "Also found" } else { "Found" };
    section(page, title)?;
    for f in rest {
        let paint = if f.severity == Severity::Fault { Paint::Bad } else { Paint::Plain };
        let source = match f.origin {
            Origin::Catalogue => format!("{}, {}", f.rule, f.certainty.name()),
            Origin::Site => format!("{}, site rule", f.rule),
        };
        let text = format!("{}: {} ({source})", f.severity.name(), f.summary);
        page.hang("    - ", &text, paint)?;
        if page.style.verbose {
            render(page, f, context)?;
        } else if let ([first, ..], true) = (f.fix.as_slice(), f.severity > Severity::Notice) {
            page.hang("      ", &format!("{}: {}", place(first.on), first.text), Paint::Plain)?;
        }
    }
    if page.style.verbose {
        return Ok(());
    }
    page.hang("    ", "pptp-diag explain RULE says more; -v shows their proof", Paint::Quiet)
}

/// Symptoms listed without `-v`.
const SYMPTOMS: usize = 4;
/// Conversations of a finding that are named one by one.
const NUMBERED: usize = 12;
