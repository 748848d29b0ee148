//! The Debian package: what is in it, and that it comes and goes without a trace.
//!
//! It needs `cargo-deb`, `dpkg` and the rights of root (`dpkg` installs into a directory of its own and
//! touches nothing else); without them there is nothing to test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

/// The files that a user looks for.
const WANTED: &[&str] = &[
    "usr/bin/pptp-diag",
    "usr/share/bash-completion/completions/pptp-diag",
    "usr/share/zsh/vendor-completions/_pptp-diag",
    "usr/share/fish/vendor_completions.d/pptp-diag.fish",
    "usr/share/doc/pptp-diag/completions/pptp-diag.ps1",
    "usr/share/doc/pptp-diag/README.md",
    "usr/share/doc/pptp-diag/CHANGELOG.md",
    "usr/share/doc/pptp-diag/copyright",
    "usr/share/doc/pptp-diag/pptp-diag.cdx.json",
    "usr/share/doc/pptp-diag/LICENSE-APACHE",
    "usr/share/doc/pptp-diag/LICENSE-MIT",
    "usr/share/doc/pptp-diag/examples/error5-race.pcap",
    "usr/share/doc/pptp-diag/examples/rules/10-cleartext.toml",
    "usr/lib/systemd/system/pptp-diag@.service",
];

/// A directory that goes with the test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a command prints; `Err` is what it complains of, or that it is not there.
fn printed(program: &str, arguments: &[&str]) -> Result<String, String> {
    let run = Command::new(program)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .map_err(|e| format!("{program}: {e}"))?;
    if run.status.success() {
        return Ok(String::from_utf8_lossy(&run.stdout).into_owned());
    }
    Err(format!("{program}: {}", String::from_utf8_lossy(&run.stderr)))
}

/// Why there is nothing to test on this machine.
fn lacking() -> Option<&'static str> {
    let works = |program: &str, arguments: &[&str]| printed(program, arguments).is_ok();
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/package").is_file() {
        Some("no .ci/package, which a published crate leaves out")
    } else if !works("cargo-deb", &["--version"]) {
        Some("no cargo-deb (cargo install --locked cargo-deb)")
    } else if !works("dpkg", &["--version"]) || !works("bash", &["--version"]) {
        Some("no dpkg, or no bash")
    } else if printed("id", &["-u"]).ok().is_none_or(|id| id.trim() != "0") {
        Some("dpkg installs for root only")
    } else {
        None
    }
}

/// Every file below, without those in which `dpkg` keeps its books.
fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path == root.join("var") {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap();
                found.push(name.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_package_comes_works_and_goes() {
    if let Some(why) = lacking() {
        eprintln!("skipped: {why}");
        return;
    }
    let folder = Folder(std::env::temp_dir().join(format!("pptp-diag-deb-{}", std::process::id())));
    let root = folder.0.join("root");
    let books = root.join("var/lib/dpkg");
    fs::create_dir_all(books.join("info")).unwrap();
    fs::create_dir_all(books.join("updates")).unwrap();
    fs::write(books.join("status"), "").unwrap();
    let package = folder.0.join("pptp-diag.deb");
    let (package, instdir) = (package.to_str().unwrap(), root.to_str().unwrap());

    let program = env!("CARGO_BIN_EXE_pptp-diag");
    let made = [".ci/package", "--program", program, "--output", package];
    printed("bash", &made).unwrap();
    let field = |name| printed("dpkg-deb", &["-f", package, name]).unwrap().trim().to_owned();
    assert_eq!(field("Package"), "pptp-diag");
    assert!(field("Version").starts_with(env!("CARGO_PKG_VERSION")));
    assert_eq!(field("Section"), "net");

    // The libraries that it depends on are those of the machine, which this root knows nothing of.
    let at = format!("--root={instdir}");
    let log = format!("--log={}", folder.0.join("log").display());
    let installed = printed("dpkg", &[&at, &log, "--force-depends", "-i", package]);
    installed.unwrap();
    let there = files(&root);
    let mut wanted: Vec<String> = WANTED.iter().map(|&name| name.to_owned()).collect();
    let pages = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("man")).unwrap();
    for page in pages {
        let name = page.unwrap().file_name().into_string().unwrap();
        let section = name.rsplit('.').next().unwrap();
        wanted.push(format!("usr/share/man/man{section}/{name}.gz"));
    }
    for name in &wanted {
        assert!(there.contains(name), "{name} is not in the package: {there:#?}");
    }

    let path = |name: &str| root.join(name).to_str().unwrap().to_owned();
    let parts = fs::read_to_string(path("usr/share/doc/pptp-diag/pptp-diag.cdx.json")).unwrap();
    let parts: serde_json::Value = serde_json::from_str(&parts).unwrap();
    assert_eq!(parts["metadata"]["component"]["version"], env!("CARGO_PKG_VERSION"));
    let listed = |name: &str| {
        let all = parts["components"].as_array().unwrap();
        all.iter().any(|c| c["name"] == name && c["scope"] == "required")
    };
    assert!(listed("etherparse") && listed("rust-std") && !listed("proc-macro2"), "{parts:#}");

    let version = printed(&path("usr/bin/pptp-diag"), &["--version"]).unwrap();
    assert_eq!(version, format!("pptp-diag {}\n", env!("CARGO_PKG_VERSION")));
    let sample = path("usr/share/doc/pptp-diag/examples/recorded-healthy.pcap");
    let report = printed(&path("usr/bin/pptp-diag"), &[&sample]).unwrap();
    assert!(report.contains("CONNECTED"), "{report}");
    if printed("man", &["--version"]).is_ok() {
        for (page, word) in
            [("man1/pptp-diag.1.gz", "--redact"), ("man7/pptp-diag-rules.7.gz", "PD0001")]
        {
            let text = printed("man", &["-l", &path(&format!("usr/share/man/{page}"))]).unwrap();
            assert!(text.contains(word), "{page}: no {word}");
        }
    }

    printed("dpkg", &[&at, &log, "-r", "pptp-diag"]).unwrap();
    assert_eq!(files(&root), [""; 0], "left behind");
    assert!(!root.join("usr").exists(), "directories are left behind");
}
