//! The shipped captures: generated ones are what the rule pages' scenarios compile to, and every one gets
//! the verdict that its README promises.
//!
//! `UPDATE=1 cargo test --test samples` writes the generated ones anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // only `cli` reads the environment, but for this test's UPDATE

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use pptp_diag::pipeline::Options;
use support::fences;
use support::scenario;

/// Recordings of real software and what must be said of each: outcome, stage, primary rule.
const RECORDED: &[(&str, &str, &str, Option<&str>)] = &[
    ("recorded-race", "failed", "authentication", Some("PD0002")),
    ("recorded-race-server", "failed", "authentication", Some("PD0002")),
    ("recorded-healthy", "connected", "connected", None),
    ("recorded-slow-healthy", "connected", "connected", None),
    ("recorded-gre-blocked", "failed", "link", Some("PD2001")),
    ("recorded-wrong-password", "failed", "authentication", Some("PD4001")),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn generated() -> Vec<fences::Fence> {
    let pages = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    fences::in_folder(&pages).into_iter().filter(|f| f.get("sample").is_some()).collect()
}

#[test]
fn generated_samples_are_current() {
    #[allow(clippy::disallowed_methods)] // The one switch of the tests.
    let update = std::env::var_os("UPDATE").is_some();
    let mut stale = Vec::new();
    for fence in generated() {
        let path = folder().join(format!("{}.pcap", fence.get("sample").unwrap()));
        let bytes = scenario::capture(&fence.text, &fence.page.display().to_string(), fence.line);
        if update {
            fs::write(&path, &bytes).unwrap();
        } else if fs::read(&path).unwrap_or_default() != bytes {
            stale.push(path.display().to_string());
        }
    }
    assert!(stale.is_empty(), "run UPDATE=1 cargo test --test samples:\n{}", stale.join("\n"));
}

#[test]
fn every_sample_is_made_here_and_described() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let mut known: BTreeSet<String> =
        generated().iter().map(|f| f.get("sample").unwrap().to_owned()).collect();
    known.extend(RECORDED.iter().map(|(name, ..)| (*name).to_owned()));
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "pcap") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(known.contains(&name), "{name}.pcap: nobody makes it");
        }
    }
    for name in known {
        assert!(folder().join(format!("{name}.pcap")).is_file(), "{name}.pcap is missing");
        assert!(
            readme.contains(&format!("{name}.pcap")),
            "{name}.pcap is not in samples/README.md"
        );
    }
}

#[test]
fn recorded_samples_get_their_verdict() {
    for (name, outcome, stage, primary) in RECORDED {
        let bytes = fs::read(folder().join(format!("{name}.pcap"))).unwrap();
        let analysis = support::analyse(bytes, Options::default());
        assert_eq!(analysis.conversations.len(), 1, "{name}");
        let d = &analysis.conversations[0];
        assert_eq!(d.diagnosis.outcome.name(), *outcome, "{name}");
        assert_eq!(d.conversation.stage.name(), *stage, "{name}");
        assert_eq!(d.diagnosis.primary().map(|f| f.rule.id), *primary, "{name}");
    }
}

/// With the password the race is proven, not inferred, and the report says which Response was answered.
#[test]
fn secrets_turn_the_race_into_a_proof() {
    use pptp_diag::crypto::secret::Secrets;
    use pptp_diag::model::proof::{SuccessProof, Verified};
    let bytes = fs::read(folder().join("recorded-race.pcap")).unwrap();
    let run = |line: &str| {
        let secrets = Secrets::parse(line).unwrap();
        let analysis = support::analyse(bytes.clone(), Options { secrets, ..Options::default() });
        let d = analysis.conversations.into_iter().next().unwrap();
        let proof = d.conversation.call().unwrap().attempt().unwrap().proof.clone();
        (d.diagnosis.primary().map(|f| (f.rule.id, f.certainty.name())), proof)
    };
    let (primary, proof) = run("alice Tr1age-me!");
    assert_eq!(primary, Some(("PD0002", "certain")));
    assert_eq!(proof.verified, Verified::Match);
    assert_eq!(proof.success, SuccessProof::Answers { response: 0, challenge: 0 });
    let (_, proof) = run("alice not-the-password");
    assert_eq!(proof.verified, Verified::Mismatch);
    assert_eq!(proof.success, SuccessProof::None);
}
