//! Finds out whether libpcap is there to be linked against, and sets `have_libpcap` if so. Without it
//! everything but live capture is built: the crate is then never referred to, so that nothing asks the linker for it.
//!
//! `PPTP_DIAG_PCAP=off` builds without it where it is there, `on` insists on it. cargo does not notice a
//! library that is installed later: `cargo clean -p pptp-diag` makes it look again.
#![allow(clippy::disallowed_methods)] // A build script is told everything by the environment.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for variable in ["PPTP_DIAG_PCAP", "LIBPCAP_LIBDIR", "CC"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rustc-check-cfg=cfg(have_libpcap)");
    println!("cargo::rustc-check-cfg=cfg(fuzzing)"); // Set by fuzz/run and by cargo-fuzz.
    let family = env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    let wanted = match env::var("PPTP_DIAG_PCAP").as_deref() {
        Ok("off") => false,
        Ok("on") => true,
        _ => library_is_there(),
    };
    if wanted && family == "unix" {
        println!("cargo::rustc-cfg=have_libpcap");
    }
}

/// Whether the linker would find libpcap. Headers are not needed.
fn library_is_there() -> bool {
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("macos") {
        return true; // Part of the system.
    }
    if let Some(folder) = env::var_os("LIBPCAP_LIBDIR") {
        return LIBRARIES.iter().any(|name| Path::new(&folder).join(name).exists());
    }
    let Some(linker) = linker() else { return false };
    LIBRARIES.iter().any(|name| found_by(&linker, name))
}

/// The program that will link. Of another target's libraries the machine's own compiler knows nothing.
fn linker() -> Option<String> {
    let named = ["RUSTC_LINKER", "CC"].iter().find_map(|v| env::var(v).ok());
    let native = env::var_os("HOST") == env::var_os("TARGET");
    named.or_else(|| native.then(|| "cc".to_owned()))
}

/// Compilers answer with a path, or with the bare name where they find none.
fn found_by(linker: &str, name: &str) -> bool {
    let asked = Command::new(linker).arg(format!("-print-file-name={name}")).output();
    let Ok(answer) = asked else { return false };
    let path = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    let there = path != name && Path::new(&path).exists();
    if there {
        println!("cargo::rerun-if-changed={path}");
    }
    there
}

const LIBRARIES: [&str; 2] = ["libpcap.so", "libpcap.a"];
