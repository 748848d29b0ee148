//! The report for a ticket, in Markdown (CommonMark with tables): verdict, cause, evidence, fix, what to
//! try next. Short: a ticket is read by people who want the answer, the other formats have the rest.

mod escape;

use std::io;

use self::escape::Esc;
use super::finding::named;
use super::finding::place;
use super::layout::count;
use super::overview;
use super::text;
use super::text::Context;
use super::text::context;
use super::text::frame;
use super::text::seconds;
use super::verdict;
use super::view::Conversation;
use super::view::Finding;
use super::view::Origin;
use super::view::View;
use super::view::capture_command;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;

/// Writes the whole report.
pub fn render(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"# PPTP report\n\n")?;
    for (n, c) in view.captures.iter().enumerate() {
        let lasted = c.duration.map(|d| format!(", {d}")).unwrap_or_default();
        let frames = count(c.frames, "frame");
        writeln!(out, "- Capture {}: {}, {}, {frames}{lasted}", n + 1, Esc(&c.name), c.format)?;
        for note in &c.notes {
            writeln!(out, "    - {} ({})", Esc(&note.text), Esc(&note.code))?;
        }
    }
    for note in &view.notes {
        writeln!(out, "- {} ({})", Esc(&note.text), Esc(&note.code))?;
    }
    let context = context(view);
    match view.conversations.as_slice() {
        [] => nothing_found(view, out)?,
        [only] => conversation(only, &context, out)?,
        all => several(view, all, &context, out)?,
    }
    if !view.findings.is_empty() {
        out.write_all(b"\n## The capture as a whole\n\n")?;
        others(&view.findings, out)?;
    }
    writeln!(out, "\n{} {}", Esc(view.program.name), Esc(view.program.version))
}

fn nothing_found(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "\n## {}\n\n{}\n", Esc(&text::nothing(view)), Esc(text::CAPTURE_HOW))?;
    writeln!(out, "```\n{}\n```\n\n{}", capture_command(0), Esc(text::OTHER_PORT))
}

fn several(
    view: &View,
    all: &[Conversation],
    context: &Context,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let ranked = overview::worst_first(all);
    writeln!(out, "\n## {}\n", Esc(&overview::totals(view)))?;
    // Not `#7`: a tracker would make a link to an issue of it.
    out.write_all(
        b"| No. | Client | Server | User | Result | Cause |\n|--:|---|---|---|---|---|\n",
    )?;
    for c in ranked.iter().take(LISTED) {
        let user = c.calls.last().and_then(|call| call.authentication.user.as_deref());
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            c.id,
            Esc(&c.client.address),
            Esc(&c.server.address),
            Esc(&overview::name(user)),
            Esc(&overview::result(c)),
            Esc(&overview::cause(c))
        )?;
    }
    more(ranked.len().saturating_sub(LISTED), "listed", out)?;
    let worth = ranked.iter().filter(|c| overview::worth_details(c));
    for c in worth.clone().take(TOLD) {
        conversation(c, context, out)?;
    }
    more(worth.count().saturating_sub(TOLD), "told in detail", out)
}

fn more(left: usize, how: &str, out: &mut dyn io::Write) -> io::Result<()> {
    match left {
        0 => Ok(()),
        n => writeln!(out, "\n{n} more are not {how} here."),
    }
}

fn conversation(c: &Conversation, context: &Context, out: &mut dyn io::Write) -> io::Result<()> {
    let (_, result) = verdict::result(c);
    let primary = c.primary_finding();
    let lead =
        if context.many_conversations { format!("Conversation {}: ", c.id) } else { String::new() };
    let cause = primary.map_or_else(|| verdict::reason(c), |f| format!(": {}", f.summary));
    writeln!(out, "\n## {}{}{}\n", Esc(&lead), Esc(&result), Esc(&cause))?;
    for (name, peer) in [("Client", &c.client), ("Server", &c.server)] {
        let software = match verdict::software(peer) {
            s if s.is_empty() => s,
            s => format!(", {s}"),
        };
        writeln!(out, "- {name}: {}{}", Esc(&verdict::address(peer)), Esc(&software))?;
    }
    if let Some(user) = c.calls.last().and_then(|call| call.authentication.user.as_deref()) {
        writeln!(out, "- User: {}", Esc(user))?;
    }
    writeln!(out, "- Time: {}", Esc(&verdict::when(c)))?;
    let steps: Vec<String> = Stage::ALL
        .into_iter()
        .map(|stage| format!("{} {}", stage.name(), verdict::step_sign(c, stage).1))
        .collect();
    writeln!(out, "- Steps: {}", steps.join(", "))?;
    match primary {
        Some(f) => cause_in_full(f, context, out)?,
        None if c.outcome == Outcome::Failed && c.shown.hidden == 0 => {
            writeln!(out, "\n### Cause\n\n{}", Esc(&verdict::how_it_stopped(c)))?;
        }
        None => {}
    }
    let rest = c.findings.get(usize::from(primary.is_some())..).unwrap_or_default();
    if !rest.is_empty() {
        out.write_all(b"\n### Also found\n\n")?;
        others(rest, out)?;
    }
    next(c, out)
}

fn cause_in_full(f: &Finding, context: &Context, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "\n### Cause\n\n**{}**, {}", Esc(&f.label()), f.certainty.name())?;
    if !f.detail.is_empty() {
        writeln!(out, "\n{}", Esc(&f.detail))?;
    }
    if !f.explains.is_empty() {
        writeln!(out, "\nThis also explains {}.", Esc(&named(&f.explains)))?;
    }
    if !f.evidence.is_empty() {
        let head = if context.many_captures { "Capture:frame" } else { "Frame" };
        writeln!(
            out,
            "\n### Evidence\n\n| {head} | Time | From | What it shows |\n|--:|--:|---|---|"
        )?;
        for e in &f.evidence {
            let number = frame(e.capture, e.frame, context);
            let bold = if e.culprit { "**" } else { "" };
            writeln!(
                out,
                "| {bold}{number}{bold} | {} | {} | {bold}{}{bold} |",
                seconds(e.offset),
                e.from.unwrap_or_default(),
                Esc(&e.text)
            )?;
        }
        if !f.filter.is_empty() {
            writeln!(out, "\nWireshark: `{}`", f.filter.replace('`', "'"))?;
        }
    }
    if !f.fix.is_empty() {
        out.write_all(b"\n### Fix\n\n")?;
        for (n, step) in f.fix.iter().enumerate() {
            writeln!(out, "{}. **{}**: {}", n + 1, place(step.on), Esc(&step.text))?;
        }
    }
    bullets("What the user sees", f.client_sees.iter().take(SYMPTOMS).map(|t| &**t), out)?;
    bullets("Sources", f.references.iter().map(|t| &**t), out)?;
    match f.origin {
        Origin::Catalogue => {
            writeln!(out, "\nMore: `pptp-diag explain {}`", f.rule.replace('`', "'"))
        }
        Origin::Site => Ok(()),
    }
}

fn others(findings: &[Finding], out: &mut dyn io::Write) -> io::Result<()> {
    for f in findings {
        let (severity, certainty) = (f.severity.name(), f.certainty.name());
        writeln!(out, "- {severity}: {} ({}, {certainty})", Esc(&f.summary), Esc(&f.label()))?;
    }
    Ok(())
}

/// What to try where the report cannot decide, or to learn more.
fn next(c: &Conversation, out: &mut dyn io::Write) -> io::Result<()> {
    let undecided = c.primary_finding().and_then(|f| f.missing.as_ref());
    bullets("What to try next", c.missing.iter().chain(undecided).map(String::as_str), out)?;
    if c.outcome != Outcome::Unknown {
        return Ok(());
    }
    let capture = capture_command(c.shown.port);
    let place = verdict::capture_where(c.capture_point.place);
    writeln!(out, "\nCapture again: {}\n\n```\n{capture}\n```", Esc(place))
}

fn bullets<'t>(
    title: &str,
    texts: impl Iterator<Item = &'t str>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut texts = texts.peekable();
    if texts.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "\n### {title}\n")?;
    for text in texts {
        writeln!(out, "- {}", Esc(text))?;
    }
    Ok(())
}

/// Lines of the table of conversations.
const LISTED: usize = 200;
/// Conversations told in detail.
const TOLD: usize = 20;
/// Symptoms listed.
const SYMPTOMS: usize = 4;
