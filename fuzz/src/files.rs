//! A capture file as it comes, through the whole analysis to every report.

use std::io::Cursor;

use pptp_diag::base::limits;
use pptp_diag::capture;
use pptp_diag::capture::Source;
use pptp_diag::pipeline::Analysis;
use pptp_diag::pipeline::Analyzer;
use pptp_diag::pipeline::Options;
use pptp_diag::report::view;
use pptp_diag::report::view::View;

use super::captures::MAGICS;
use super::reports;

/// A file that is not packed.
pub fn run(data: &[u8]) {
    if MAGICS.iter().any(|magic| data.starts_with(magic)) {
        return;
    }
    let input = Box::new(Cursor::new(data.to_vec()));
    // What the file's name can do, too.
    let Ok(mut source) = capture::read(input, "a<script>\u{202E}\u{1B}[31m.pcap", 0) else {
        return;
    };
    let mut analyzer = Analyzer::new(Options::default());
    while let Ok(Some(frame)) = source.next_frame() {
        analyzer.push(&frame);
    }
    if let Some(until) = source.facts().until {
        analyzer.tick(until);
    }
    let analysis = analyzer.finish();
    bounds(&analysis);
    reports::check(view_of(&analysis, source.as_ref()), data);
}

/// The report's mirror with all messages.
#[must_use]
pub fn view_of(analysis: &Analysis, source: &dyn Source) -> View {
    let captures = vec![view::Capture::new(source.facts(), [])];
    mirror(analysis, captures)
}

/// The same with what is told of the captures.
#[must_use]
pub fn mirror(analysis: &Analysis, captures: Vec<view::Capture>) -> View {
    let settings = view::Settings { timeline: true, names: true, ..view::Settings::default() };
    let conversations = analysis
        .conversations
        .iter()
        .map(|d| view::conversation(&d.conversation, &d.diagnosis, &settings))
        .collect();
    let across = analysis.findings.iter().map(view::across).collect();
    let notes = analysis.notes.iter().map(|n| view::Note::new(n.code, &n.text)).collect();
    View::new(captures, conversations, across, notes)
}

/// What no capture may exceed.
pub fn bounds(analysis: &Analysis) {
    for d in &analysis.conversations {
        let c = &d.conversation;
        assert!(c.timeline.len() <= limits::TIMELINE_EVENTS);
        assert!(c.calls.len() <= limits::CALLS);
        assert!(c.calls.iter().all(|call| call.attempts.len() <= limits::AUTH_ATTEMPTS));
        assert!(c.started <= c.ended, "{:?} {:?}", c.started, c.ended);
    }
}
