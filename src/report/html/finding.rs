//! One finding: what happened, the frames that prove it, what to change, what the user sees, sources.

use std::borrow::Cow;
use std::io;

use super::escape::Esc;
use super::thrift::Thrift;
use crate::report::finding::named;
use crate::report::finding::place;
use crate::report::text::Context;
use crate::report::text::seconds;
use crate::report::view::Conversation;
use crate::report::view::Evidence;
use crate::report::view::Finding;
use crate::report::view::Origin;
use crate::report::view::View;
use crate::rules::Severity;

/// Where a finding stands.
pub(super) struct Scene<'v> {
    pub(super) view: &'v View,
    pub(super) context: Context,
    /// The conversation; none for a finding about the capture as a whole.
    pub(super) of: Option<&'v Conversation>,
}

/// Rule, severity and certainty, as markup.
pub(super) fn tag(f: &Finding) -> String {
    let class = match f.severity {
        Severity::Fault => "bad",
        Severity::Warning => "doubt",
        Severity::Notice => "quiet",
    };
    format!(
        "<span class=\"{class} level\">{}</span> <span class=\"rule\">{}</span> · {}",
        f.severity.name(),
        Esc(&f.label()),
        f.certainty.name()
    )
}

/// A finding besides the cause: its line, the rest folded away.
pub(super) fn collapsed(
    f: &Finding,
    scene: &Scene<'_>,
    thrift: &mut Thrift,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    writeln!(
        out,
        "<details class=\"finding\">\n<summary>{} <span class=\"tag\">{}</span></summary>",
        Esc(&f.summary),
        tag(f)
    )?;
    body(f, scene, "h4", thrift, out)?;
    out.write_all(b"</details>\n")
}

/// Everything below the summary; `heading` is the element of its headings.
pub(super) fn body(
    f: &Finding,
    scene: &Scene<'_>,
    heading: &str,
    thrift: &mut Thrift,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if !f.detail.is_empty() {
        section("What happened", heading, out)?;
        writeln!(out, "<p>{}</p>", Esc(&f.detail))?;
    }
    proof(f, scene, heading, out)?;
    if let Some(missing) = &f.missing {
        section("What this capture cannot decide", heading, out)?;
        writeln!(out, "<p>{}</p>", Esc(missing))?;
    }
    if !f.explains.is_empty() {
        writeln!(out, "<p>This also explains {}.</p>", Esc(&named(&f.explains)))?;
    }
    match scene.of.and_then(|c| thrift.same_advice(f, c.id)) {
        Some(earlier) => writeln!(
            out,
            "<p>Fix, symptoms and sources: the same as for <a href=\"#c{earlier}\">#{earlier}</a>.</p>"
        ),
        None => advice(f, heading, out),
    }
}

/// What is the same for every conversation with this fault.
fn advice(f: &Finding, heading: &str, out: &mut dyn io::Write) -> io::Result<()> {
    if !f.fix.is_empty() {
        section("Fix", heading, out)?;
        out.write_all(b"<ol>\n")?;
        for step in &f.fix {
            writeln!(out, "<li><b>{}</b>: {}</li>", Esc(&place(step.on)), Esc(&step.text))?;
        }
        out.write_all(b"</ol>\n")?;
    }
    list("What the user sees", &f.client_sees, heading, out)?;
    list("Sources", &f.references, heading, out)?;
    if f.origin == Origin::Catalogue {
        writeln!(
            out,
            "<p class=\"quiet\">More: <code>pptp-diag explain {}</code></p>",
            Esc(&f.rule)
        )?;
    }
    Ok(())
}

fn list(
    title: &str,
    texts: &[Cow<'_, str>],
    heading: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    section(title, heading, out)?;
    out.write_all(b"<ul>\n")?;
    for text in texts {
        writeln!(out, "<li>{}</li>", Esc(text))?;
    }
    out.write_all(b"</ul>\n")
}

fn section(title: &str, heading: &str, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<{heading}>{title}</{heading}>")
}

fn proof(f: &Finding, scene: &Scene<'_>, heading: &str, out: &mut dyn io::Write) -> io::Result<()> {
    if f.evidence.is_empty() {
        return Ok(());
    }
    section("Proof", heading, out)?;
    out.write_all(b"<div class=\"wide\">\n<table class=\"proof\">\n<thead><tr>")?;
    if scene.context.many_captures {
        out.write_all(b"<th scope=\"col\">Capture</th>")?;
    }
    out.write_all(
        b"<th scope=\"col\">Frame</th><th scope=\"col\">Time</th><th scope=\"col\">From</th>\
          <th scope=\"col\">What it shows</th></tr></thead>\n<tbody>\n",
    )?;
    for e in &f.evidence {
        frame(e, scene, out)?;
    }
    out.write_all(b"</tbody>\n</table>\n</div>\n")?;
    if f.filter.is_empty() {
        return Ok(());
    }
    let file = match f.evidence.first() {
        Some(e) if scene.context.many_captures => format!(" (in {})", capture_name(e, scene.view)),
        _ => String::new(),
    };
    writeln!(out, "<p>Wireshark{}: <code class=\"copy\">{}</code></p>", Esc(&file), Esc(&f.filter))
}

fn frame(e: &Evidence, scene: &Scene<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(if e.culprit { b"<tr class=\"culprit\">" as &[u8] } else { b"<tr>" })?;
    if scene.context.many_captures {
        write!(out, "<td>{}</td>", Esc(capture_name(e, scene.view)))?;
    }
    let mark = if e.culprit {
        "<span aria-hidden=\"true\">▸ </span><span class=\"hear\">to blame: </span>"
    } else {
        ""
    };
    let from = match e.from {
        Some("client") => "client →",
        Some(_) => "server ←",
        None => "",
    };
    writeln!(
        out,
        "<td>{mark}{}</td><td>{}</td><td>{from}</td><td>{}</td></tr>",
        e.frame,
        seconds(e.offset),
        Esc(&e.text)
    )
}

fn capture_name<'v>(e: &Evidence, view: &'v View) -> &'v str {
    let index = usize::try_from(e.capture).unwrap_or(usize::MAX);
    view.captures.get(index).map_or("", |c| &c.name)
}
