//! Whole reports of the sample captures, text and JSON, against what they were when last looked at
//! (`cargo insta review` or `INSTA_UPDATE=always` accepts a change). Nothing to do without samples.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::fs::File;
use std::path::Path;
use std::path::PathBuf;

use pptp_diag::capture;
use pptp_diag::pipeline::Analyzer;
use pptp_diag::pipeline::Options;
use pptp_diag::report;
use pptp_diag::report::Format;
use pptp_diag::report::style::Style;
use pptp_diag::report::view;
use pptp_diag::report::view::Note;
use pptp_diag::report::view::View;

fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|x| x == "pcap"));
    files.sort();
    files
}

fn view(path: &Path) -> View {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut source = capture::read(Box::new(File::open(path).unwrap()), name, 0).unwrap();
    let mut analyzer = Analyzer::new(Options::default());
    while let Some(frame) = source.next_frame().unwrap() {
        analyzer.push(&frame);
    }
    let analysis = analyzer.finish();
    let settings = view::Settings::default();
    let mirrors = analysis
        .conversations
        .iter()
        .map(|d| view::conversation(&d.conversation, &d.diagnosis, &settings));
    let notes = analysis.notes.iter().map(|n| Note::new(n.code, &n.text));
    let captures = vec![view::Capture::new(source.facts(), notes)];
    View::new(
        captures,
        mirrors.collect(),
        analysis.findings.iter().map(view::across).collect(),
        Vec::new(),
    )
}

/// The report without the program's version, which is no part of what is compared.
fn rendered(path: &Path, format: Format) -> String {
    let style = Style { width: 80, ..Style::default() };
    let mut out = Vec::new();
    report::render(format, &view(path), &style, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    text.replace(&format!("pptp-diag {version}"), "pptp-diag VERSION")
        .replace(&format!("\"version\": \"{version}\""), "\"version\": \"VERSION\"")
}

#[test]
fn reports_are_as_they_were() {
    let samples = samples();
    if samples.is_empty() {
        println!("skipped: no captures in samples/");
    }
    for path in samples {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        // The other formats: tests/report_formats.rs.
        for format in [Format::Text, Format::Json] {
            let report = rendered(&path, format);
            assert_eq!(report, rendered(&path, format), "{stem}: two runs, two reports");
            insta::assert_snapshot!(format!("{stem}.{}", format.name()), report);
        }
    }
}
