//! `--annotate`: the captures as they were, with comments, and the same findings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pptp-diag"));
    command.args(["--fail-on", "never"]).args(arguments).output().unwrap()
}

fn report(path: &str) -> Value {
    let mut report: Value = serde_json::from_slice(&run(&["-f", "json", path]).stdout).unwrap();
    serde_json::json!([report["conversations"].take(), report["findings"].take()])
}

fn sample(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
    path.to_str().unwrap().to_owned()
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("pptp-diag-annotate-{}-{name}.pcapng", std::process::id()))
}

#[test]
fn the_findings_are_those_of_the_original_and_stand_at_their_frames() {
    let out = temporary("same");
    let path = out.to_str().unwrap();
    for name in ["recorded-race.pcap", "recorded-healthy.pcap", "password-spray.pcap"] {
        let original = sample(name);
        let done = run(&["--annotate", path, &original]);
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.success() && said.contains("frames have comments"), "{said}");
        assert_eq!(report(path), report(&original), "{name}");
    }
    run(&["--annotate", path, &sample("recorded-race.pcap")]);
    let arguments = ["-n", "-Y", "frame.comment", "-T", "fields", "-e", "frame.number", "-e"];
    let read = Command::new("tshark").args(arguments).args(["frame.comment", "-r", path]).output();
    match read {
        Ok(read) => {
            let text = String::from_utf8_lossy(&read.stdout).into_owned();
            let culprit = text.lines().find(|l| l.starts_with("28\t")).unwrap_or_default();
            assert!(culprit.contains("PD0002") && culprit.contains("the culprit"), "{text}");
        }
        Err(_) => println!("skipped: no tshark"),
    }
    std::fs::remove_file(out).unwrap();
}

#[test]
fn what_cannot_be_is_said_in_a_line() {
    let capture = sample("recorded-race.pcap");
    for arguments in [
        &["--annotate", "out.pcapng", "-"][..],
        &["--annotate", "-", &capture],
        &["--annotate", &capture, &capture],
        &["--redact", "--annotate", "out.pcapng", &capture],
    ] {
        let done = run(arguments);
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!((done.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    }
}
