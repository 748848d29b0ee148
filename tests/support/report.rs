//! Reports of captures, for the tests of the formats.

use std::fs::File;
use std::io::Cursor;
use std::io::Read;
use std::path::Path;

use pptp_diag::capture;
use pptp_diag::capture::CaptureFacts;
use pptp_diag::pipeline::Analysis;
use pptp_diag::pipeline::Options;
use pptp_diag::report;
use pptp_diag::report::Format;
use pptp_diag::report::style::Style;
use pptp_diag::report::view;
use pptp_diag::report::view::View;

use super::run;

/// The mirror of a sample with all messages.
pub fn of_sample(name: &str) -> View {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
    of_capture(Box::new(File::open(path).unwrap()), name)
}

/// The mirror of any capture with all messages.
pub fn of_bytes(bytes: Vec<u8>, name: &str) -> View {
    of_capture(Box::new(Cursor::new(bytes)), name)
}

fn of_capture(input: Box<dyn Read + Send>, name: &str) -> View {
    let mut source = capture::read(input, name, 0).unwrap();
    let analysis = run(source.as_mut(), Options::default());
    mirror(&analysis, source.facts())
}

/// The mirror of an analysis of one capture with all messages.
pub fn mirror(analysis: &Analysis, facts: &CaptureFacts) -> View {
    let settings = view::Settings { timeline: true, names: true, ..view::Settings::default() };
    let mirrors = analysis
        .conversations
        .iter()
        .map(|d| view::conversation(&d.conversation, &d.diagnosis, &settings));
    let captures = vec![view::Capture::new(facts, [])];
    let across = analysis.findings.iter().map(view::across).collect();
    View::new(captures, mirrors.collect(), across, Vec::new())
}

/// A report in full.
pub fn rendered(view: &View, format: Format) -> String {
    let style = Style { verbose: true, ..Style::default() };
    let mut out = Vec::new();
    report::render(format, view, &style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}
