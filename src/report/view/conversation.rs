//! The mirror of one conversation.

use super::Conversation;
use super::LONGEST_NAME;
use super::LONGEST_TEXT;
use super::Lost;
use super::Note;
use super::OtherView;
use super::Peer;
use super::Place;
use super::Settings;
use super::Shown;
use super::Step;
use super::call;
use super::finding;
use super::inner;
use super::missing;
use super::private;
use crate::base::addr::Dir;
use crate::base::text::visible;
use crate::base::time::Span;
use crate::model::conversation as model;
use crate::model::conversation::Outcome;
use crate::model::event::Event;
use crate::model::point;
use crate::model::views::View;
use crate::rules::engine::Diagnosis;

/// Mirrors a conversation and what the rules make of it.
#[must_use]
pub fn conversation(
    c: &model::Conversation,
    diagnosis: &Diagnosis,
    settings: &Settings,
) -> Conversation {
    let unexplained = diagnosis.outcome != Outcome::Connected && diagnosis.primary().is_none();
    let missing = if unexplained { missing::reasons(c) } else { Vec::new() };
    let mut mirror = Conversation {
        id: c.id,
        client: peer(&c.client),
        server: peer(&c.server),
        started: c.started.at.rfc3339(),
        ended: c.ended.at.rfc3339(),
        duration: (c.ended.at - c.started.at).as_secs(),
        outcome: diagnosis.outcome,
        stage: c.stage,
        primary: diagnosis.primary().map(|f| f.rule.id),
        calls: call::mirror_all(c, settings),
        capture_point: place(c.point),
        views: c.views.iter().map(other_view).collect(),
        control_attempts: c.control.len(),
        missing,
        notes: notes(c),
        timeline: if settings.timeline { steps(c, 0) } else { Vec::new() },
        shown: Shown {
            started: c.started.at,
            duration: c.ended.at - c.started.at,
            oriented: c.oriented,
            last_steps: if unexplained { last_steps(c) } else { Vec::new() },
            hidden: 0,
            ended_by: c.closing().map(|(_, side)| side.sender()),
            port: c.server.endpoint.port,
            names: if settings.names { private::names(c) } else { Vec::new() },
        },
        findings: diagnosis.findings.iter().map(|f| finding::mirror(f, c)).collect(),
    };
    mirror.keep(&settings.filter);
    mirror
}

/// A mirror with no more than what totals, ranks and counts of endings read: for a conversation that may not be
/// told one by one.
#[must_use]
pub fn outline(
    c: &model::Conversation,
    diagnosis: &Diagnosis,
    settings: &Settings,
) -> Conversation {
    let mut outline = Conversation {
        id: c.id,
        client: unnamed(&c.client),
        server: unnamed(&c.server),
        started: String::new(),
        ended: String::new(),
        duration: 0.0,
        outcome: diagnosis.outcome,
        stage: c.stage,
        primary: diagnosis.primary().map(|f| f.rule.id),
        calls: Vec::new(),
        capture_point: place(c.point),
        views: Vec::new(),
        control_attempts: c.control.len(),
        missing: Vec::new(),
        notes: Vec::new(),
        timeline: Vec::new(),
        shown: Shown { port: c.server.endpoint.port, ..Shown::default() },
        findings: diagnosis.findings.iter().map(finding::outline).collect(),
    };
    outline.keep(&settings.filter);
    outline
}

fn unnamed(p: &model::Peer) -> Peer {
    Peer {
        address: p.endpoint.addr.to_string(),
        port: Some(p.endpoint.port).filter(|port| *port != 0),
        implementation: None,
        implementation_verified: None,
    }
}

fn peer(p: &model::Peer) -> Peer {
    Peer {
        implementation: p.implementation.as_ref().map(|i| visible(&i.name, LONGEST_NAME)),
        implementation_verified: p.implementation.as_ref().map(|i| i.verified),
        ..unnamed(p)
    }
}

fn other_view(v: &View) -> OtherView {
    let [to_server, to_client] = v.lost;
    OtherView {
        capture: v.conversation.started.frame.capture(),
        capture_point: place(v.conversation.point),
        clock_ahead: v.clock_offset.map(Span::as_secs),
        lost: Lost { to_server, to_client },
    }
}

fn place(p: point::CapturePoint) -> Place {
    let place = match p.place {
        point::Place::Client => "client",
        point::Place::Server => "server",
        point::Place::Middle => "middle",
        point::Place::Unknown => "unknown",
    };
    Place { place, because: p.because, words: p.place.words() }
}

fn notes(c: &model::Conversation) -> Vec<Note> {
    let mut notes: Vec<Note> =
        c.limits_reached.iter().map(|text| Note::new("limit-reached", text)).collect();
    notes.extend(c.calls.iter().flat_map(inner::notes));
    if c.events_dropped > 0 {
        let text = format!(
            "{} further messages are counted in the facts but not listed one by one",
            c.events_dropped
        );
        notes.push(Note::new("timeline-full", &text));
    }
    notes
}

/// All events from this one on.
fn steps(c: &model::Conversation, from: usize) -> Vec<Step> {
    c.timeline.iter().skip(from).map(|e| step(e, c)).collect()
}

fn last_steps(c: &model::Conversation) -> Vec<Step> {
    steps(c, c.timeline.len().saturating_sub(LAST_STEPS))
}

fn step(e: &Event, c: &model::Conversation) -> Step {
    Step {
        time: e.mark.at.rfc3339(),
        capture: e.mark.frame.capture(),
        frame: e.mark.frame.number(),
        from: Dir::sender(e.dir),
        call: e.call.map(|n| n.saturating_add(1)),
        label: visible(e.label, LONGEST_NAME),
        detail: visible(&c.timeline.words(e), LONGEST_TEXT),
        offset: e.mark.at - c.started.at,
        kind: e.kind,
    }
}

/// Messages shown of a failure that no rule explains.
const LAST_STEPS: usize = 10;
