//! Data flows one way: every `crate::x` of a layer must be a layer that it may use.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::path::Path;

/// Layer, and what it may use besides itself.
const ALLOWED: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("confine", &["base"]),
    ("wire", &["base"]),
    ("crypto", &["base"]),
    ("inside", &["base", "wire", "crypto"]),
    ("capture", &["base"]),
    ("link", &["base", "wire"]),
    ("flow", &["base", "wire", "link"]),
    ("model", &["base", "wire", "crypto", "inside", "flow"]),
    ("rules", &["base", "model"]),
    ("report", &["base", "model", "rules", "capture"]),
    (
        "pipeline",
        &["base", "wire", "crypto", "capture", "link", "flow", "model", "rules", "report"],
    ),
    ("site", &["base", "rules", "report"]),
    (
        "cli",
        &[
            "base", "wire", "crypto", "capture", "link", "flow", "model", "rules", "report",
            "pipeline", "site", "confine",
        ],
    ),
];

/// Macros that stand at the root of the crate, not layers.
const MACROS: &[&str] = &["wire_names", "rule"];

#[test]
fn layers_only_look_down() {
    let mut bad = Vec::new();
    for &(layer, may) in ALLOWED {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for root in [src.join(format!("{layer}.rs")), src.join(layer)] {
            visit(&root, &mut |file, text| check(layer, may, file, text, &mut bad));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn every_module_of_the_crate_is_a_layer() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for line in lib.lines().filter_map(|l| l.strip_prefix("pub mod ")) {
        let name = line.trim_end_matches(';');
        assert!(ALLOWED.iter().any(|(l, _)| *l == name), "{name} is no layer of tests/layering.rs");
    }
}

/// A build without libpcap must refer to it nowhere.
#[test]
fn libpcap_is_used_by_live_capture_alone() {
    let mut bad = Vec::new();
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    visit(&src, &mut |file, text| {
        let live = Path::new(file).starts_with(src.join("capture/live"));
        if !live && text.lines().any(|line| line.contains("libpcap::")) {
            bad.push(format!("{file}: only capture/live may use libpcap"));
        }
    });
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn a_forbidden_import_is_found() {
    let mut bad = Vec::new();
    check("rules", &["base", "model"], "x.rs", "use crate::wire::gre;\n", &mut bad);
    check("rules", &["base", "model"], "x.rs", "use crate::{base, wire};\n", &mut bad);
    check("rules", &["base", "model"], "x.rs", "// crate::wire is far below\n", &mut bad);
    assert_eq!(bad.len(), 2, "{bad:?}");
}

fn check(layer: &str, may: &[&str], file: &str, text: &str, bad: &mut Vec<String>) {
    let code = text.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//"));
    for (n, line) in code {
        for rest in line.split("crate::").skip(1) {
            let used: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let at = format!("{file}:{}", n + 1);
            if used.is_empty() {
                bad.push(format!("{at}: one `use crate::module` a line, no `crate::{{`"));
            } else if used != layer
                && !may.contains(&used.as_str())
                && !MACROS.contains(&used.as_str())
            {
                bad.push(format!("{at}: {layer} may not use {used}"));
            }
        }
    }
}

fn visit(path: &Path, f: &mut dyn FnMut(&str, &str)) {
    if path.is_file() {
        if path.extension().is_some_and(|x| x == "rs") {
            f(&path.display().to_string(), &fs::read_to_string(path).unwrap());
        }
    } else if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for entry in &entries {
            visit(entry, f);
        }
    }
}
