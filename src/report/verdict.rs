//! One conversation: how far it got, what stopped it, how that is known, who must change what.

use std::io;

use super::finding;
use super::finding::section;
use super::ladder;
use super::layout::Page;
use super::layout::count;
use super::layout::pad;
use super::layout::width;
use super::style::Paint;
use super::text::Context;
use super::view::Call;
use super::view::Conversation;
use super::view::OtherView;
use super::view::Peer;
use super::view::capture_command;
use crate::model::auth::Method;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
use crate::rules::Severity;

/// Writes one conversation.
pub(super) fn render(page: &mut Page<'_>, c: &Conversation, context: &Context) -> io::Result<()> {
    headline(page, c, context)?;
    let healthy = c.outcome == Outcome::Connected && c.trouble().is_none();
    if healthy {
        healthy_lines(page, c)?;
        notices(page, c, context)?;
    } else {
        parties(page, c)?;
        stage_line(page, c)?;
        match c.primary_finding() {
            Some(f) => finding::render(page, f, context)?,
            None => unexplained(page, c, context)?,
        }
        finding::others(page, c, context)?;
    }
    for note in &c.notes {
        page.hang("  ! ", &note.text, Paint::Plain)?;
    }
    if !c.timeline.is_empty() {
        page.blank()?;
        page.heading(2, "Messages")?;
        ladder::render(page, &c.timeline, &c.findings, context)?;
    }
    Ok(())
}

fn headline(page: &mut Page<'_>, c: &Conversation, context: &Context) -> io::Result<()> {
    let lead = if context.many_conversations { format!("#{} ", c.id) } else { String::new() };
    let (paint, verdict) = result(c);
    let Some(f) = c.primary_finding() else {
        return page.hang(&lead, &format!("{verdict}{}", reason(c)), paint);
    };
    page.hang(&lead, &format!("{verdict}: {}", f.summary), paint)?;
    let tag = format!("{}, {}", f.label(), f.certainty.name());
    page.hang("  ", &tag, Paint::Quiet)
}

/// How it ended, in capitals.
pub(super) fn result(c: &Conversation) -> (Paint, String) {
    let stage = c.stage.name();
    match c.outcome {
        Outcome::Failed => (Paint::Bad, format!("FAILED at {stage}")),
        Outcome::Unknown => (Paint::Doubt, format!("UNKNOWN at {stage}")),
        Outcome::Connected if c.only_site_faults() => {
            (Paint::Bad, "CONNECTED, but against a rule of the site".into())
        }
        Outcome::Connected if c.worst() == Some(Severity::Fault) => {
            (Paint::Bad, "CONNECTED, but broken".into())
        }
        Outcome::Connected if c.worst() == Some(Severity::Warning) => {
            (Paint::Doubt, "CONNECTED, with warnings".into())
        }
        Outcome::Connected => (Paint::Good, "CONNECTED".to_owned()),
    }
}

/// What follows the result where no finding explains it; begins with a colon.
pub(super) fn reason(c: &Conversation) -> String {
    match c.outcome {
        Outcome::Connected => connected_as(c),
        _ if c.shown.hidden > 0 => {
            format!(": {} left out by the filter", count(c.shown.hidden as u64, "finding"))
        }
        Outcome::Failed => ": no rule of the catalogue fits".to_owned(),
        Outcome::Unknown => ": the capture does not show enough".to_owned(),
    }
}

/// What was agreed, for a line that says that all is well.
fn connected_as(c: &Conversation) -> String {
    let Some(call) = c.calls.last() else { return String::new() };
    let parts = [
        call.authentication.user.clone().map(|u| format!("user {u}")),
        call.authentication.method.map(method),
        encryption(call),
        call.client_address.clone().map(|a| format!("address {a}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

fn method(name: &str) -> String {
    if name == Method::None.name() { "no authentication".to_owned() } else { name.to_owned() }
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
        0 if c.findings.is_empty() || page.style.verbose => "no fault found".to_owned(),
        0 => format!("no fault found ({} with -v)", count(c.findings.len() as u64, "notice")),
        n => format!("{} left out by the filter", count(n as u64, "finding")),
    };
    // Where it was captured matters to those who look for a fault.
    let when = if c.views.is_empty() && c.control_attempts == 1 {
        format!("{} UTC, {}", c.shown.started.human(), c.shown.duration)
    } else {
        when(c)
    };
    page.text(2, &format!("{when}; {found}"))?;
    insides(page, c)
}

/// What the secrets opened: a line for each call with anything to open.
fn insides(page: &mut Page<'_>, c: &Conversation) -> io::Result<()> {
    for (n, call) in c.calls.iter().enumerate() {
        let lead = if c.calls.len() > 1 { format!("call {} ", n + 1) } else { String::new() };
        if let Some(inside) = &call.inside {
            page.hang("  ", &format!("{lead}inside: {}", inside.line()), Paint::Plain)?;
        }
    }
    Ok(())
}

/// Notices of a healthy conversation, with `-v`: it takes three lines otherwise.
fn notices(page: &mut Page<'_>, c: &Conversation, context: &Context) -> io::Result<()> {
    if page.style.verbose {
        finding::others(page, c, context)?;
    }
    Ok(())
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
    page.text(2, &when(c))?;
    insides(page, c)
}

pub(super) fn when(c: &Conversation) -> String {
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
    let views: String = c
        .views
        .iter()
        .flat_map(|v| [" and ".into(), v.capture_point.words.to_string(), clock(v)])
        .collect();
    format!("{start} UTC, {lasted}{point}{views}{attempts}")
}

/// How far the clock of another capture is off, where it matters to a reader.
fn clock(v: &OtherView) -> String {
    match v.clock_ahead {
        Some(s) if s.abs() >= 0.05 => {
            format!(" (its clock {:.1} s {})", s.abs(), if s > 0.0 { "ahead" } else { "behind" })
        }
        _ => String::new(),
    }
}

pub(super) fn address(p: &Peer) -> String {
    match p.port {
        Some(port) if p.address.contains(':') => format!("[{}]:{port}", p.address),
        Some(port) => format!("{}:{port}", p.address),
        None => p.address.clone(),
    }
}

pub(super) fn software(p: &Peer) -> String {
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

pub(super) fn step_sign(c: &Conversation, stage: Stage) -> (Paint, &'static str) {
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

pub(super) const fn purpose(stage: Stage) -> &'static str {
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

/// A conversation whose end no finding explains: what is there, what is missing, what to do.
fn unexplained(page: &mut Page<'_>, c: &Conversation, context: &Context) -> io::Result<()> {
    if c.outcome == Outcome::Connected {
        return Ok(());
    }
    if c.outcome == Outcome::Failed && c.shown.hidden == 0 {
        section(page, "What happened")?;
        page.text(4, &how_it_stopped(c))?;
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
    Ok(())
}

/// What can be said of a failure that no rule explains.
pub(super) fn how_it_stopped(c: &Conversation) -> String {
    let end = match c.shown.ended_by {
        Some(side) => format!("the {side} ended it"),
        None => "then nothing more came".to_owned(),
    };
    format!(
        "It stopped at {}, and {end}. No rule of the catalogue fits these packets, so no cause is named \
         here; the last messages are all that the capture says.",
        c.stage.name()
    )
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
