//! What is told while conversations go on agrees with what is said at their end: over all recordings,
//! replayed at the pace of their packets.
//!
//! The recordings are not part of the project: without them these tests say so and pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use pptp_diag::base::time::Span;
use pptp_diag::base::time::Timestamp;
use pptp_diag::capture;
use pptp_diag::pipeline::Analyzer;
use pptp_diag::pipeline::Options;
use pptp_diag::pipeline::watch::Change;
use pptp_diag::pipeline::watch::News;
use pptp_diag::pipeline::watch::Watch;
use pptp_diag::rules::Severity;

/// What was told of one conversation.
#[derive(Debug, Default)]
struct Told {
    /// Faults told while it went on, in order.
    early: Vec<&'static str>,
    /// Of these the ones that were taken back.
    withdrawn: Vec<&'static str>,
    /// The root cause in the end, and whether there was a fault.
    primary: Option<&'static str>,
    healthy: bool,
}

fn replayed(path: &Path) -> BTreeMap<u32, Told> {
    let mut source = capture::open(path, 0).unwrap();
    let mut analyzer = Analyzer::new(Options::default());
    let mut watch = Watch::default();
    let mut told: BTreeMap<u32, Told> = BTreeMap::new();
    let note = |news: Vec<News>, told: &mut BTreeMap<u32, Told>| {
        for news in news {
            let t = told.entry(news.now.conversation.id).or_default();
            for change in news.changes {
                match change {
                    Change::Found(f) if f.severity == Severity::Fault => t.early.push(f.rule.id),
                    Change::Withdrawn(rule, _) if t.early.contains(&rule.id) => {
                        t.withdrawn.push(rule.id);
                    }
                    _ => {}
                }
            }
        }
    };
    let mut clock: Option<Timestamp> = None;
    let mut end = Timestamp::default();
    while let Some(frame) = source.next_frame().unwrap() {
        let mut now = clock.unwrap_or(frame.at);
        // A recording with a long rest is not looked at a million times.
        if frame.at - now > Span::from_secs(600) {
            now = frame.at;
        }
        while now < frame.at {
            analyzer.tick(now);
            note(watch.look(&mut analyzer, now), &mut told);
            now = now + STEP;
        }
        clock = Some(now);
        analyzer.push(&frame);
        end = end.max(frame.at);
    }
    note(watch.look(&mut analyzer, end), &mut told);
    for d in analyzer.finish().conversations {
        let t = told.entry(d.conversation.id).or_default();
        t.primary = d.diagnosis.primary().map(|f| f.rule.id);
        t.healthy = d.diagnosis.findings.iter().all(|f| f.severity != Severity::Fault);
    }
    told
}

fn recordings() -> Option<Vec<PathBuf>> {
    let folder = support::shared_captures()?.join("lab");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e != "tsv"));
    paths.sort();
    Some(paths)
}

#[test]
fn what_is_told_early_holds_in_the_end() {
    let Some(paths) = recordings() else { return };
    let (mut told_early, mut with_cause, mut withdrawn) = (0, 0, 0);
    let mut wrong = Vec::new();
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for (id, told) in replayed(path) {
            withdrawn += told.withdrawn.len();
            // Where every fifth packet is lost, a repetition may take longer than patience lasts.
            let lossy = name.starts_with("loss20") || name.starts_with("loss60");
            let taken_back = told.early.iter().all(|id| told.withdrawn.contains(id));
            if told.healthy && !told.early.is_empty() && !(lossy && taken_back) {
                wrong.push(format!("{name} #{id}: healthy in the end, but {:?}", told.early));
            }
            if let Some(primary) = told.primary {
                with_cause += 1;
                told_early += usize::from(told.early.contains(&primary));
            }
            if !told.withdrawn.is_empty() {
                println!(
                    "{name} #{id}: withdrawn {:?}, in the end {:?}",
                    told.withdrawn, told.primary
                );
            }
        }
    }
    println!(
        "{} recordings, {with_cause} conversations with a cause: {told_early} told while they went on; \
         {withdrawn} findings withdrawn",
        paths.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(withdrawn <= 16, "{withdrawn}");
    assert!(told_early * 10 >= with_cause * 6, "{told_early} of {with_cause}");
}

/// The pace of the looks.
const STEP: Span = Span::from_millis(250);
