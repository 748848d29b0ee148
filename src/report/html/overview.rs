//! The table of all conversations, the worst first, and the bar that filters it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use super::escape::Esc;
use super::thrift::Thrift;
use super::thrift::in_trouble;
use crate::model::conversation::Outcome;
use crate::report::layout::count;
use crate::report::overview;
use crate::report::verdict;
use crate::report::view::Conversation;
use crate::report::view::Server;
use crate::report::view::View;
use crate::rules::Severity;

/// Writes the table; a line links to the conversation's section, where it has one.
pub(super) fn render(
    view: &View,
    ranked: &[&Conversation],
    thrift: &Thrift,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if ranked.len() < 2 {
        return Ok(());
    }
    writeln!(
        out,
        "<section aria-labelledby=\"all\">\n<h2 id=\"all\">{}</h2>",
        Esc(&overview::totals(view))
    )?;
    if ranked.len() > SCREEN {
        by_cause(ranked, thrift, out)?;
    }
    write!(
        out,
        "{FILTER}\n<div class=\"wide\" \
         role=\"region\" aria-label=\"Table of conversations\" tabindex=\"0\">\n<table class=\"all\">\n<thead><tr>"
    )?;
    // The line above the table names a server that all have in common.
    let servers = overview::server(view) == Server::Several;
    for head in ["#", "Client", "Server", "User", "Began (UTC)", "Result", "Cause"] {
        if head == "Server" && !servers {
            continue;
        }
        write!(out, "<th scope=\"col\">{head}</th>")?;
    }
    out.write_all(b"</tr></thead>\n<tbody>\n")?;
    for c in ranked.iter().take(LINES) {
        row(c, servers, thrift, out)?;
    }
    out.write_all(b"</tbody>\n</table>\n</div>\n")?;
    left_out(ranked, thrift, out)?;
    out.write_all(b"</section>\n")
}

/// Says what the page does not hold, and how to see it.
fn left_out(ranked: &[&Conversation], thrift: &Thrift, out: &mut dyn io::Write) -> io::Result<()> {
    let lines = ranked.len().saturating_sub(LINES);
    let sections = ranked.iter().filter(|c| in_trouble(c) && !thrift.tells(c)).count();
    if lines + sections == 0 {
        return Ok(());
    }
    out.write_all(b"<p class=\"note\">So that the page opens at once")?;
    if lines > 0 {
        write!(
            out,
            ", {} with the least trouble have no line here",
            count(lines as u64, "conversation")
        )?;
    }
    if sections > 0 {
        let and = if lines > 0 { " and" } else { "," };
        let some = count(sections as u64, "conversation");
        write!(out, "{and} {some} in trouble have no section of their own")?;
    }
    out.write_all(
        b". <code>--conversation N</code>, <code>--client ADDR</code> and <code>--user NAME</code> tell of \
          some in full; the JSON report has all.</p>\n",
    )
}

/// How many of each kind of trouble, the most frequent first.
fn by_cause(ranked: &[&Conversation], thrift: &Thrift, out: &mut dyn io::Write) -> io::Result<()> {
    let mut kinds: BTreeMap<(String, String), (usize, &Conversation)> = BTreeMap::new();
    for c in ranked.iter().filter(|c| in_trouble(c)) {
        let key = (overview::result(c), overview::cause(c));
        kinds.entry(key).or_insert((0, c)).0 += 1;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, (count, _))| Reverse(*count));
    out.write_all(
        b"<table class=\"causes\">\n<thead><tr><th scope=\"col\">Count</th><th scope=\"col\">Result</th>\
          <th scope=\"col\">Cause</th><th scope=\"col\">For example</th></tr></thead>\n<tbody>\n",
    )?;
    for ((result, cause), (many, c)) in kinds {
        writeln!(
            out,
            "<tr><td>{many}</td><td class=\"{}\">{}</td><td>{}</td><td>{}</td></tr>",
            colour(c),
            Esc(&result),
            Esc(&cause),
            if thrift.tells(c) {
                format!("<a href=\"#c{0}\">#{0}</a>", c.id)
            } else {
                format!("#{}", c.id)
            }
        )?;
    }
    out.write_all(b"</tbody>\n</table>\n")
}

fn row(
    c: &Conversation,
    servers: bool,
    thrift: &Thrift,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let user = c.calls.last().and_then(|call| call.authentication.user.as_deref());
    write!(out, "<tr data-level=\"{}\" data-id=\"{1}\"><th scope=\"row\">", level(c), c.id)?;
    if thrift.tells(c) {
        write!(out, "<a href=\"#c{0}\">{0}</a>", c.id)?;
    } else {
        write!(out, "{}", c.id)?;
    }
    write!(out, "</th><td>{}</td>", Esc(&c.client.address))?;
    if servers {
        write!(out, "<td>{}</td>", Esc(&c.server.address))?;
    }
    writeln!(
        out,
        "<td>{}</td><td>{}</td><td class=\"{} result\">{}</td><td>{}</td></tr>",
        Esc(&overview::name(user)),
        Esc(&c.shown.started.human()),
        colour(c),
        Esc(&overview::result(c)),
        Esc(&overview::cause(c))
    )
}

/// 3 fault or failed, 2 unknown or warning, 1 notice, 0 nothing: what the filter compares.
pub(super) fn level(c: &Conversation) -> u8 {
    match (c.outcome, c.worst()) {
        (Outcome::Failed, _) | (_, Some(Severity::Fault)) => 3,
        (Outcome::Unknown, _) | (_, Some(Severity::Warning)) => 2,
        (Outcome::Connected, Some(Severity::Notice)) => 1,
        (Outcome::Connected, None) => 0,
    }
}

/// The class of its verdict's colour.
pub(super) fn colour(c: &Conversation) -> &'static str {
    super::conversation::class(verdict::result(c).0)
}

/// With more conversations than this, causes are counted before the table.
const SCREEN: usize = 20;
/// Lines of the table, some 250 octets each.
const LINES: usize = 5000;
/// Hidden until the script takes it into service.
const FILTER: &str = "\
<form class=\"filter\" role=\"search\" aria-label=\"Conversations\" hidden>
<label>Show <select name=\"level\"><option value=\"0\">all</option>\
<option value=\"1\">notices and worse</option>\
<option value=\"2\">warnings and worse</option><option value=\"3\">faults only</option></select></label>
<label>Containing <input name=\"text\" type=\"search\" placeholder=\"address, user, rule …\"></label>
<output></output>
</form>";
