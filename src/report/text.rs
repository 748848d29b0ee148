//! The report for a person who has a user on the phone: verdict, cause, proof, fix, in that order.

use std::io;

use super::finding;
use super::layout::Page;
use super::layout::count;
use super::layout::grouped;
use super::overview;
use super::style::Paint;
use super::style::Style;
use super::verdict;
use super::view::Conversation;
use super::view::View;
use super::view::capture_command;
use crate::base::time::Span;
use crate::model::conversation::Outcome;

/// Writes the whole report.
pub fn render(view: &View, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let page = &mut Page::new(out, style);
    header(page, view)?;
    match view.conversations.as_slice() {
        [] => nothing_found(page, view),
        [only] if view.rest.is_empty() => {
            page.blank()?;
            verdict::render(page, only, &context(view))?;
            notes(page, view)
        }
        all => several(page, view, all),
    }
}

/// Writes one conversation alone, under its number; with its messages, where the mirror holds them.
pub fn one(c: &Conversation, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let context = Context { many_captures: false, many_conversations: true };
    verdict::render(&mut Page::new(out, style), c, &context)
}

/// What a conversation's text must know of the whole report.
pub(super) struct Context {
    /// Whether frame numbers need the number of their capture.
    pub(super) many_captures: bool,
    /// Whether headlines need the number of their conversation.
    pub(super) many_conversations: bool,
}

pub(super) fn context(view: &View) -> Context {
    Context {
        many_captures: view.captures.len() > 1,
        many_conversations: view.conversations.len() > 1,
    }
}

fn several(page: &mut Page<'_>, view: &View, all: &[Conversation]) -> io::Result<()> {
    page.blank()?;
    let ranked = overview::worst_first(all);
    overview::render(page, view, &ranked)?;
    notes(page, view)?;
    let context = context(view);
    finding::together(page, &view.findings, &context)?;
    let verbose = page.style.verbose;
    let worth = ranked.iter().filter(|c| verbose || overview::worth_details(c));
    let most = if verbose { usize::MAX } else { DETAILED };
    for c in worth.clone().take(most) {
        page.blank()?;
        page.hang("", &"─".repeat(page.style.measure()), Paint::Quiet)?;
        verdict::render(page, c, &context)?;
    }
    let unknown = all.iter().filter(|c| c.outcome == Outcome::Unknown);
    let unknown = unknown.map(|c| (c.id, c.capture_point.place, c.shown.port));
    if let Some((_, place, port)) = unknown.chain(view.rest.unknown).min_by_key(|(id, ..)| *id) {
        page.blank()?;
        page.heading(0, "Capture again, for those that are unknown")?;
        page.text(2, verdict::capture_where(place))?;
        page.verbatim(2, &capture_command(port))?;
    }
    let left_out = worth.count().saturating_sub(most) + view.rest.worth_details;
    if left_out > 0 {
        page.blank()?;
        let text = format!(
            "{} more are not shown in detail: -v shows all, --conversation N one of them.",
            grouped(left_out as u64)
        );
        page.hang("", &text, Paint::Quiet)?;
    }
    page.blank()?;
    summary(page, view)
}

fn header(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    let program = format!("{} {}", view.program.name, view.program.version);
    if let [only] = view.captures.as_slice() {
        let lasted = only.duration.map(|d| format!(", {d}")).unwrap_or_default();
        let frames = count(only.frames, "frame");
        let text = format!("{program} · {} · {}, {frames}{lasted}", only.name, only.format);
        return page.hang("", &text, Paint::Quiet);
    }
    let frames: u64 = view.captures.iter().map(|c| c.frames).sum();
    let captures = count(view.captures.len() as u64, "capture");
    page.hang("", &format!("{program} · {captures}, {}", count(frames, "frame")), Paint::Quiet)?;
    let most = if page.style.verbose { usize::MAX } else { CAPTURES_LISTED };
    for (n, c) in view.captures.iter().enumerate().take(most) {
        let lasted = c.duration.map(|d| format!(", {d}")).unwrap_or_default();
        let text = format!("{} · {}, {}{lasted}", c.name, c.format, count(c.frames, "frame"));
        page.hang(&format!("  {}: ", n + 1), &text, Paint::Quiet)?;
    }
    match view.captures.len().saturating_sub(most) {
        0 => Ok(()),
        more => page.hang("  ", &format!("and {more} more"), Paint::Quiet),
    }
}

/// What the captures themselves are short of; said once, before any blame.
fn notes(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    let many = view.captures.len() > 1;
    let of_captures = view.captures.iter().enumerate().flat_map(|(n, c)| {
        let place = if many { format!("capture {}: ", n + 1) } else { String::new() };
        c.notes.iter().map(move |note| (place.clone(), note))
    });
    let own = view.notes.iter().map(|note| (String::new(), note));
    let all: Vec<_> = of_captures.chain(own).collect();
    if all.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.heading(0, "About the capture")?;
    let most = if page.style.verbose { usize::MAX } else { NOTES_LISTED };
    for (place, note) in all.iter().take(most) {
        page.hang("  ! ", &format!("{place}{} ({})", note.text, note.code), Paint::Plain)?;
    }
    match all.len().saturating_sub(most) {
        0 => Ok(()),
        more => page.hang("  ", &format!("and {more} more: -v shows all"), Paint::Quiet),
    }
}

fn nothing_found(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    page.blank()?;
    page.hang("", &nothing(view), Paint::Doubt)?;
    if view.captures.iter().any(|c| c.frames > 0) {
        notes(page, view)?;
    }
    page.blank()?;
    page.text(0, CAPTURE_HOW)?;
    page.verbatim(2, &capture_command(0))?;
    page.text(0, OTHER_PORT)
}

/// Why the report has no conversation.
pub(super) fn nothing(view: &View) -> String {
    let frames: u64 = view.captures.iter().map(|c| c.frames).sum();
    let mut links: Vec<&str> =
        view.captures.iter().flat_map(|c| &c.link_types).map(String::as_str).collect();
    links.dedup();
    let what = match frames {
        0 => "there is nothing in it".to_owned(),
        n => format!(
            "none of the {} (link type {}) belongs to a PPTP control connection or to PPP in GRE",
            count(n, "frame"),
            links.join(", ")
        ),
    };
    let cut: u64 = view.captures.iter().map(|c| c.cut_frames).sum();
    if frames > 0 && cut * 2 > frames {
        // What is cut off cannot be told from what is not there.
        format!(
            "NOTHING CAN BE TOLD: {cut} of {} are cut so short that what is in them cannot be read.",
            count(frames, "frame")
        )
    } else {
        format!("NO PPTP FOUND: {what}.")
    }
}

fn summary(page: &mut Page<'_>, view: &View) -> io::Result<()> {
    let s = &view.summary;
    let text = format!(
        "{}: {} connected, {} failed, {} unknown; {}, {}.",
        count(s.conversations as u64, "conversation"),
        grouped(s.connected as u64),
        grouped(s.failed as u64),
        grouped(s.unknown as u64),
        count(s.faults as u64, "fault"),
        count(s.warnings as u64, "warning"),
    );
    page.hang("", &text, Paint::Heading)
}

/// Seconds since the conversation began, `8.040 s`; milliseconds are what people compare.
pub(super) fn seconds(offset: Span) -> String {
    format!("{:.3} s", offset.as_secs())
}

/// `28`, or `2:28` where there are several captures.
pub(super) fn frame(capture: u32, frame: u64, context: &Context) -> String {
    if context.many_captures {
        format!("{}:{frame}", capture.saturating_add(1))
    } else {
        frame.to_string()
    }
}

/// The arrow of a sender.
pub(super) fn arrow(from: Option<&str>) -> &'static str {
    match from {
        Some("client") => "→",
        Some(_) => "←",
        None => " ",
    }
}

/// How to take a capture that shows everything.
pub(super) const CAPTURE_HOW: &str = "Capture on the interface that leads to the VPN server (not on the \
    VPN adapter itself), start before the client dials and stop after it shows its error:";
/// What else may be the reason that nothing is found.
pub(super) const OTHER_PORT: &str =
    "A server that listens on another port than 1723: add --port N.";
/// Conversations told in detail without `-v`.
pub(super) const DETAILED: usize = 20;
const CAPTURES_LISTED: usize = 6;
const NOTES_LISTED: usize = 8;

#[cfg(test)]
mod tests;
