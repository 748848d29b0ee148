//! Verdicts over recordings of real software, against a table of what each must say.
//!
//! The recordings are not part of the project: without them these tests say so and pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use pptp_diag::capture;
use pptp_diag::pipeline::{Analysis, Options};
use pptp_diag::rules::Severity;
use pptp_diag::rules::catalog;

/// Recordings that cannot be decided from their packets, or whose line in the table contradicts them.
const UNDECIDABLE: &[(&str, &str)] = &[
    ("lcp_silent_server__client", "the same packets as gre_drop_s2c at that point"),
    ("lcp_silent_server__rlan", "the same packets as gre_drop_s2c at that point"),
    ("nat1_nohelper__client", "the same packets as a server whose pppd dies"),
    ("nat1_nohelper__rlan", "the same packets as a server whose pppd dies"),
    ("ctl_server_pppd_missing__", "TCP is not refused in the recording: the call is accepted"),
    ("mtu_fragneeded__rwan", "the same packets as end_client_kill9 at that point"),
    ("mtu_fragneeded__server", "the same packets as end_client_kill9 at that point"),
    ("ctl_drop_mid__rwan", "the recording stops while all is well"),
    ("ctl_drop_mid__server", "the recording stops while all is well"),
    ("ctl_rst_mid__rwan", "the recording stops while all is well"),
    ("ctl_rst_mid__server", "the recording stops while all is well"),
    ("end_client_host_dead__client", "the recording stops while all is well"),
    ("end_client_host_dead__rlan", "the recording stops while all is well"),
    ("end_server_host_dead__rwan", "the recording stops while all is well"),
    ("end_server_host_dead__server", "the recording stops while all is well"),
];

/// Recordings whose fault is in the table under a rule that the catalogue does not have yet, beside
/// look-alikes that it has.
const LATER: &[(&str, &str)] = &[];

struct Row {
    file: String,
    conversations: Vec<String>,
    must: Vec<String>,
    never: Vec<String>,
}

fn table(path: &Path) -> Vec<Row> {
    let list = |s: Option<&&str>| -> Vec<String> {
        let s = s.copied().unwrap_or("-");
        s.split(',').filter(|w| !matches!(*w, "-" | "")).map(str::to_owned).collect()
    };
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
    lines
        .map(|l| {
            let f: Vec<&str> = l.split('\t').collect();
            let conversations = f[1].split(" + ").map(|e| e.trim().to_owned());
            Row {
                file: f[0].to_owned(),
                conversations: conversations
                    .filter(|e| !matches!(e.as_str(), "" | "none"))
                    .collect(),
                must: list(f.get(2)),
                never: list(f.get(3)),
            }
        })
        .collect()
}

/// `*` matches any run of characters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => name.strip_prefix(head).is_some_and(|tail| {
            (0..=tail.len())
                .filter(|i| tail.is_char_boundary(*i))
                .any(|i| matches(rest, &tail[i..]))
        }),
    }
}

/// Whether a conversation is as one expectation `OUTCOME[@STAGE]:PRIMARY` says.
fn fits(d: &pptp_diag::pipeline::Diagnosed, expected: &str) -> bool {
    let (head, primary) = expected.trim_start_matches('~').split_once(':').unwrap();
    let (outcome, stage) = head.split_once('@').unwrap_or((head, ""));
    let any = |list: &str, got: &str| list == "*" || list.split('|').any(|w| w == got);
    let got = d.diagnosis.primary().map_or("-", |f| f.rule.id);
    any(outcome, d.diagnosis.outcome.name())
        && (stage.is_empty() || any(stage, d.conversation.stage.name()))
        && any(primary, got)
        && (primary != "-" || d.diagnosis.findings.iter().all(|f| f.severity != Severity::Fault))
}

fn pair(found: &[pptp_diag::pipeline::Diagnosed], expected: &[String]) -> bool {
    let Some((first, rest)) = found.split_first() else {
        return expected.iter().all(|e| e.starts_with('~'));
    };
    expected
        .iter()
        .enumerate()
        .any(|(i, e)| fits(first, e) && pair(rest, &[&expected[..i], &expected[i + 1..]].concat()))
}

fn analyse(path: &Path) -> Analysis {
    let mut source = capture::open(path, 0).unwrap();
    support::run(source.as_mut(), Options::default())
}

/// Rules that an expectation asks for.
fn wanted(row: &Row) -> BTreeSet<&str> {
    let primaries =
        row.conversations.iter().filter_map(|e| e.split_once(':')).flat_map(|(_, p)| p.split('|'));
    primaries.chain(row.must.iter().map(String::as_str)).filter(|w| w.starts_with("PD")).collect()
}

#[test]
fn recordings_get_the_verdict_of_the_table() {
    let Some(captures) = support::shared_captures() else { return };
    let known: BTreeSet<&str> = catalog::all().map(|r| r.id).collect();
    let (mut good, mut total, mut later) = (0, 0, 0);
    let mut misses = Vec::new();
    for folder in ["lab", "public"] {
        let folder = captures.join(folder);
        let rows = table(&folder.join("truth.tsv"));
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        for name in names {
            let Some(row) = rows.iter().find(|r| matches(&r.file, &name)) else { continue };
            if UNDECIDABLE.iter().any(|(prefix, _)| name.starts_with(prefix)) {
                continue;
            }
            let wanted = wanted(row);
            let is_later = LATER.iter().any(|(prefix, _)| name.starts_with(prefix));
            let must_unknown = row.must.iter().any(|m| !known.contains(m.as_str()));
            if is_later || must_unknown || (!wanted.is_empty() && wanted.is_disjoint(&known)) {
                later += 1;
                continue;
            }
            total += 1;
            let analysis = analyse(&folder.join(&name));
            let rules: BTreeSet<&str> = analysis
                .conversations
                .iter()
                .flat_map(|d| &d.diagnosis.findings)
                .map(|f| f.rule.id)
                .collect();
            let ok = pair(&analysis.conversations, &row.conversations)
                && row.must.iter().all(|m| rules.contains(m.as_str()))
                && row.never.iter().all(|n| !rules.contains(n.as_str()));
            if ok {
                good += 1;
            } else {
                let said: Vec<String> = analysis
                    .conversations
                    .iter()
                    .map(|d| {
                        let primary = d.diagnosis.primary().map_or("-", |f| f.rule.id);
                        format!(
                            "{}@{}:{primary}",
                            d.diagnosis.outcome.name(),
                            d.conversation.stage.name()
                        )
                    })
                    .collect();
                misses.push(format!(
                    "{name}: said {}, expected {}",
                    said.join(" + "),
                    row.conversations.join(" + ")
                ));
            }
        }
    }
    println!(
        "{good} of {total} recordings right; {later} need rules that are not in the catalogue yet"
    );
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn no_healthy_recording_has_a_fault() {
    let Some(captures) = support::shared_captures() else { return };
    for entry in std::fs::read_dir(captures.join("lab")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("healthy_") {
            continue;
        }
        for d in analyse(&path).conversations {
            let faults: Vec<_> = d
                .diagnosis
                .findings
                .iter()
                .filter(|f| f.severity == Severity::Fault)
                .map(|f| f.rule.id)
                .collect();
            assert!(faults.is_empty(), "{name}: {faults:?}");
        }
    }
}

/// One call in many wrappings: every file that can be read gives the same verdict.
#[test]
fn the_wrapping_does_not_change_the_verdict() {
    let Some(captures) = support::shared_captures() else { return };
    let partial =
        ["cut", "snap", "one-way", "no-gre", "gre-only", "header-only", "SYNTHETIC", "short"];
    let mut read = 0;
    for entry in std::fs::read_dir(captures.join("formats")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let table = path.extension().is_some_and(|x| x == "tsv");
        if table || partial.iter().any(|p| name.contains(p)) {
            continue;
        }
        let Ok(mut source) = capture::open(&path, 0) else { continue };
        let analysis = support::run(source.as_mut(), Options::default());
        if analysis.conversations.is_empty() {
            assert!(
                !analysis.notes.is_empty() || name.contains("pppoe"),
                "{name}: nothing found and nothing said"
            );
            continue;
        }
        read += 1;
        assert_eq!(analysis.conversations.len(), 1, "{name}");
        let d = &analysis.conversations[0];
        assert_eq!(d.diagnosis.outcome.name(), "connected", "{name}");
        assert!(d.diagnosis.primary().is_none(), "{name}");
        assert_eq!(d.conversation.calls.len(), 1, "{name}");
        assert_eq!(
            d.conversation.call().unwrap().attempt().unwrap().user(),
            Some(&b"lulu"[..]),
            "{name}"
        );
    }
    println!("{read} wrappings of one call read alike");
    assert!(read > 15);
}
