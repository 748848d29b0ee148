//! Several conversations at a glance, the worst first.

use std::cmp::Reverse;
use std::collections::BTreeMap;
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
use super::view::Peer;
use crate::model::conversation::Outcome;
use crate::rules::Severity;

/// Conversations, the worst first, else in the order in which they began.
pub(super) fn worst_first(all: &[Conversation]) -> Vec<&Conversation> {
    let mut ranked: Vec<&Conversation> = all.iter().collect();
    ranked.sort_by_key(|c| rank(c));
    ranked
}

fn rank(c: &Conversation) -> impl Ord + use<> {
    let certainty = c.findings.first().map(|f| f.certainty);
    (group(c), Reverse(c.trouble()), Reverse(certainty), c.id)
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

/// Writes a line for each conversation; a line for each kind of end where there are too many.
pub(super) fn render(page: &mut Page<'_>, ranked: &[&Conversation]) -> io::Result<()> {
    page.hang("", &totals(ranked), Paint::Heading)?;
    let table =
        if ranked.len() > LISTED { by_end(ranked, page.style) } else { each(ranked, page.style) };
    for line in table.lines() {
        page.verbatim(0, line.trim_end())?;
    }
    Ok(())
}

pub(super) fn totals(ranked: &[&Conversation]) -> String {
    let of = |o: Outcome| ranked.iter().filter(|c| c.outcome == o).count() as u64;
    let parts: Vec<String> = [Outcome::Failed, Outcome::Unknown, Outcome::Connected]
        .into_iter()
        .map(|o| (of(o), o.name()))
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| format!("{} {name}", grouped(n)))
        .collect();
    let server = match one_server(ranked) {
        Some(p) => format!(" with the server {}", p.address),
        None => String::new(),
    };
    format!("{}{server}: {}", count(ranked.len() as u64, "conversation"), parts.join(", "))
}

pub(super) fn one_server<'c>(ranked: &[&'c Conversation]) -> Option<&'c Peer> {
    let (first, rest) = ranked.split_first()?;
    rest.iter().all(|c| c.server.address == first.server.address).then_some(&first.server)
}

fn each(ranked: &[&Conversation], style: &Style) -> Table {
    let several_servers = one_server(ranked).is_none();
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

fn by_end(ranked: &[&Conversation], style: &Style) -> Table {
    // Groups of one rank stay together; within a rank the more frequent end comes first.
    let mut kinds: BTreeMap<(usize, String, String), Vec<u32>> = BTreeMap::new();
    for c in ranked {
        let healthy = c.outcome == Outcome::Connected && c.trouble().is_none();
        let first = c.findings.first().filter(|_| !healthy);
        let rule = first.map(super::view::Finding::label);
        let key = (group(c), result(c), rule.unwrap_or_else(|| cause(c)));
        kinds.entry(key).or_default().push(c.id);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|((group, ..), ids)| (*group, Reverse(ids.len())));
    let mut table = table(style, &["count", "result", "cause", "conversations"]);
    for ((_, result, cause), mut ids) in kinds {
        ids.sort_unstable();
        let shown: Vec<String> = ids.iter().take(EXAMPLES).map(|id| format!("#{id}")).collect();
        let more = if ids.len() > EXAMPLES { " …" } else { "" };
        let row = [grouped(ids.len() as u64), result, cause, format!("{}{more}", shown.join(" "))];
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
        .force_no_tty()
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
const LISTED: usize = 20;
/// Conversations named of each kind.
const EXAMPLES: usize = 3;
/// Columns below which a table is not squeezed.
const NARROWEST: usize = 40;
/// Columns of a user name.
const NAME: usize = 20;
