//! The catalogue for people and scripts: the page of a rule, and the list of all.

use std::io;

use serde::Serialize;

use super::layout::Page;
use super::layout::pad;
use super::layout::width;
use super::style::Paint;
use super::style::Style;
use super::view::Fix;
use crate::rules::Rule;
use crate::rules::catalog;
use crate::rules::page;

/// Writes the page of a rule for a terminal: its Markdown, wrapped, without the scenarios.
pub fn render(rule: &Rule, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let page = &mut Page::new(out, style);
    page.hang("", &format!("{} {}", rule.id, rule.name), Paint::Heading)?;
    if !rule.page.contains(rule.title) {
        page.text(0, rule.title)?;
    }
    let family = family_of(rule).unwrap_or_default();
    page.hang("", &format!("{} · {family}", rule.severity.name()), Paint::Quiet)?;
    markdown(page, rule.page)
}

/// Writes the page of a site rule for a terminal.
pub fn render_page(rule: &RulePage, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let page = &mut Page::new(out, style);
    page.hang("", &format!("{} (site rule)", rule.id), Paint::Heading)?;
    page.hang("", &format!("{} · {}", rule.severity, rule.family), Paint::Quiet)?;
    markdown(page, &rule.page)
}

fn markdown(page: &mut Page<'_>, text: &str) -> io::Result<()> {
    page.blank()?;
    let mut blocks = blocks(text).into_iter().peekable();
    while let Some(block) = blocks.next() {
        match block {
            Block::Heading(level, text) => {
                // Id and title stand above already; a section of scenarios alone is empty here.
                let empty = matches!(blocks.peek(), None | Some(Block::Heading(..)));
                if level > 1 && !empty {
                    page.blank()?;
                    page.heading(0, &plain(text))?;
                }
            }
            Block::Text(text) => page.text(2, &plain(&text))?,
            Block::Item(indent, sign, text) => {
                page.hang(&format!("{:1$}{sign} ", "", 2 + indent), &plain(&text), Paint::Plain)?;
            }
            Block::Verbatim(line) => page.verbatim(4, line)?,
            Block::Gap => page.blank()?,
        }
    }
    Ok(())
}

/// Writes the list of all rules for a terminal, those of the site last.
pub fn list(site: &[RulePage], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let page = &mut Page::new(out, style);
    for (n, (family, rules)) in catalog::FAMILIES.iter().enumerate() {
        if rules.is_empty() {
            continue;
        }
        if n > 0 {
            page.blank()?;
        }
        page.heading(0, family)?;
        for rule in *rules {
            let severity = pad(rule.severity.name(), 7);
            page.hang(&format!("  {}  {severity}  ", rule.id), rule.name, Paint::Plain)?;
            page.hang(&" ".repeat(width(rule.id) + 13), rule.title, Paint::Quiet)?;
        }
    }
    if let Some(first) = site.first() {
        page.blank()?;
        page.heading(0, &first.family)?;
        for rule in site {
            let severity = pad(rule.severity, 7);
            page.hang(&format!("  {}  {severity}  ", rule.id), &rule.title, Paint::Plain)?;
        }
    }
    page.blank()?;
    let known = catalog::all().count() + site.len();
    page.hang(
        "",
        &format!("{known} rules. `pptp-diag explain RULE` tells more of one."),
        Paint::Quiet,
    )
}

/// Writes one rule as JSON.
pub fn json(rule: &RulePage, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, rule)?;
    out.write_all(b"\n")
}

/// Writes all rules as JSON: `{"schema": 1, "program": …, "rules": […]}`.
pub fn list_json(site: &[RulePage], out: &mut dyn io::Write) -> io::Result<()> {
    let list = List {
        schema: 1,
        program: super::view::PROGRAM,
        rules: catalog::all().map(RulePage::of).chain(site.iter().cloned()).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &list)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct List {
    schema: u32,
    program: super::view::Program,
    rules: Vec<RulePage>,
}

/// A rule as scripts get it, of the catalogue or of the site.
#[derive(Clone, Debug, Serialize)]
pub struct RulePage {
    /// Id.
    pub id: String,
    /// Name; of a site rule its title.
    pub name: String,
    /// One line.
    pub title: String,
    /// Heading under which it is listed.
    pub family: String,
    /// Severity.
    pub severity: &'static str,
    /// More specific rules that fold it.
    pub yields_to: Vec<&'static str>,
    /// What the user sees.
    pub client_sees: Vec<String>,
    /// What to change, in order.
    pub fix: Vec<Fix>,
    /// Sources.
    pub references: Vec<String>,
    /// The page, Markdown.
    pub page: String,
}

impl RulePage {
    /// The page of a rule of the catalogue.
    #[must_use]
    pub fn of(rule: &Rule) -> Self {
        let advice = rule.advice().clone();
        let fix = advice.fix.into_iter();
        Self {
            id: rule.id.to_owned(),
            name: rule.name.to_owned(),
            title: rule.title.to_owned(),
            family: family_of(rule).unwrap_or_default().to_owned(),
            severity: rule.severity.name(),
            yields_to: rule.yields_to.to_vec(),
            client_sees: advice.client_sees,
            fix: fix.map(|s| Fix { on: s.on.name(), text: s.text.into() }).collect(),
            references: advice.references,
            page: page::prose(rule.page),
        }
    }
}

fn family_of(rule: &Rule) -> Option<&'static str> {
    let holds = |rules: &[&Rule]| rules.iter().any(|r| r.id == rule.id);
    catalog::FAMILIES.iter().find(|(_, rules)| holds(rules)).map(|(name, _)| *name)
}

/// A piece of a page.
#[derive(Debug, PartialEq, Eq)]
enum Block<'p> {
    Heading(usize, &'p str),
    Text(String),
    /// Indent, bullet or number, text.
    Item(usize, &'p str, String),
    /// A line of a table or of code.
    Verbatim(&'p str),
    /// Between paragraphs; before headings there is one anyway.
    Gap,
}

/// Takes the Markdown of the pages apart: headings, paragraphs, lists, fenced code, tables; scenarios are
/// left out. Enough for our own pages, which are the only ones.
fn blocks(markdown: &str) -> Vec<Block<'_>> {
    let mut out: Vec<Block<'_>> = Vec::new();
    let (mut code, mut scenario) = (false, false);
    let mut gap = false;
    for line in markdown.lines() {
        let text = line.trim();
        if text.starts_with("~~~") {
            scenario = !scenario;
            // The sentence above a scenario says what it is, and goes with it.
            if scenario && !std::mem::take(&mut gap) && matches!(out.last(), Some(Block::Text(_))) {
                out.pop();
                if out.last() == Some(&Block::Gap) {
                    out.pop();
                }
            }
            continue;
        }
        if scenario {
            continue;
        }
        if text.starts_with("```") {
            code = !code;
            continue;
        }
        if code || text.starts_with('|') {
            out.push(Block::Verbatim(line));
            continue;
        }
        if text.is_empty() {
            gap = true;
            continue;
        }
        let after_gap = std::mem::take(&mut gap);
        let indent = line.len() - line.trim_start().len();
        if let Some((level, title)) = heading(text) {
            out.push(Block::Heading(level, title));
        } else if let Some((sign, rest)) = item(text) {
            out.push(Block::Item(indent, sign, rest.to_owned()));
        } else if let Some(open) = out.last_mut().and_then(open_text).filter(|_| !after_gap) {
            open.push(' ');
            open.push_str(text);
        } else {
            if !matches!(out.last(), None | Some(Block::Heading(..))) {
                out.push(Block::Gap);
            }
            out.push(Block::Text(text.to_owned()));
        }
    }
    out
}

fn open_text<'b>(block: &'b mut Block<'_>) -> Option<&'b mut String> {
    match block {
        Block::Text(text) | Block::Item(_, _, text) => Some(text),
        _ => None,
    }
}

fn heading(text: &str) -> Option<(usize, &str)> {
    let title = text.trim_start_matches('#');
    let level = text.len() - title.len();
    (level > 0 && title.starts_with(' ')).then(|| (level, title.trim()))
}

fn item(text: &str) -> Option<(&str, &str)> {
    let (sign, rest) = text.split_once(' ')?;
    let number = sign
        .strip_suffix('.')
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    (number || matches!(sign, "-" | "*")).then(|| (sign, rest.trim_start()))
}

/// Stars of emphasis mean nothing at a terminal; back-ticks show what is to be typed, and stay.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, piece) in text.split('`').enumerate() {
        if n > 0 {
            out.push('`');
        }
        // Every other piece is code, where a star is a star.
        if n % 2 == 0 {
            out.extend(piece.chars().filter(|c| *c != '*'));
        } else {
            out.push_str(piece);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_page_apart() {
        assert_eq!(plain("**a** *b* `c*` d"), "a b `c*` d");
        let page = "# PD1 x\n\nOne\ntwo.\n\nThree.\n## Fix\n1. **client**: do\n   this.\n- b\n\nGone.\n~~~scenario\nx\n~~~\n\n```\n  ping x\n```\n";
        let got = blocks(page);
        let want = [
            Block::Heading(1, "PD1 x"),
            Block::Text("One two.".into()),
            Block::Gap,
            Block::Text("Three.".into()),
            Block::Heading(2, "Fix"),
            Block::Item(0, "1.", "**client**: do this.".into()),
            Block::Item(0, "-", "b".into()),
            Block::Verbatim("  ping x"),
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn every_page_fits_eighty_columns() {
        let style = Style { width: 80, ..Style::default() };
        for rule in catalog::all() {
            let mut out = Vec::new();
            render(rule, &style, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.starts_with(rule.id), "{text}");
            assert!(!text.contains("~~~"), "{text}");
        }
    }

    #[test]
    fn lists_every_rule() {
        let (mut text, mut json) = (Vec::new(), Vec::new());
        list(&[], &Style::default(), &mut text).unwrap();
        list_json(&[], &mut json).unwrap();
        let text = String::from_utf8(text).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["rules"].as_array().unwrap().len(), catalog::all().count());
        assert!(catalog::all().all(|r| text.contains(r.id) && text.contains(r.name)));
    }
}
