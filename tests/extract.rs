//! An extract loses nothing that a rule reads: analysing it gives the findings of the original.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::path::Path;

use pptp_diag::capture;
use pptp_diag::pipeline::{Analysis, Options};

/// The extract of one capture, and how many frames it was made of.
fn extract(path: &Path) -> Option<(Vec<u8>, u64)> {
    let mut source = capture::open(path, 0).ok()?;
    let bytes = support::extract(source.as_mut());
    Some((bytes, source.facts().frames))
}

/// What must be equal: all but the frame numbers.
fn essence(analysis: &Analysis) -> Vec<String> {
    analysis
        .conversations
        .iter()
        .map(|d| {
            let c = &d.conversation;
            let findings: Vec<_> = d
                .diagnosis
                .findings
                .iter()
                .map(|f| (f.rule.id, f.certainty.name(), &f.summary, &f.detail, f.evidence.len()))
                .collect();
            format!(
                "{} {} {} {} {:?} {findings:?}",
                c.client.endpoint,
                c.server.endpoint,
                d.diagnosis.outcome.name(),
                c.stage.name(),
                c.timeline.len()
            )
        })
        .collect()
}

#[test]
fn an_extract_gives_the_findings_of_the_original() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")];
    if let Some(shared) = support::shared_captures() {
        folders.extend(["lab", "public", "formats"].map(|f| shared.join(f)));
    }
    let (mut captures, mut before, mut after) = (0, 0, 0);
    for folder in folders {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let Some((bytes, frames)) = extract(&path) else { continue };
            let Ok(mut source) = capture::open(&path, 0) else { continue };
            let whole = support::run(source.as_mut(), Options::default());
            let part = support::analyse(bytes, Options::default());
            assert_eq!(essence(&part), essence(&whole), "{}", path.display());
            captures += 1;
            before += frames;
            after += part
                .conversations
                .iter()
                .map(|d| d.conversation.timeline.len() as u64)
                .sum::<u64>();
        }
    }
    println!("{captures} captures, {before} frames, {after} events in the extracts");
    assert!(captures > 10);
}
