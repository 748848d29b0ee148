//! The section of one conversation: verdict, how far it got, the cause in full, the messages, the rest.

use std::io;

use super::chart;
use super::escape::Esc;
use super::finding;
use super::finding::Scene;
use super::ladder;
use super::overview;
use super::thrift::Drawing;
use super::thrift::Thrift;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
use crate::report::layout::count;
use crate::report::style::Paint;
use crate::report::text::Context;
use crate::report::text::context;
use crate::report::verdict;
use crate::report::view::Conversation;
use crate::report::view::Peer;
use crate::report::view::View;

/// Writes the section.
pub(super) fn render(
    c: &Conversation,
    view: &View,
    thrift: &mut Thrift,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let scene = Scene { view, context: context(view), of: Some(c) };
    let context = &scene.context;
    writeln!(
        out,
        "<section class=\"conversation\" data-level=\"{}\" data-id=\"{2}\" aria-labelledby=\"c{2}\">\n\
         <h2 id=\"c{2}\" class=\"{1}\">{3}</h2>",
        overview::level(c),
        overview::colour(c),
        c.id,
        Esc(&headline(c, context)),
    )?;
    let primary = c.primary_finding();
    if let Some(f) = primary {
        writeln!(out, "<p class=\"tag\">{}</p>", finding::tag(f))?;
    }
    stages(c, out)?;
    parties(c, out)?;
    match primary {
        Some(f) => finding::body(f, &scene, "h3", thrift, out)?,
        None => unexplained(c, out)?,
    }
    traffic(c, thrift, out)?;
    messages(c, context, thrift, out)?;
    let rest = c.findings.get(usize::from(primary.is_some())..).unwrap_or_default();
    if !rest.is_empty() {
        let title = if primary.is_some() { "Also found" } else { "Found" };
        writeln!(out, "<h3>{title}</h3>")?;
        for f in rest {
            finding::collapsed(f, &scene, thrift, out)?;
        }
    }
    for note in &c.notes {
        writeln!(out, "<p class=\"note\">{}</p>", Esc(&note.text))?;
    }
    out.write_all(b"</section>\n")
}

fn headline(c: &Conversation, context: &Context) -> String {
    let lead = if context.many_conversations { format!("#{} ", c.id) } else { String::new() };
    let (_, result) = verdict::result(c);
    match c.primary_finding() {
        Some(f) => format!("{lead}{result}: {}", f.summary),
        None => format!("{lead}{result}{}", verdict::reason(c)),
    }
}

/// The class that goes with a meaning.
pub(super) const fn class(paint: Paint) -> &'static str {
    match paint {
        Paint::Good => "good",
        Paint::Bad => "bad",
        Paint::Doubt => "doubt",
        Paint::Quiet => "quiet",
        Paint::Plain | Paint::Heading => "",
    }
}

fn stages(c: &Conversation, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"<ol class=\"stages\" aria-label=\"How far it got\">\n")?;
    for stage in Stage::ALL {
        let (paint, sign) = verdict::step_sign(c, stage);
        let said = match paint {
            Paint::Good => "done",
            Paint::Bad => "failed here",
            Paint::Doubt => "stopped here",
            _ if sign == "?" => "not in the capture",
            _ => "not reached",
        };
        writeln!(
            out,
            "<li class=\"{}\">{} <span aria-hidden=\"true\">{sign}</span>\
             <span class=\"hear\">{said}</span></li>",
            class(paint),
            stage.name()
        )?;
    }
    out.write_all(b"</ol>\n")?;
    if c.outcome == Outcome::Connected {
        return Ok(());
    }
    writeln!(out, "<p class=\"quiet\">{}: {}</p>", c.stage.name(), Esc(verdict::purpose(c.stage)))
}

fn parties(c: &Conversation, out: &mut dyn io::Write) -> io::Result<()> {
    let user = c.calls.last().and_then(|call| call.authentication.user.as_deref());
    out.write_all(b"<dl class=\"parties\">\n")?;
    for (name, peer) in [("client", &c.client), ("server", &c.server)] {
        writeln!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", Esc(&party(peer)))?;
    }
    if let Some(user) = user {
        writeln!(out, "<div><dt>user</dt><dd>{}</dd></div>", Esc(user))?;
    }
    writeln!(out, "<div><dt>time</dt><dd>{}</dd></div>\n</dl>", Esc(&verdict::when(c)))?;
    if c.shown.oriented {
        return Ok(());
    }
    let guess = "Which side is the client is a guess: the capture does not show who began.";
    writeln!(out, "<p class=\"note\">{guess}</p>")
}

fn party(p: &Peer) -> String {
    match verdict::software(p) {
        s if s.is_empty() => verdict::address(p),
        s => format!("{} ({s})", verdict::address(p)),
    }
}

/// A conversation whose end no finding explains.
fn unexplained(c: &Conversation, out: &mut dyn io::Write) -> io::Result<()> {
    if c.outcome == Outcome::Connected {
        if c.shown.hidden > 0 {
            let hidden = count(c.shown.hidden as u64, "finding");
            writeln!(out, "<p>{hidden} left out by the filter.</p>")?;
        } else if c.findings.is_empty() {
            out.write_all(b"<p>No fault found.</p>\n")?;
        }
        return Ok(());
    }
    if c.outcome == Outcome::Failed && c.shown.hidden == 0 {
        let how = verdict::how_it_stopped(c);
        writeln!(out, "<h3>What happened</h3>\n<p>{}</p>", Esc(&how))?;
    }
    if c.missing.is_empty() {
        return Ok(());
    }
    out.write_all(b"<h3>What is missing</h3>\n<ul>\n")?;
    for text in &c.missing {
        writeln!(out, "<li>{}</li>", Esc(text))?;
    }
    out.write_all(b"</ul>\n")
}

fn traffic(c: &Conversation, thrift: &mut Thrift, out: &mut dyn io::Write) -> io::Result<()> {
    let mut titled = false;
    for (n, _) in c.calls.iter().enumerate().filter(|(_, call)| chart::worthwhile(call)) {
        if !thrift.charts(c) {
            break;
        }
        if !std::mem::replace(&mut titled, true) {
            out.write_all(b"<h3>Traffic</h3>\n")?;
        }
        chart::render(c, n, out)?;
    }
    Ok(())
}

fn messages(
    c: &Conversation,
    context: &Context,
    thrift: &mut Thrift,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if c.timeline.is_empty() {
        return Ok(());
    }
    match thrift.draws(c) {
        Drawing::Draw { open } => {
            let open = if open { " open" } else { "" };
            writeln!(
                out,
                "<h3>Messages</h3>\n<details class=\"messages\"{open}>\n<summary>{} between client and \
                 server</summary>",
                count(c.timeline.len() as u64, "message")
            )?;
            ladder::render(c, context, out)?;
            out.write_all(b"</details>\n")
        }
        Drawing::TooMany => writeln!(
            out,
            "<p class=\"quiet\">Its {} are not drawn, to keep this page small; <code>pptp-diag -v</code> \
             lists them.</p>",
            count(c.timeline.len() as u64, "message")
        ),
        Drawing::Needless => Ok(()),
    }
}
