//! Every rule fires on the scenarios of its own page that say so and stays silent on those that must not,
//! and on every healthy scenario of every page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use pptp_diag::crypto::secret::Secrets;
use pptp_diag::pipeline::Analysis;
use pptp_diag::pipeline::Diagnosed;
use pptp_diag::pipeline::Options;
use pptp_diag::rules::catalog;
use support::analyse;
use support::fences;
use support::fences::Fence;
use support::scenario;

fn pages() -> Vec<Fence> {
    fences::in_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules"))
}

fn run(fence: &Fence) -> Analysis {
    let bytes = scenario::capture(&fence.text, &fence.page.display().to_string(), fence.line);
    let secrets = fence.get("secrets").map_or_else(Secrets::default, |s| {
        let (user, password) = s.split_once(':').expect("secrets=user:password");
        Secrets::parse(&format!("\"{user}\" \"{password}\"")).expect("secrets")
    });
    analyse(bytes, Options { secrets, ..Options::default() })
}

fn fired(d: &Diagnosed) -> BTreeSet<&'static str> {
    d.diagnosis.findings.iter().map(|f| f.rule.id).collect()
}

/// What is wrong with the outcome of one scenario; empty if nothing.
fn complaints(fence: &Fence) -> Vec<String> {
    let analysis = run(fence);
    let mut bad = Vec::new();
    // The newest conversation is the one that the scenario is about; earlier ones lead there.
    let about = fence.get("conversation").and_then(|n| n.parse::<usize>().ok());
    let index = about.map_or(0, |n| n - 1);
    let Some(d) = analysis.conversations.get(index) else {
        return vec!["no conversation".to_owned()];
    };
    let together: BTreeSet<&str> = analysis.findings.iter().map(|f| f.rule.id).collect();
    let mut got = fired(d);
    got.extend(&together);
    let primary = d.diagnosis.primary().map_or("-", |f| f.rule.id);
    let fires = fence.list("fires");
    for id in &fires {
        if !got.contains(id) {
            bad.push(format!("{id} did not fire; fired: {got:?}"));
        }
    }
    if let Some(first) = fires.first() {
        // A warning or a notice on a connection that works is no root: the scenario says `primary=-`.
        if primary != *first && fence.get("primary").is_none() {
            bad.push(format!("primary is {primary}, not {first}"));
        }
        let mut findings = d.diagnosis.findings.iter().chain(&analysis.findings);
        let certainty = findings.find(|f| f.rule.id == *first).map(|f| f.certainty.name());
        if let Some(want) = fence.get("certainty")
            && certainty.is_some_and(|c| c != want)
        {
            bad.push(format!("{first} is {}, not {want}", certainty.unwrap_or_default()));
        }
    }
    for id in fence.list("together") {
        if !together.contains(id) {
            bad.push(format!("{id} is no finding of all; those are {together:?}"));
        }
    }
    for id in fence.list("apart") {
        if together.contains(id) {
            bad.push(format!("{id} is a finding of all"));
        }
    }
    for id in fence.list("quiet") {
        if got.contains(id) {
            bad.push(format!("{id} fired"));
        }
    }
    if let Some(want) = fence.get("primary")
        && primary != want
    {
        bad.push(format!("primary is {primary}, not {want}"));
    }
    if let Some(want) = fence.get("outcome") {
        if d.diagnosis.outcome.name() != want {
            bad.push(format!("outcome is {}, not {want}", d.diagnosis.outcome.name()));
        }
        let faults = d.diagnosis.findings.iter().filter(|f| f.severity.name() == "fault");
        if want == "connected" && fires.is_empty() {
            bad.extend(faults.map(|f| format!("healthy, but {} is a fault", f.rule.id)));
        }
    }
    if let Some(want) = fence.get("stage")
        && d.conversation.stage.name() != want
    {
        bad.push(format!("stage is {}, not {want}", d.conversation.stage.name()));
    }
    bad
}

#[test]
fn every_scenario_gets_its_verdict() {
    let mut bad = Vec::new();
    let pages = pages();
    for fence in &pages {
        bad.extend(complaints(fence).into_iter().map(|c| format!("{}: {c}", fence.place())));
    }
    println!("{} scenarios in {} rules", pages.len(), catalog::all().count());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn every_rule_has_a_scenario_that_fires_and_one_that_must_not() {
    let pages = pages();
    let mut bad = Vec::new();
    for rule in catalog::all() {
        let own = |f: &&Fence| f.page.display().to_string().contains(&rule.id.to_lowercase());
        let fires = pages.iter().filter(own).any(|f| f.list("fires").contains(&rule.id));
        let quiet = pages.iter().filter(own).any(|f| f.list("quiet").contains(&rule.id));
        if !fires || !quiet {
            bad.push(format!("{}: fires {fires}, quiet {quiet}", rule.id));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn evidence_names_frames_that_exist() {
    for fence in pages() {
        let packets = scenario::compile(&fence.text, &fence.page.display().to_string(), fence.line)
            .len() as u64;
        let analysis = run(&fence);
        let of_each = analysis.conversations.into_iter().map(|d| d.diagnosis.findings);
        for findings in of_each.chain([analysis.findings]) {
            for f in findings {
                assert!(!f.evidence.is_empty(), "{}: {} has no evidence", fence.place(), f.rule.id);
                assert!(
                    !f.summary.is_empty() && !f.detail.is_empty(),
                    "{}: {}",
                    fence.place(),
                    f.rule.id
                );
                for e in &f.evidence {
                    let n = e.mark.frame.number();
                    assert!(
                        (1..=packets).contains(&n),
                        "{}: {} names frame {n}",
                        fence.place(),
                        f.rule.id
                    );
                }
            }
        }
    }
}
