//! What a RAS error number, an article of the Knowledge Base or a line of a log may mean: the rules to
//! look at, for people and scripts.

use std::io;

use serde::Serialize;

use super::layout::Page;
use super::layout::pad;
use super::style::Paint;
use super::style::Style;
use crate::rules::catalog;
use crate::rules::index::Article;
use crate::rules::index::LogLine;
use crate::rules::index::RasError;

/// Something that people ask about besides rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An error number of Windows.
    Ras(&'static RasError),
    /// An article of the Knowledge Base.
    Article(&'static Article),
    /// Lines of a log that a text belongs to.
    Lines(Vec<&'static LogLine>),
}

/// Writes it for a terminal.
pub fn render(entry: &Entry, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let page = &mut Page::new(out, style);
    for (n, part) in parts(entry).into_iter().enumerate() {
        if n > 0 {
            page.blank()?;
        }
        page.hang("", &part.title, Paint::Heading)?;
        page.text(0, &part.meaning)?;
        if !part.verified {
            page.hang(
                "! ",
                "The number is unverified: no document at hand confirms it.",
                Paint::Doubt,
            )?;
        }
        if let Some(note) = part.note {
            page.text(0, note)?;
        }
        candidates(page, &part.rules)?;
    }
    page.blank()?;
    page.hang("", "Only the packets decide: pptp-diag CAPTURE", Paint::Quiet)
}

/// Writes it as JSON: `{"schema": 1, "program": …, "entries": […]}`.
pub fn json(entry: &Entry, out: &mut dyn io::Write) -> io::Result<()> {
    let entries: Vec<EntryView> = parts(entry).into_iter().map(mirror).collect();
    let whole = Whole { schema: 1, program: super::view::PROGRAM, entries };
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    out.write_all(b"\n")
}

/// Rules in the order of the table; those that this version has, with the command that tells more.
fn candidates(page: &mut Page<'_>, rules: &[&'static str]) -> io::Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    page.blank()?;
    page.heading(0, "It may be")?;
    for id in rules {
        match catalog::find(id) {
            Some(rule) => {
                page.hang(&format!("  {}  ", pad(id, 6)), rule.title, Paint::Plain)?;
                page.hang("          ", &format!("pptp-diag explain {id}"), Paint::Quiet)?;
            }
            None => page.hang(&format!("  {}  ", pad(id, 6)), UNKNOWN, Paint::Quiet)?,
        }
    }
    Ok(())
}

/// One thing asked about.
struct Part {
    kind: &'static str,
    title: String,
    meaning: String,
    number: Option<u32>,
    symbol: Option<&'static str>,
    texts: &'static [&'static str],
    note: Option<&'static str>,
    verified: bool,
    rules: Vec<&'static str>,
}

fn parts(entry: &Entry) -> Vec<Part> {
    match entry {
        Entry::Ras(e) => vec![Part {
            kind: "ras-error",
            title: format!("Error {} {}", e.number, e.symbol).trim_end().to_owned(),
            meaning: sentence(e.gist),
            number: Some(e.number),
            symbol: Some(e.symbol),
            texts: &[],
            note: e.note,
            verified: e.verified,
            rules: e.candidates().collect(),
        }],
        Entry::Article(a) => vec![Part {
            kind: "article",
            title: format!("Microsoft Knowledge Base {}", a.id),
            meaning: "The article is a source of these rules.".to_owned(),
            number: None,
            symbol: Some(a.id),
            texts: &[],
            note: None,
            verified: true,
            rules: a.candidates().collect(),
        }],
        Entry::Lines(lines) => lines
            .iter()
            .map(|l| Part {
                kind: "log-line",
                title: l.texts.join(" / "),
                meaning: format!("A line in the log of {}.", l.who),
                number: None,
                symbol: None,
                texts: l.texts,
                note: l.note,
                verified: true,
                rules: l.candidates().collect(),
            })
            .collect(),
    }
}

/// A gist as a sentence.
fn sentence(gist: &str) -> String {
    let mut letters = gist.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).chain(['.']).collect()
}

#[derive(Serialize)]
struct Whole {
    schema: u32,
    program: super::view::Program,
    entries: Vec<EntryView>,
}

#[derive(Serialize)]
struct EntryView {
    kind: &'static str,
    number: Option<u32>,
    symbol: Option<&'static str>,
    texts: &'static [&'static str],
    meaning: String,
    note: Option<&'static str>,
    verified: bool,
    candidates: Vec<Candidate>,
}

#[derive(Serialize)]
struct Candidate {
    rule: &'static str,
    /// `null`: this version does not recognise it.
    name: Option<&'static str>,
    title: Option<&'static str>,
}

fn mirror(part: Part) -> EntryView {
    let candidate = |rule| {
        let known = catalog::find(rule);
        Candidate { rule, name: known.map(|r| r.name), title: known.map(|r| r.title) }
    };
    EntryView {
        kind: part.kind,
        number: part.number,
        symbol: part.symbol,
        texts: part.texts,
        meaning: part.meaning,
        note: part.note,
        verified: part.verified,
        candidates: part.rules.into_iter().map(candidate).collect(),
    }
}

const UNKNOWN: &str = "not recognised by this version";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::index;

    fn text(entry: &Entry) -> String {
        let mut out = Vec::new();
        render(entry, &Style { width: 80, ..Style::default() }, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
        text
    }

    fn hints_are_right(text: &str, rules: impl Iterator<Item = &'static str>) {
        for id in rules {
            assert!(text.contains(id), "{id}: {text}");
            let hint = text.contains(&format!("pptp-diag explain {id}"));
            assert_eq!(hint, catalog::find(id).is_some(), "{id}: {text}");
        }
    }

    #[test]
    fn every_entry_names_its_rules_and_hints_only_at_those_that_are_there() {
        for e in index::RAS {
            let text = text(&Entry::Ras(e));
            assert!(text.starts_with(&format!("Error {}", e.number)), "{text}");
            assert_eq!(text.contains("unverified"), !e.verified, "{text}");
            hints_are_right(&text, e.candidates());
        }
        for a in index::ARTICLES {
            hints_are_right(&text(&Entry::Article(a)), a.candidates());
        }
        for l in index::LINES {
            hints_are_right(&text(&Entry::Lines(vec![l])), l.candidates());
        }
    }

    #[test]
    fn json_says_the_same() {
        let mut out = Vec::new();
        json(&Entry::Ras(index::find_ras(721).unwrap()), &mut out).unwrap();
        let whole: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let entry = &whole["entries"][0];
        assert_eq!(entry["symbol"], "ERROR_PPP_NO_RESPONSE");
        assert_eq!(entry["candidates"][1]["name"], "gre-no-return");
    }
}
