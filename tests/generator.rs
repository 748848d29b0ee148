//! The captures that the measurements use are what they are said to be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::cast_possible_truncation)]

#[path = "../benches/support/generate.rs"]
mod generate;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use generate::faults::FAULTS;
use generate::hostile::KINDS;
use generate::{Plan, Written};
use pptp_diag::capture;
use pptp_diag::pipeline::{Analysis, Analyzer, Options};

fn generated(plan: Plan) -> (Vec<u8>, Written) {
    let mut file = Vec::new();
    let written = generate::write(plan, &mut file).unwrap();
    (file, written)
}

fn analysed(file: Vec<u8>) -> Analysis {
    let mut source = capture::read(Box::new(Cursor::new(file)), "generated", 0).unwrap();
    let mut analyzer = Analyzer::new(Options::default());
    while let Some(frame) = source.next_frame().unwrap() {
        analyzer.push(&frame);
    }
    if let Some(until) = source.facts().until {
        analyzer.tick(until);
    }
    analyzer.finish()
}

/// Faults of the conversations, and what concerns several of them: rule → how often.
fn troubles(analysis: &Analysis) -> BTreeMap<String, usize> {
    let own = analysis.conversations.iter().filter_map(|d| d.diagnosis.primary());
    let mut found = BTreeMap::new();
    for finding in own.chain(&analysis.findings) {
        *found.entry(finding.rule.id.to_owned()).or_default() += 1;
    }
    found
}

#[test]
fn one_seed_gives_one_capture() {
    let plan = Plan { packets: 5000, pptp_permille: 300, faults: 300, ..Plan::default() };
    assert_eq!(generated(plan), generated(plan));
    assert_ne!(generated(plan).0, generated(Plan { seed: 2, ..plan }).0);
    let kinds: BTreeSet<_> =
        KINDS.map(|(_, kind)| generated(Plan { hostile: Some(kind), ..plan }).0).into();
    assert_eq!(kinds.len(), KINDS.len());
}

#[test]
fn sessions_that_work_have_no_fault() {
    for concurrent in [1, 7, 400] {
        let plan = Plan { sessions: 800, concurrent, data: 30, ..Plan::default() };
        let (file, written) = generated(plan);
        assert_eq!((written.sessions, written.concurrent), (800, concurrent as usize));
        let analysis = analysed(file);
        assert_eq!(analysis.conversations.len(), 800);
        assert_eq!(troubles(&analysis), BTreeMap::new(), "{concurrent} at one time");
        for d in &analysis.conversations {
            assert_eq!(d.diagnosis.outcome.name(), "connected");
        }
    }
}

#[test]
fn every_fault_is_found_by_its_rule() {
    let plan = Plan { sessions: 300, concurrent: 50, faults: 1000, ..Plan::default() };
    let analysis = analysed(generated(plan).0);
    assert_eq!(analysis.conversations.len(), 300);
    let mut fired: BTreeMap<&str, usize> = BTreeMap::new();
    for d in &analysis.conversations {
        let rules: BTreeSet<&str> = d.diagnosis.findings.iter().map(|f| f.rule.id).collect();
        let known: Vec<&str> =
            FAULTS.iter().map(|f| f.rule).filter(|rule| rules.contains(rule)).collect();
        let [one] = known[..] else {
            panic!("conversation {}: {rules:?}", d.conversation.id);
        };
        *fired.entry(one).or_default() += 1;
    }
    assert_eq!(fired.len(), FAULTS.len(), "{fired:?}");
    let across: Vec<_> = analysis.findings.iter().map(|f| (f.rule.id, &f.summary)).collect();
    assert!(across.is_empty(), "{across:?}");
}

#[test]
fn many_sessions_are_open_at_one_time() {
    let plan = Plan { packets: 60_000, concurrent: 20_000, data: 5, ..Plan::default() };
    let (file, written) = generated(plan);
    assert_eq!(written.concurrent, 20_000);
    let mut source = capture::read(Box::new(Cursor::new(file)), "generated", 0).unwrap();
    let mut analyzer = Analyzer::new(Options::default());
    while let Some(frame) = source.next_frame().unwrap() {
        analyzer.push(&frame);
    }
    let ids: BTreeSet<_> = analyzer
        .open()
        .flat_map(|c| c.calls.iter().map(move |k| (c.server.endpoint.addr, k.server_call_id)))
        .filter(|(_, id)| id.is_some())
        .collect();
    let calls = analyzer.open().flat_map(|c| &c.calls).filter(|k| k.server_call_id.is_some());
    assert_eq!(ids.len(), calls.count());
}
