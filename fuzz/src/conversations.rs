//! Frames → conversations → reports, with secrets, with looks at conversations while they are open, and with
//! packets taken out of tunnels. Looking changes nothing.

use std::sync::OnceLock;

use pptp_diag::base::limits;
use pptp_diag::capture::CaptureFacts;
use pptp_diag::crypto::secret::Secrets;
use pptp_diag::pipeline::Analysis;
use pptp_diag::pipeline::Analyzer;
use pptp_diag::pipeline::Options;
use pptp_diag::pipeline::watch::Watch;
use pptp_diag::report::view;

use super::files;
use super::frames;
use super::frames::Captured;
use super::reports;

/// See [`frames`] for the input.
pub fn run(data: &[u8]) {
    let frames = frames::read(data);
    let plain = analysis(&frames);
    files::bounds(&plain);
    let captures = vec![view::Capture::new(&CaptureFacts::default(), [])];
    reports::check(files::mirror(&plain, captures), data);
    let watched = watched(&frames);
    assert_eq!(verdicts(&plain), verdicts(&watched));
}

/// The analysis of all frames.
#[must_use]
pub fn analysis(frames: &[Captured]) -> Analysis {
    let mut analyzer = Analyzer::new(options(true));
    for (n, captured) in frames.iter().enumerate() {
        analyzer.push(&captured.frame(n));
        let inner = analyzer.drain_inner().inspect(|p| {
            assert!(p.octets.len() <= limits::INNER_FRAME);
            assert!(matches!(p.octets.first().map(|o| o >> 4), Some(4 | 6)));
        });
        assert!(inner.count() <= limits::INNER_QUEUE);
    }
    analyzer.finish()
}

/// The same as a live capture does it.
fn watched(frames: &[Captured]) -> Analysis {
    let mut analyzer = Analyzer::new(options(true));
    let mut watch = Watch::default();
    for (n, captured) in frames.iter().enumerate() {
        analyzer.push(&captured.frame(n));
        if n % 16 == 15 {
            for news in watch.look(&mut analyzer, captured.at) {
                assert!(!news.changes.is_empty());
            }
        }
        analyzer.drain_inner().for_each(drop);
    }
    analyzer.finish()
}

/// Of each conversation the outcome and the rules that fired.
#[must_use]
pub fn verdicts(analysis: &Analysis) -> Vec<(&'static str, Vec<&'static str>)> {
    let of = |d: &pptp_diag::pipeline::Diagnosed| {
        let rules = d.diagnosis.findings.iter().map(|f| f.rule.id).collect();
        (d.diagnosis.outcome.name(), rules)
    };
    analysis.conversations.iter().map(of).collect()
}

fn options(inner: bool) -> Options {
    static SECRETS: OnceLock<Secrets> = OnceLock::new();
    let secrets = SECRETS.get_or_init(|| {
        Secrets::parse("* clientPass\n* secret\nalice password\n").expect("they are sound")
    });
    Options { secrets: secrets.clone(), inner, ports: vec![4000], ..Options::default() }
}
