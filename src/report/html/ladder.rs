//! The sequence diagram of one conversation, in SVG: two lifelines, an arrow for each message, time from
//! top to bottom with long silences drawn short, and said.

mod rows;

use std::collections::BTreeSet;
use std::io;

use self::rows::Row;
use super::escape::Esc;
use crate::base::time::Span;
use crate::model::event::Kind;
use crate::report::ladder::words;
use crate::report::layout::cut;
use crate::report::text::Context;
use crate::report::text::frame;
use crate::report::text::seconds;
use crate::report::view::Conversation;
use crate::report::view::Evidence;
use crate::report::view::Step;
use crate::rules::Severity;

/// Writes the diagram with its key and the panel that shows a message in full.
pub(super) fn render(
    c: &Conversation,
    context: &Context,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let rows = rows::rows(&c.timeline, &proof(c));
    let many_calls = c.timeline.iter().filter_map(|s| s.call).max().is_some_and(|n| n > 1);
    out.write_all(b"<figure>\n")?;
    key(&rows, out)?;
    out.write_all(b"<div class=\"wide\">\n")?;
    // In parts, each of which stays on one page of paper.
    let mut from = 0;
    for (n, part) in rows.chunks(PART).enumerate() {
        let to = match rows.get((n + 1) * PART) {
            Some(next) => next.y() - HALF,
            None => part.last().map_or(TOP, Row::y) + FOOT,
        };
        let life = from.max(LIFE);
        writeln!(
            out,
            "<svg class=\"ladder\" viewBox=\"0 {from} {WIDTH} {}\" role=\"group\" \
             aria-label=\"Messages of conversation {}, part {}\">\n\
             <path class=\"life\" d=\"M{CLIENT} {life}V{to}M{SERVER} {life}V{to}\"/>",
            to - from,
            c.id,
            n + 1
        )?;
        if n == 0 {
            head(c, out)?;
        }
        for row in part {
            match row {
                Row::Gap { y, text } => writeln!(
                    out,
                    "<g class=\"gap\" transform=\"translate(0 {y})\"><use href=\"#gap\"/>\
                     <text>{}</text></g>",
                    Esc(text)
                )?,
                Row::Message { y, run, mark } => {
                    message(*y, run, *mark, many_calls, context, out)?;
                }
            }
        }
        out.write_all(b"</svg>\n")?;
        from = to;
    }
    out.write_all(
        b"</div>\n<p class=\"panel\" role=\"status\">Point at a message, or step through them with \
          Tab, to read it in full.</p>\n</figure>\n",
    )
}

/// Whose the lifelines are, and what the columns.
fn head(c: &Conversation, out: &mut dyn io::Write) -> io::Result<()> {
    for (x, name, address) in
        [(CLIENT, "client", &c.client.address), (SERVER, "server", &c.server.address)]
    {
        writeln!(
            out,
            "<text class=\"peer\" x=\"{x}\" y=\"14\">{name}</text>\
             <text class=\"quiet peer\" x=\"{x}\" y=\"29\">{}</text>",
            Esc(address)
        )?;
    }
    out.write_all(COLUMNS)
}

/// The frames of findings that are more than a notice: the diagram is to show what went wrong.
fn proof(c: &Conversation) -> Vec<&Evidence> {
    let trouble = c.findings.iter().filter(|f| f.severity > Severity::Notice);
    trouble.flat_map(|f| &f.evidence).collect()
}

fn message(
    y: i64,
    run: &[Step],
    mark: Option<bool>,
    many_calls: bool,
    context: &Context,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let Some((first, more)) = run.split_first() else { return Ok(()) };
    let number = frame(first.capture, first.frame, context);
    let time = seconds(first.offset);
    let (way, said) =
        if first.from == "client" { ("r", "client to server") } else { ("l", "server to client") };
    let (proof, sign, note) = match mark {
        Some(true) => (" proof culprit", "▸", "; to blame"),
        Some(false) => (" proof", "•", "; proof"),
        None => ("", "", ""),
    };
    let full = words(first, more, many_calls, context);
    write!(
        out,
        "<g class=\"m k{}{proof}\" tabindex=\"0\" role=\"img\" transform=\"translate(0 {y})\">\
         <title>frame {number}, {time}, {said}{note}: {}</title>",
        kind_number(first.kind),
        Esc(&cut(&full, PANEL))
    )?;
    if mark.is_some() {
        write!(out, "<use href=\"#bar\"/><text class=\"s\">{sign}</text>")?;
    }
    let label = match (first.call, many_calls) {
        (Some(n), true) => format!("call {n}: {}", first.label),
        _ => first.label.clone(),
    };
    let times = if more.is_empty() { String::new() } else { format!(" × {}", more.len() + 1) };
    write!(
        out,
        "<use href=\"#{way}\"/><text class=\"t\">{time}</text><text class=\"n\">{number}</text>\
         <text class=\"w\">{}{times}</text>",
        Esc(&cut(&label, LABEL))
    )?;
    if !first.detail.is_empty() {
        write!(out, "<text class=\"d\">{}</text>", Esc(&cut(&first.detail, DETAIL)))?;
    }
    out.write_all(b"</g>\n")
}

/// Which colour and dashes mean what, for those that occur.
fn key(rows: &[Row<'_>], out: &mut dyn io::Write) -> io::Result<()> {
    let mut marks = (false, false);
    let mut kinds = BTreeSet::new();
    for row in rows {
        if let Row::Message { run, mark, .. } = row {
            kinds.extend(run.first().map(|s| s.kind));
            marks.0 |= *mark == Some(true);
            marks.1 |= mark.is_some();
        }
    }
    out.write_all(b"<figcaption><ul class=\"key\">\n")?;
    for kind in kinds {
        writeln!(
            out,
            "<li class=\"k{}\"><svg width=\"34\" height=\"8\" aria-hidden=\"true\"><path class=\"line\" \
             d=\"M1 4H33\"/></svg> {}</li>",
            kind_number(kind),
            kind_name(kind)
        )?;
    }
    if marks.0 {
        out.write_all("<li>▸ to blame</li>\n".as_bytes())?;
    }
    if marks.1 {
        out.write_all("<li>• proof of a finding</li>\n".as_bytes())?;
    }
    out.write_all(b"</ul></figcaption>\n")
}

/// The number of a protocol's class in the style sheet.
const fn kind_number(kind: Kind) -> u8 {
    match kind {
        Kind::Tcp => 0,
        Kind::Control => 1,
        Kind::Lcp => 2,
        Kind::Authentication => 3,
        Kind::Ccp => 4,
        Kind::Network => 5,
        Kind::Data => 6,
        Kind::Icmp => 7,
        Kind::Other => 8,
    }
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Tcp => "TCP",
        Kind::Control => "PPTP control",
        Kind::Lcp => "LCP",
        Kind::Authentication => "authentication",
        Kind::Ccp => "CCP (encryption)",
        Kind::Network => "IPCP and other networks",
        Kind::Data => "user data",
        Kind::Icmp => "ICMP error",
        Kind::Other => "other",
    }
}

/// How much later, for the text of a break.
fn later(gap: Span) -> String {
    format!("{gap} without a message")
}

/// Geometry, in the units of the drawing; the style sheet places the texts to match.
const WIDTH: i64 = 760;
const CLIENT: i64 = 120;
const SERVER: i64 = 690;
const LIFE: i64 = 36;
const TOP: i64 = 64;
const FOOT: i64 = 24;
/// From the upper edge of a message to its arrow.
const HALF: i64 = 20;
/// Messages and breaks in one part of the drawing.
const PART: usize = 8;
const COLUMNS: &[u8] = b"<text class=\"quiet end\" x=\"88\" y=\"14\">time</text>\
    <text class=\"quiet end\" x=\"752\" y=\"14\">frame</text>\n";
/// What all arrows of the page share, to stand on it once: to the right, to the left, the bar behind proof,
/// the break of a silence.
pub(super) const SHAPES: &str = "<svg class=\"hear\" aria-hidden=\"true\"><defs><g id=\"r\"><path class=\"line\" d=\"M120 0H680\"/><path class=\"head\" \
    d=\"M678-5 689 0 678 5z\"/></g><g id=\"l\"><path class=\"line\" d=\"M690 0H130\"/><path \
    class=\"head\" d=\"M132-5 121 0 132 5z\"/></g><g id=\"bar\"><rect class=\"bar\" x=\"2\" \
    y=\"-19\" width=\"756\" height=\"36\" rx=\"4\"/><path class=\"life\" \
    d=\"M120-19V17M690-19V17\"/></g><g id=\"gap\"><path class=\"hole\" \
    d=\"M116-3h8v6h-8zM686-3h8v6h-8z\"/><path class=\"zig\" \
    d=\"M108 0l8-6 8 6 8-6M108 6l8-6 8 6 8-6M678 0l8-6 8 6 8-6M678 6l8-6 8 6 8-6\"/></g></defs></svg>";
/// Characters that find room on an arrow.
const LABEL: usize = 60;
const DETAIL: usize = 88;
/// Characters of a message in the panel.
const PANEL: usize = 500;
