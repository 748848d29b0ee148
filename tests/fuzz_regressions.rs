//! What the fuzz targets promise, held in an ordinary test run: every sample, and every input that once broke
//! a promise (`fuzz/regressions/TARGET/`), goes through the targets.
//!
//! `cargo test --test fuzz_regressions -- --ignored` writes the inputs that fuzzing begins with to `fuzz/corpus`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../fuzz/src/lib.rs"]
mod fuzz;
#[path = "links/wrap.rs"]
mod wrap;

use std::collections::BTreeMap;
use std::fs;
use std::hash::DefaultHasher;
use std::hash::Hash as _;
use std::hash::Hasher as _;
use std::panic::catch_unwind;
use std::path::Path;
use std::path::PathBuf;

use fuzz::TARGETS;
use fuzz::frames;
use fuzz::seeds;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Files of a directory and those below it, none where it does not exist.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Inputs by the name of the file that they come from.
fn inputs(target: &str, folders: &[PathBuf]) -> BTreeMap<String, Vec<u8>> {
    let mut inputs = BTreeMap::new();
    let mut add = |stem: &str, all: Vec<Vec<u8>>| {
        for (n, input) in all.into_iter().enumerate() {
            inputs.insert(format!("{stem}.{n}"), input);
        }
    };
    add("own", seeds::own(target));
    for path in folders.iter().flat_map(|folder| files(folder)) {
        let stem = path.file_name().unwrap().to_string_lossy().into_owned();
        let file = fs::read(&path).unwrap();
        if path.extension().is_some_and(|x| x == "toml") {
            if target == "site_rules" {
                add(&stem, seeds::of_rules(&String::from_utf8(file).unwrap()));
            }
        } else if file.len() < LARGEST && path.extension().is_none_or(|x| x != "md") {
            add(&stem, seeds::of_capture(target, &file));
        }
    }
    if target == "links" {
        for (n, link) in wrap::LINKS.iter().enumerate() {
            add(&format!("link{n}"), vec![wrapped(link)]);
        }
    }
    inputs
}

/// A GRE packet, and the same in every tunnel and in fragments, on one link.
fn wrapped(link: &wrap::Link) -> Vec<u8> {
    let mut ip = vec![0x45, 0, 0, 44, 0, 1, 0, 0, 64, 47, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    ip.extend([0x30, 0x81, 0x88, 0x0B, 0, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]);
    ip.extend([0xFF, 3, 0xC0, 0x21, 1, 1, 0, 4]);
    let mut packets = vec![ip.clone()];
    packets.extend(wrap::TUNNELS.iter().map(|tunnel| (tunnel.wrap)(&ip)));
    packets.extend(wrap::fragments(&ip, 8));
    let link_type = pptp_diag::base::frame::LinkType(link.number);
    let frames: Vec<frames::Captured> = packets
        .iter()
        .map(|ip| frames::Captured {
            at: pptp_diag::base::time::Timestamp(0),
            link: link_type,
            cut: 0,
            data: (link.wrap)(ip),
        })
        .collect();
    frames::write(&frames)
}

/// Runs all inputs and names those that break a promise.
fn run(target: &str, body: fn(&[u8]), inputs: &BTreeMap<String, Vec<u8>>) {
    for (name, input) in inputs {
        assert!(catch_unwind(|| body(input)).is_ok(), "target {target}, input {name}");
    }
    println!("{target}: {} inputs", inputs.len());
}

#[test]
fn samples_keep_every_promise() {
    for (target, body) in TARGETS {
        let inputs = inputs(target, &[root().join("samples")]);
        run(target, *body, &inputs);
    }
}

#[test]
fn what_once_failed_does_not_fail_again() {
    for (target, body) in TARGETS {
        let folder = root().join("fuzz/regressions").join(target);
        let inputs = files(&folder)
            .into_iter()
            .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
            .collect();
        run(target, *body, &inputs);
    }
}

/// A target is a program for libFuzzer, an entry of its Cargo.toml and an entry here.
#[test]
fn every_target_is_known_everywhere() {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let mut programs: Vec<String> = files(&root().join("fuzz/fuzz_targets"))
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    programs.sort();
    assert_eq!(programs, names);
    for name in names {
        assert!(manifest.contains(&format!("[[bin]]\nname = \"{name}\"\n")), "{name}");
    }
}

#[test]
#[ignore = "writes files: `fuzz/run` calls it"]
fn write_the_corpus() {
    let folders = [root().join("samples"), root().join("../shared/captures")];
    for (target, _) in TARGETS {
        let corpus = root().join("fuzz/corpus").join(target);
        fs::create_dir_all(&corpus).unwrap();
        // Named by their octets, so that each stands there once.
        for input in inputs(target, &folders).into_values() {
            let mut hasher = DefaultHasher::new();
            input.hash(&mut hasher);
            fs::write(corpus.join(format!("{:016x}", hasher.finish())), input).unwrap();
        }
    }
}

/// Octets of a capture that is small enough to begin with.
const LARGEST: usize = 40_000;
