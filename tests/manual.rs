//! The man pages in `man/` are those of this program, and `man` reads them without a warning.
//!
//! `UPDATE=1 cargo test --test manual` writes them anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // only `cli` reads the environment, but for this test's UPDATE

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use pptp_diag::cli::manual;
use pptp_diag::rules::catalog;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("man")
}

#[test]
fn man_pages_are_current() {
    let update = std::env::var_os("UPDATE").is_some();
    let pages = manual::pages().unwrap();
    let mut stale = Vec::new();
    if update {
        fs::create_dir_all(folder()).unwrap();
    }
    for (name, page) in &pages {
        let path = folder().join(name);
        if update {
            fs::write(&path, page).unwrap();
        } else if fs::read(&path).unwrap_or_default() != *page {
            stale.push(name.clone());
        }
    }
    let made: BTreeSet<String> = pages.into_iter().map(|(name, _)| name).collect();
    let there =
        fs::read_dir(folder()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    stale.extend(there.filter(|name| !made.contains(name)));
    assert!(stale.is_empty(), "run UPDATE=1 cargo test --test manual: {stale:?}");
}

#[test]
fn every_rule_has_its_place_in_section_7() {
    let pages = manual::pages().unwrap();
    let (_, page) = pages.iter().find(|(name, _)| name == "pptp-diag-rules.7").unwrap();
    let text = String::from_utf8(page.clone()).unwrap();
    for rule in catalog::all() {
        assert!(text.contains(&format!("{} {}", rule.id, rule.name)), "{}", rule.id);
    }
}

#[test]
fn man_reads_them_without_a_warning() {
    for (name, page) in manual::pages().unwrap() {
        let path =
            std::env::temp_dir().join(format!("pptp-diag-man-{}-{name}", std::process::id()));
        fs::write(&path, page).unwrap();
        let run = Command::new("man")
            .args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"])
            .arg(&path)
            .output();
        fs::remove_file(&path).unwrap();
        let Ok(run) = run else {
            println!("skipped: no man");
            return;
        };
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success() && said.is_empty(), "{name}: {said}");
    }
}

#[test]
fn completions_know_the_options() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = Command::new(env!("CARGO_BIN_EXE_pptp-diag"))
            .args(["completions", shell])
            .output()
            .unwrap();
        let script = String::from_utf8(run.stdout).unwrap();
        assert!(run.status.success(), "{shell}");
        for word in ["min-severity", "explain", "anonymize"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
