//! Two captures of one conversation, taken at client and server, are one conversation in the report, and
//! settle what one of them leaves open.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pptp_diag::base::time::Span;
use pptp_diag::capture;
use pptp_diag::pipeline::stations::{self, Scan};
use pptp_diag::pipeline::{Analysis, Analyzer, Options, finish_together};
use pptp_diag::rules::Severity;

/// As the program does it: files sorted by point, one analysis for each point, joined at the end.
fn together(files: &[PathBuf]) -> Analysis {
    let prints: Vec<_> = files
        .iter()
        .map(|path| {
            let mut scan = Scan::new(&[]);
            let mut source = capture::open(path, 0).unwrap();
            while let Some(frame) = source.next_frame().unwrap() {
                if !scan.push(&frame) {
                    break;
                }
            }
            scan.finish()
        })
        .collect();
    let points = stations::group(&prints);
    let analyzers = points.iter().map(|members| {
        let mut analyzer = Analyzer::new(Options::default());
        for &n in members {
            let mut source = capture::open(&files[n], u32::try_from(n).unwrap()).unwrap();
            while let Some(frame) = source.next_frame().unwrap() {
                analyzer.push(&frame);
            }
        }
        analyzer
    });
    finish_together(analyzers.collect())
}

/// Scenario name → (client's capture, server's capture).
fn recorded(folder: &Path) -> BTreeMap<String, (PathBuf, PathBuf)> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let client = entry.unwrap().path();
        let name = client.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(scenario) = name.strip_suffix("__client.pcap") {
            let server = folder.join(format!("{scenario}__server.pcap"));
            if server.is_file() {
                out.insert(scenario.to_owned(), (client.clone(), server));
            }
        }
    }
    out
}

#[test]
fn the_samples_of_the_race_are_one_call() {
    let sample = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
    let (client, server) = (sample("recorded-race.pcap"), sample("recorded-race-server.pcap"));
    for order in [[client.clone(), server.clone()], [server, client]] {
        let analysis = together(&order);
        assert_eq!(analysis.conversations.len(), 1);
        let d = &analysis.conversations[0];
        assert!(d.conversation.seen_from_both_sides());
        let view = &d.conversation.views[0];
        // One clock took both, and the way of four seconds is longer one way than the other. Nothing was lost.
        assert!(view.clock_offset.is_some_and(|offset| offset.abs() < Span::from_secs(4)));
        assert_eq!(view.lost, [Some(0); 2]);
        let primary = d.diagnosis.primary().unwrap();
        assert_eq!((primary.rule.id, primary.certainty.name()), ("PD0002", "certain"));
    }
}

#[test]
fn both_captures_of_a_call_are_one_conversation() {
    let Some(captures) = support::shared_captures() else { return };
    let mut seen = 0;
    for (name, (client, server)) in recorded(&captures.join("lab")) {
        let alone = |path: &PathBuf| together(std::slice::from_ref(path)).conversations.len();
        let most = alone(&client).max(alone(&server));
        let both = together(&[client, server]);
        // Another client's calls may be in the server's capture only.
        assert_eq!(both.conversations.len(), most, "{name}");
        for d in &both.conversations {
            let c = &d.conversation;
            if name.starts_with("healthy_") {
                let faults: Vec<_> = d
                    .diagnosis
                    .findings
                    .iter()
                    .filter(|f| f.severity == Severity::Fault)
                    .map(|f| f.rule.id)
                    .collect();
                assert!(faults.is_empty(), "{name}: {faults:?}");
            }
            for v in &c.views {
                // One machine recorded both: the clocks agree but for the path's own delay.
                if let Some(offset) = v.clock_offset {
                    assert!(offset.abs() < Span::from_secs(4), "{name}: clocks {offset} apart");
                }
                seen += 1;
            }
        }
    }
    println!("{seen} conversations seen from both sides");
    assert!(seen > 60);
}

#[test]
fn two_captures_settle_what_one_leaves_open() {
    let Some(captures) = support::shared_captures() else { return };
    let all = recorded(&captures.join("lab"));
    for (name, rule) in [
        ("gre_drop_c2s", "PD2003"),
        ("gre_drop_s2c", "PD2001"),
        ("lcp_silent_server", "PD3001"),
        ("nat1_nohelper", "PD2004"),
        ("chap_success_lost", "PD0009"),
        ("race_rtt4_restart3", "PD0002"),
    ] {
        let (client, server) = &all[name];
        for order in [[client.clone(), server.clone()], [server.clone(), client.clone()]] {
            let analysis = together(&order);
            let primary = analysis.conversations[0].diagnosis.primary().unwrap();
            assert_eq!((primary.rule.id, primary.certainty.name()), (rule, "certain"), "{name}");
        }
    }
}
