//! One conversation: how far it got, what stopped it, how that is known, who must change what.

use std::io;

use super::ladder;
use super::layout::Page;
use super::layout::count;
use super::layout::pad;
use super::layout::pad_left;
use super::layout::width;
use super::style::Paint;
use super::text::Context;
use super::text::arrow;
use super::text::frame;
use super::text::seconds;
use super::view::Call;
use super::view::Conversation;
use super::view::Evidence;
use super::view::Finding;
use super::view::Peer;
use super::view::capture_command;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
use crate::rules::Severity;
use crate::rules::catalog;

/// Writes one conversation.
pub(super) fn render(page: &mut Page<'_>, c: &Conversation, context: &Context) -> io::Result<()> {
    headline(page, c, context)?;
    let healthy = c.outcome == Outcome::Connected && c.findings.is_empty();
    if healthy {
        healthy_lines(page, c)?;
    } else {
        parties(page, c)?;
        stage_line(page, c)?;
        match c.primary_finding() {
            Some(f) => finding(page, f, c, context)?,
            None => unexplained(page, c, context)?,
        }
        others(page, c, context)?;
    }
    if !c.timeline.is_empty() {
        page.blank()?;
        page.heading(2, "Messages")?;
        ladder::render(page, &c.timeline, &c.findings, context)?;
    }
    Ok(())
}

fn headline(page: &mut Page<'_>, c: &Conversation, context: &Context) -> io::Result<()> {
    let stage = c.stage.name();
    let lead = if context.many_conversations { format!("#{} ", c.id) } else { String::new() };
    let (paint, verdict) = match c.outcome {
        Outcome::Failed => (Paint::Bad, format!("FAILED at {stage}")),
        Outcome::Unknown => (Paint::Doubt, format!("UNKNOWN at {stage}")),
        Outcome::Connected if c.worst() == Some(Severity::Fault) => {
            (Paint::Bad, "CONNECTED, but broken".into())
        }
        Outcome::Connected if c.worst() == Some(Severity::Warning) => {
            (Paint::Doubt, "CONNECTED, with warnings".into())
        }
        Outcome::Connected => (Paint::Good, "CONNECTED".to_owned()),
    };
    let Some(f) = c.primary_finding() else {
        let why = match c.outcome {
            Outcome::Connected => connected_as(c),
            _ if c.shown.hidden > 0 => {
                format!(": {} left out by the filter", count(c.shown.hidden as u64, "finding"))
            }
            Outcome::Failed => ": no rule of the catalogue fits".to_owned(),
            Outcome::Unknown => ": the capture does not show enough".to_owned(),
        };
        return page.hang(&lead, &format!("{verdict}{why}"), paint);
    };
    page.hang(&lead, &format!("{verdict}: {}", f.summary), paint)?;
    let tag = format!("{} {}, {}", f.rule, f.name, f.certainty.name());
    page.hang("  ", &tag, Paint::Quiet)
}

/// What was agreed, for a line that says that all is well.
fn connected_as(c: &Conversation) -> String {
    let Some(call) = c.calls.last() else { return String::new() };
    let parts = [
        call.authentication.user.clone().map(|u| format!("user {u}")),
        call.authentication.method.map(str::to_owned),
        encryption(call),
        call.client_address.clone().map(|a| format!("address {a}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

fn encryption(call: &Call) -> Option<String> {
    call.encryption.map(|e| {
        let mode = if e.stateless { "stateless" } else { "stateful" };
        format!("{} {}-bit {mode}", e.method, e.bits)
    })
}

fn healthy_lines(page: &mut Page<'_>, c: &Conversation) -> io::Result<()> {
    let side = |p: &Peer| match software(p) {
        s if s.is_empty() => address(p),
        s => format!("{} ({s})", address(p)),
    };
    page.text(2, &format!("client {} → server {}", side(&c.client), side(&c.server)))?;
    let found = match c.shown.hidden {
        0 => "no fault found".to_owned(),
        n => format!("{} left out by the filter", count(n as u64, "finding")),
    };
    page.text(2, &format!("{}; {found}", when(c)))
}

fn parties(page: &mut Page<'_>, c: &Conversation) -> io::Result<()> {
    let (client, server) = (address(&c.client), address(&c.server));
    let column = width(&client).max(width(&server));
    let user = c.calls.last().and_then(|call| call.authentication.user.clone());
    let user = user.map(|u| format!("   user {u}")).unwrap_or_default();
    let client = format!("{}   {}{user}", pad(&client, column), software(&c.client));
    let server = format!("{}   {}", pad(&server, column), software(&c.server));
    for (name, text) in [("client", client), ("server", server)] {
        let shown = page.style.plain(text.trim_end()).into_owned();
        if width(&shown) + 10 <= page.style.measure() {
            page.verbatim(2, &format!("{name}  {shown}"))?;
        } else {
            page.hang(&format!("  {name}  "), &shown, Paint::Plain)?;
        }
    }
    if !c.shown.oriented {
        page.text(2, "Which side is the client is a guess: the capture does not show who began.")?;
    }
    page.text(2, &when(c))
}

fn when(c: &Conversation) -> String {
    let attempts = match c.control_attempts {
        0 => "; no control connection in the capture".to_owned(),
        1 => String::new(),
        n => format!("; {n} control connections one after the other"),
    };
    let (start, lasted) = (c.shown.started.human(), c.shown.duration);
    let point = match c.capture_point.place {
        "unknown" => String::new(),
        _ => format!("; captured {}", c.capture_point.words),
    };
    format!("{start} UTC, {lasted}{point}{attempts}")
}

fn address(p: &Peer) -> String {
    match p.port {
        Some(port) if p.address.contains(':') => format!("[{}]:{port}", p.address),
        Some(port) => format!("{}:{port}", p.address),
        None => p.address.clone(),
    }
}

fn software(p: &Peer) -> String {
    match (&p.implementation, p.implementation_verified) {
        (Some(name), Some(false)) => format!("probably {name}"),
        (Some(name), _) => name.clone(),
        (None, _) => String::new(),
    }
}

/// The steps with a sign each, and in words what the one that stopped is for.
fn stage_line(page: &mut Page<'_>, c: &Conversation) -> io::Result<()> {
    let pieces: Vec<(Paint, String)> = Stage::ALL
        .into_iter()
        .map(|stage| {
            let (paint, sign) = step_sign(c, stage);
            (paint, format!("{} {sign}", stage.name()))
        })
        .collect();
    page.pieces(2, 2, &pieces)?;
    if c.outcome == Outcome::Connected {
        return Ok(());
    }
    page.hang("  ", &format!("{}: {}", c.stage.name(), purpose(c.stage)), Paint::Quiet)
}

fn step_sign(c: &Conversation, stage: Stage) -> (Paint, &'static str) {
    if stage < c.stage || c.outcome == Outcome::Connected {
        // GRE alone says nothing of the connection that must have been there before it.
        let unseen = stage < Stage::Link && c.control_attempts == 0;
        return if unseen { (Paint::Quiet, "?") } else { (Paint::Good, "✓") };
    }
    match c.outcome {
        Outcome::Failed if stage == c.stage => (Paint::Bad, "✗"),
        _ if stage == c.stage => (Paint::Doubt, "?"),
        _ => (Paint::Quiet, "·"),
    }
}

const fn purpose(stage: Stage) -> &'static str {
    match stage {
        Stage::Tcp => "the TCP connection to the server's port",
        Stage::Control => "client and server agree to speak PPTP (Start-Control-Connection)",
        Stage::Call => "the server accepts the call and opens a GRE tunnel",
        Stage::Link => "PPP starts inside GRE and agrees on the link (LCP)",
        Stage::Authentication => "the server checks the user (PAP, CHAP, EAP)",
        Stage::Network => "both sides agree on encryption (CCP) and addresses (IPCP)",
        Stage::Connected => "data flows",
    }
}

/// A finding in full.
fn finding(
    page: &mut Page<'_>,
    f: &Finding,
    c: &Conversation,
    context: &Context,
) -> io::Result<()> {
    if !f.detail.is_empty() {
        section(page, "What happened")?;
        page.text(4, &f.detail)?;
    }
    if !f.evidence.is_empty() {
        section(page, "Proof")?;
        proof(page, &f.evidence, context)?;
    }
    if let Some(missing) = &f.missing {
        section(page, "What this capture cannot decide")?;
        page.text(4, missing)?;
    }
    if !f.client_sees.is_empty() {
        section(page, "What the user sees")?;
        let most = if page.style.verbose { usize::MAX } else { SYMPTOMS };
        for text in f.client_sees.iter().take(most) {
            page.hang("    - ", text, Paint::Plain)?;
        }
    }
    if !f.fix.is_empty() {
        section(page, "Fix")?;
        for (n, step) in f.fix.iter().enumerate() {
            page.hang(
                &format!("    {}. ", n + 1),
                &format!("{}: {}", place(step.on), step.text),
                Paint::Plain,
            )?;
        }
    }
    page.blank()?;
    if !f.explains.is_empty() {
        page.text(2, &format!("This also explains {}.", named(&f.explains)))?;
    }
    page.hang("  More       ", &format!("pptp-diag explain {}", f.rule), Paint::Plain)?;
    if !f.filter.is_empty() {
        let file = match f.evidence.first() {
            Some(e) if context.many_captures => {
                format!("   (capture {})", e.capture.saturating_add(1))
            }
            _ => String::new(),
        };
        page.verbatim(2, &format!("Wireshark  {}{file}", f.filter))?;
    }
    for note in &c.notes {
        page.hang("  ! ", &note.text, Paint::Plain)?;
    }
    Ok(())
}

/// Rules with their names.
fn named(ids: &[&str]) -> String {
    let name =
        |id: &str| catalog::find(id).map_or_else(|| id.to_owned(), |r| format!("{id} {}", r.name));
    ids.iter().map(|id| name(id)).collect::<Vec<_>>().join(", ")
}

fn section(page: &mut Page<'_>, title: &str) -> io::Result<()> {
    page.blank()?;
    page.heading(2, title)
}

fn place(on: &str) -> String {
    match on {
        "network" => "in the network".to_owned(),
        other => format!("on the {other}"),
    }
}

fn proof(page: &mut Page<'_>, evidence: &[Evidence], context: &Context) -> io::Result<()> {
    let frames: Vec<String> = evidence.iter().map(|e| frame(e.capture, e.frame, context)).collect();
    let times: Vec<String> = evidence.iter().map(|e| seconds(e.offset)).collect();
    let head = if context.many_captures { "file:frame" } else { "frame" };
    let wide =
        |all: &[String], least: usize| all.iter().map(|t| width(t)).max().unwrap_or(0).max(least);
    let (frame_column, time_column) = (wide(&frames, head.len()), wide(&times, 4));
    let key = format!(
        "    {}  {}   → from the client, ← from the server",
        pad_left(head, frame_column),
        pad_left("time", time_column)
    );
    page.verbatim(0, &key)?;
    for ((e, frame), time) in evidence.iter().zip(frames).zip(times) {
        let mark = if e.culprit { "▸" } else { " " };
        let sign = pad(&page.style.plain(arrow(e.from)), width(&page.style.plain("→")));
        let lead = format!(
            "  {mark} {}  {}   {sign} ",
            pad_left(&frame, frame_column),
            pad_left(&time, time_column)
        );
        let paint = if e.culprit { Paint::Heading } else { Paint::Plain };
        page.hang(&lead, &e.text, paint)?;
    }
    Ok(())
}

/// A conversation whose end no finding explains: what is there, what is missing, what to do.
fn unexplained(page: &mut Page<'_>, c: &Conversation, context: &Context) -> io::Result<()> {
    if c.outcome == Outcome::Connected {
        return Ok(());
    }
    if c.outcome == Outcome::Failed && c.shown.hidden == 0 {
        section(page, "What happened")?;
        let end = match c.shown.ended_by {
            Some(side) => format!("the {side} ended it"),
            None => "then nothing more came".to_owned(),
        };
        let text = format!(
            "It stopped at {}, and {end}. No rule of the catalogue fits these packets, so no cause is \
             named here; the last messages are all that the capture says.",
            c.stage.name()
        );
        page.text(4, &text)?;
    }
    if !c.missing.is_empty() {
        section(page, "What is missing")?;
        for text in &c.missing {
            page.hang("    - ", text, Paint::Plain)?;
        }
    }
    if !c.shown.last_steps.is_empty() && c.timeline.is_empty() {
        section(page, "Last messages")?;
        ladder::render(page, &c.shown.last_steps, &c.findings, context)?;
    }
    if c.outcome == Outcome::Unknown && !context.many_conversations {
        section(page, "Capture again")?;
        page.text(4, capture_where(c.capture_point.place))?;
        page.verbatim(4, &capture_command(c.shown.port))?;
    }
    for note in &c.notes {
        page.hang("  ! ", &note.text, Paint::Plain)?;
    }
    Ok(())
}

/// Where to capture, for one who captured at `place` before.
pub(super) fn capture_where(place: &str) -> &'static str {
    match place {
        "client" => {
            "On the client as before and, if you can, on the server at the same time; start before the \
             client dials, stop after it shows its error."
        }
        "server" => {
            "On the server as before and, if you can, on the client at the same time; start before the \
             client dials, stop after it shows its error."
        }
        _ => {
            "On the interface that leads to the VPN server (not on the VPN adapter itself); start before \
             the client dials, stop after it shows its error."
        }
    }
}

/// Findings besides the root cause: a line each, in full with `-v`.
fn others(page: &mut Page<'_>, c: &Conversation, context: &Context) -> io::Result<()> {
    let skip = usize::from(c.primary_finding().is_some());
    let rest = c.findings.get(skip..).unwrap_or_default();
    if rest.is_empty() {
        return Ok(());
    }
    let title = if skip > 0 { "Also found" } else { "Found" };
    section(page, title)?;
    for f in rest {
        let paint = if f.severity == Severity::Fault { Paint::Bad } else { Paint::Plain };
        let text =
            format!("{}: {} ({}, {})", f.severity.name(), f.summary, f.rule, f.certainty.name());
        page.hang("    - ", &text, paint)?;
        if page.style.verbose {
            finding(page, f, c, context)?;
        } else if let [first, ..] = f.fix.as_slice() {
            page.hang("      ", &format!("{}: {}", place(first.on), first.text), Paint::Plain)?;
        }
    }
    if page.style.verbose {
        return Ok(());
    }
    page.hang("    ", "pptp-diag explain RULE says more; -v shows their proof", Paint::Quiet)
}

/// Symptoms listed without `-v`.
const SYMPTOMS: usize = 4;
