//! Several conversations at a glance, the worst first.

use std::cmp::Reverse;
use std::io;

use comfy_table::CellAlignment;
use comfy_table::ContentArrangement;
use comfy_table::LineStyle;
use comfy_table::Table;
use comfy_table::presets;

use super::layout::Page;
use super::layout::count;
use super::layout::cut;
use super::layout::grouped;
use super::style::Paint;
use super::style::Style;
use super::view::Conversation;
use super::view::Rest;
use super::view::Server;
use super::view::View;
use crate::model::conversation::Outcome;
use crate::rules::Certainty;
use crate::rules::Severity;

/// Conversations, the worst first, else in the order in which they began.
pub(super) fn worst_first(all: &[Conversation]) -> Vec<&Conversation> {
    let mut ranked: Vec<&Conversation> = all.iter().collect();
    ranked.sort_by_key(|c| Rank::of(c));
    ranked
}

/// Place of a conversation in a report: the worst first, else in the order in which they began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank(usize, Reverse<Option<Severity>>, Reverse<Option<Certainty>>, u32);

impl Rank {
    /// The place of this one.
    #[must_use]
    pub fn of(c: &Conversation) -> Self {
        let certainty = c.findings.first().map(|f| f.certainty);
        Self(group(c), Reverse(c.trouble()), Reverse(certainty), c.id)
    }
}

/// One way to end: its place in the order of ways, result, cause.
pub(super) type Kind = (usize, String, String);

/// The way a conversation ended.
pub(super) fn kind(c: &Conversation) -> Kind {
    let healthy = c.outcome == Outcome::Connected && c.trouble().is_none();
    let first = c.findings.first().filter(|_| !healthy);
    let rule = first.map(super::view::Finding::label);
    (group(c), result(c), rule.unwrap_or_else(|| cause(c)))
}

/// Beyond a screen of conversations only these are told in full.
pub(super) fn worth_details(c: &Conversation) -> bool {
    c.outcome != Outcome::Connected || c.trouble().is_some()
}

fn group(c: &Conversation) -> usize {
    match (c.outcome, c.trouble()) {
        (Outcome::Failed, _) => 0,
        (_, Some(Severity::Fault)) => 1,
        (Outcome::Unknown, _) => 2,
        (Outcome::Connected, Some(_)) => 3,
        (Outcome::Connected, None) => 4,
    }
}

/// Writes a line for each conversation; a line for each way to end where there are too many of them.
pub(super) fn render(page: &mut Page<'_>, view: &View, ranked: &[&Conversation]) -> io::Result<()> {
    page.hang("", &totals(view), Paint::Heading)?;
    let few = ranked.len() <= LISTED && view.rest.is_empty();
    let table = if few {
        each(ranked, server(view) == Server::Several, page.style)
    } else {
        by_end(ranked, &view.rest, page.style)
    };
    for line in table.lines() {
        page.verbatim(0, line.trim_end())?;
    }
    Ok(())
}

/// How many ended how.
pub(super) fn totals(view: &View) -> String {
    let s = &view.summary;
    let parts: Vec<String> = [
        (s.failed, Outcome::Failed),
        (s.unknown, Outcome::Unknown),
        (s.connected, Outcome::Connected),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, outcome)| format!("{} {}", grouped(n as u64), outcome.name()))
    .collect();
    let server = match server(view) {
        Server::One(address) => format!(" with the server {address}"),
        _ => String::new(),
    };
    format!("{}{server}: {}", count(s.conversations as u64, "conversation"), parts.join(", "))
}

/// The server, where all conversations have one.
pub(super) fn server(view: &View) -> Server {
    let mut server = view.rest.server.clone();
    view.conversations.iter().for_each(|c| server.add(&c.server.address));
    server
}

fn each(ranked: &[&Conversation], several_servers: bool, style: &Style) -> Table {
    let mut head = vec!["#", "client", "user", "result", "cause"];
    if several_servers {
        head.insert(2, "server");
    }
    let mut table = table(style, &head);
    for c in ranked {
        let user = c.calls.last().and_then(|call| call.authentication.user.as_deref());
        let mut row =
            vec![c.id.to_string(), c.client.address.clone(), name(user), result(c), cause(c)];
        if several_servers {
            row.insert(2, c.server.address.clone());
        }
        add(&mut table, style, &row);
    }
    table
}

fn by_end(ranked: &[&Conversation], rest: &Rest, style: &Style) -> Table {
    // Groups of one rank stay together; within a rank the more frequent end comes first.
    let mut kinds = rest.kinds.clone();
    for c in ranked {
        kinds.entry(kind(c)).or_default().add(c.id);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|((group, ..), ids)| (*group, Reverse(ids.count)));
    let mut table = table(style, &["count", "result", "cause", "conversations"]);
    for ((_, result, cause), ids) in kinds {
        let shown: Vec<String> = ids.first.iter().map(|id| format!("#{id}")).collect();
        let more = if ids.count > shown.len() as u64 { " …" } else { "" };
        let row = [grouped(ids.count), result, cause, format!("{}{more}", shown.join(" "))];
        add(&mut table, style, &row);
    }
    table
}

pub(super) fn result(c: &Conversation) -> String {
    match (c.outcome, c.trouble()) {
        (Outcome::Failed, _) => format!("FAILED at {}", c.stage.name()),
        (Outcome::Unknown, _) => format!("UNKNOWN at {}", c.stage.name()),
        (Outcome::Connected, _) if c.only_site_faults() => "connected, site rule".to_owned(),
        (Outcome::Connected, Some(Severity::Fault)) => "CONNECTED, broken".to_owned(),
        (Outcome::Connected, _) => "connected".to_owned(),
    }
}

pub(super) fn cause(c: &Conversation) -> String {
    let healthy = c.outcome == Outcome::Connected && c.trouble().is_none();
    match c.findings.first().filter(|_| !healthy) {
        Some(f) => format!("{}, {}", f.label(), f.certainty.name()),
        None if c.outcome == Outcome::Failed => "no rule fits".to_owned(),
        None => "-".to_owned(),
    }
}

/// A user name in a column of its own must not eat the others.
pub(super) fn name(user: Option<&str>) -> String {
    cut(user.unwrap_or("-"), NAME)
}

fn table(style: &Style, head: &[&str]) -> Table {
    let mut table = Table::new();
    let line = if style.unicode { '─' } else { '-' };
    let rule = LineStyle::none().fill(line).junction(line);
    table
        .load_style(presets::NOTHING.header_separator(rule))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(style.width.max(NARROWEST)).unwrap_or(u16::MAX))
        .set_truncation_indicator(if style.unicode { "…" } else { "..." })
        .set_header(head.iter().copied());
    if let Some(first) = table.column_mut(0) {
        first.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn add(table: &mut Table, style: &Style, row: &[String]) {
    table.add_row(row.iter().map(|cell| style.plain(cell).into_owned()));
}

/// More conversations than this are told by kind, not one by one.
pub(super) const LISTED: usize = 20;
/// Columns below which a table is not squeezed.
const NARROWEST: usize = 40;
/// Columns of a user name.
const NAME: usize = 20;
