//! Rules of the house that a compiler does not check.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::path::PathBuf;

use pptp_diag::rules::catalog;
use pptp_diag::rules::page;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &str, extension: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![root().join(dir)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|x| x == extension) {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

#[test]
fn every_source_file_says_what_it_is_for_and_stays_short() {
    let mut bad = Vec::new();
    for dir in ["src", "tests", "benches"] {
        for path in files(dir, "rs") {
            let text = fs::read_to_string(&path).unwrap();
            if !text.starts_with("//!") {
                bad.push(format!("{}: does not begin with //!", path.display()));
            }
            let lines = text.lines().count();
            if lines > 620 {
                bad.push(format!("{}: {lines} lines", path.display()));
            }
            for word in ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!(", "super::super"] {
                if dir == "src" && text.contains(word) {
                    bad.push(format!("{}: contains {word}", path.display()));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn every_rule_has_a_page_with_all_headings() {
    let mut bad = Vec::new();
    for rule in catalog::all() {
        let mut at = 0;
        for heading in page::HEADINGS {
            match rule.page.find(&format!("\n## {heading}\n")) {
                Some(p) if p >= at => at = p,
                Some(_) => bad.push(format!("{}: \"{heading}\" stands out of order", rule.id)),
                None => bad.push(format!("{}: no heading \"{heading}\"", rule.id)),
            }
        }
        if !rule.page.starts_with(&format!("# {} {}\n", rule.id, rule.name)) {
            bad.push(format!(
                "{}: the page must begin with \"# {} {}\"",
                rule.id, rule.id, rule.name
            ));
        }
        let advice = rule.advice();
        if advice.fix.is_empty() {
            bad.push(format!("{}: no fix that can be read", rule.id));
        }
        if advice.client_sees.is_empty() || advice.references.is_empty() {
            bad.push(format!("{}: nothing under \"What the user sees\" or \"Sources\"", rule.id));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn ids_and_names_are_unique_and_in_order() {
    let ids: Vec<_> = catalog::all().map(|r| r.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), ids.len(), "an id occurs twice");
    let names: std::collections::BTreeSet<_> = catalog::all().map(|r| r.name).collect();
    assert_eq!(names.len(), ids.len(), "a name occurs twice");
    for rule in catalog::all() {
        for other in rule.yields_to {
            assert!(ids.contains(other), "{} yields to {other}, which is no rule", rule.id);
            assert_ne!(*other, rule.id);
        }
    }
}

#[test]
fn every_rule_file_has_its_page_beside_it() {
    for path in files("src/rules", "rs") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name.starts_with("pd") {
            assert!(path.with_extension("md").is_file(), "{}: no page", path.display());
            let declared = catalog::all()
                .any(|r| name == format!("{}_{}", r.id.to_lowercase(), r.name.replace('-', "_")));
            assert!(declared, "{}: no rule of that id and name in the catalogue", path.display());
        }
    }
}
