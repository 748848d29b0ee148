//! What the README shows is what the program prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

#[test]
fn the_example_is_real_output() {
    let out = Command::new(env!("CARGO_BIN_EXE_pptp-diag"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("COLUMNS", "96")
        .env("LC_ALL", "C.UTF-8")
        .arg("samples/recorded-race.pcap")
        .output()
        .unwrap();
    let printed = String::from_utf8(out.stdout).unwrap();
    assert!(
        readme().contains(printed.trim_end()),
        "the README's example is not what is printed now:\n{printed}"
    );
}

/// The first command of the README finds the fault of its sample and says so by its exit status.
#[test]
fn the_first_command_names_the_headline_fault() {
    assert!(readme().contains("cargo run --release -- samples/error5-race.pcap"));
    let out = Command::new(env!("CARGO_BIN_EXE_pptp-diag"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .arg("samples/error5-race.pcap")
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(1));
    let text = String::from_utf8(out.stdout).unwrap();
    for word in
        ["PD0001", "Error 5: Access is denied", "on the client", "Service Pack 5", "inferred"]
    {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }
}
