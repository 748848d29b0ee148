//! The report as one HTML file: no network, no part outside, fit for a browser, for print and for a
//! screen reader. What the script adds (filter, panel of the diagram) is comfort: without it all is there.
//!
//! Text gets in through `Esc` only; a Content-Security-Policy lets nothing run or load but the style and
//! the script of this file.

mod chart;
mod conversation;
mod escape;
mod finding;
mod ladder;
mod overview;
mod policy;
mod thrift;

use std::io;

use self::escape::Esc;
use self::finding::Scene;
use self::thrift::Thrift;
use super::layout::count;
use super::text;
use super::text::context;
use super::verdict;
use super::view::Capture;
use super::view::View;
use super::view::capture_command;
use crate::model::conversation::Outcome;

/// Writes the whole page.
pub fn render(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    head(view, out)?;
    let ranked = super::overview::worst_first(&view.conversations);
    let mut thrift = Thrift::new(&ranked);
    header(view, out)?;
    out.write_all(b"<main>\n")?;
    notes(view, out)?;
    if ranked.is_empty() {
        nothing_found(view, out)?;
    } else {
        overview::render(view, &ranked, &thrift, out)?;
    }
    capture_wide(view, &mut thrift, out)?;
    for c in &ranked {
        if thrift.tells(c) {
            conversation::render(c, view, &mut thrift, out)?;
        }
    }
    capture_again(view, out)?;
    out.write_all(b"</main>\n")?;
    footer(view, out)
}

fn head(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let policy = policy::policy(STYLE, SCRIPT);
    let title = title(view);
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{}",
        Esc(&title),
        ladder::SHAPES
    )
}

fn title(view: &View) -> String {
    match view.captures.as_slice() {
        [only] => format!("PPTP report: {}", only.name),
        all => format!("PPTP report: {}", count(all.len() as u64, "capture")),
    }
}

fn header(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<header>\n<h1>{}</h1>", Esc(&title(view)))?;
    match view.captures.as_slice() {
        [only] => writeln!(out, "<p class=\"quiet\">{}</p>", Esc(&capture_line(only)))?,
        all => {
            out.write_all(b"<ol class=\"quiet\">\n")?;
            for c in all {
                writeln!(out, "<li>{} · {}</li>", Esc(&c.name), Esc(&capture_line(c)))?;
            }
            out.write_all(b"</ol>\n")?;
        }
    }
    let s = &view.summary;
    if s.conversations > 0 {
        out.write_all(b"<ul class=\"totals\">\n")?;
        for (class, number, word) in [
            ("bad", s.failed, "failed"),
            ("doubt", s.unknown, "unknown"),
            ("good", s.connected, "connected"),
            ("bad", s.faults, if s.faults == 1 { "fault" } else { "faults" }),
            ("doubt", s.warnings, if s.warnings == 1 { "warning" } else { "warnings" }),
            ("", s.notices, if s.notices == 1 { "notice" } else { "notices" }),
        ] {
            let class = if number == 0 { "" } else { class };
            writeln!(out, "<li class=\"{class}\"><b>{number}</b> {word}</li>")?;
        }
        out.write_all(b"</ul>\n")?;
    }
    out.write_all(b"</header>\n")
}

fn capture_line(c: &Capture) -> String {
    let lasted = c.duration.map(|d| format!(", {d}")).unwrap_or_default();
    let began = c.first.as_deref().and_then(|t| t.get(..19)).unwrap_or_default().replace('T', " ");
    let began = if began.is_empty() { began } else { format!(", from {began} UTC") };
    format!("{}, {}{lasted}{began}", c.format, count(c.frames, "frame"))
}

/// What the captures themselves are short of; said before any blame.
fn notes(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let of_captures = view.captures.iter().flat_map(|c| c.notes.iter().map(move |n| (Some(c), n)));
    let all: Vec<_> = of_captures.chain(view.notes.iter().map(|n| (None, n))).collect();
    if all.is_empty() {
        return Ok(());
    }
    out.write_all(b"<section class=\"note\" aria-labelledby=\"notes\">\n")?;
    out.write_all(b"<h2 id=\"notes\">About the capture</h2>\n<ul>\n")?;
    for (capture, note) in all {
        let place = match capture {
            Some(c) if view.captures.len() > 1 => format!("{}: ", c.name),
            _ => String::new(),
        };
        writeln!(out, "<li>{}{} ({})</li>", Esc(&place), Esc(&note.text), Esc(&note.code))?;
    }
    out.write_all(b"</ul>\n</section>\n")
}

fn nothing_found(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<section aria-labelledby=\"none\">\n<h2 id=\"none\" class=\"doubt\">{}</h2>\n<p>{}</p>\n\
         <pre class=\"copy\">{}</pre>\n<p>{}</p>\n</section>",
        Esc(&text::nothing(view)),
        Esc(text::CAPTURE_HOW),
        Esc(&capture_command(0)),
        Esc(text::OTHER_PORT)
    )
}

/// Findings about the capture as a whole.
fn capture_wide(view: &View, thrift: &mut Thrift, out: &mut dyn io::Write) -> io::Result<()> {
    if view.findings.is_empty() {
        return Ok(());
    }
    out.write_all(
        b"<section aria-labelledby=\"wide\">\n<h2 id=\"wide\">The capture as a whole</h2>\n",
    )?;
    let scene = Scene { view, context: context(view), of: None };
    for f in &view.findings {
        finding::collapsed(f, &scene, thrift, out)?;
    }
    out.write_all(b"</section>\n")
}

fn capture_again(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(c) = view.conversations.iter().find(|c| c.outcome == Outcome::Unknown) else {
        return Ok(());
    };
    writeln!(
        out,
        "<section aria-labelledby=\"again\">\n\
         <h2 id=\"again\">Capture again, for what is unknown</h2>\n<p>{}</p>\n\
         <pre class=\"copy\">{}</pre>\n</section>",
        Esc(verdict::capture_where(c.capture_point.place)),
        Esc(&capture_command(c.shown.port))
    )
}

fn footer(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<footer><p>{} {} · times are those of the capture, UTC · \
         <code>pptp-diag explain RULE</code> tells more of a rule</p></footer>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>",
        Esc(view.program.name),
        Esc(view.program.version)
    )
}

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");
