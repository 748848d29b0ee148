//! Our parsers against tshark's, field by field, over every recording there is: PPTP, GRE, PPP, LCP, CHAP, PAP,
//! EAP, IPCP, IPV6CP and CCP. A difference is a fault of ours, or stands with its reason in
//! `against_tshark/explained.rs`.
//!
//! tshark is not part of the project: without it these tests say so and pass. The ordinary run takes the samples
//! and some of the reference recordings; `cargo test --test against_tshark -- --ignored --nocapture` takes all and
//! prints the table.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing
)]

#[path = "against_tshark/compare.rs"]
mod compare;
#[path = "against_tshark/control.rs"]
mod control;
#[path = "against_tshark/explained.rs"]
mod explained;
#[path = "against_tshark/made.rs"]
mod made;
#[path = "against_tshark/messages.rs"]
mod messages;
#[path = "against_tshark/ours.rs"]
mod ours;
#[path = "against_tshark/tshark.rs"]
mod tshark;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use compare::{Tally, Verdict};

/// Of the reference recordings the ordinary run takes one of so many.
const ONE_OF: usize = 10;

/// Files of a folder of the project or beside it, in the order of their names; none where it is absent.
fn files(folder: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) else {
        println!("skipped: no recordings at {folder}");
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|e| e.unwrap().path()).filter(|p| p.is_file()).collect();
    paths.sort();
    paths
}

/// Adds a recording, if both can read it.
fn add(tally: &mut Tally, path: &Path) -> bool {
    let Some(ours) = ours::read(path) else { return false };
    let Some(theirs) = tshark::read(path) else { return false };
    tally.recording(&path.file_name().unwrap().to_string_lossy(), &ours, &theirs);
    true
}

fn agreed(version: &str, verdict: &Verdict) {
    println!("{version}\n\n{}", verdict.table);
    for d in verdict.unexplained.iter().take(SHOWN) {
        println!("{d:?}");
    }
    assert_eq!(verdict.unexplained.len(), 0, "differences without an explanation");
}

/// A folder of this process alone.
fn temporary(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("pptp-diag-{name}-{}", process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn some_recordings_and_every_kind_of_packet() {
    let Some(version) = tshark::version() else { return };
    let folder = temporary("tshark");
    let mut tally = Tally::default();
    made::write(&folder.join("made.pcapng"));
    assert!(add(&mut tally, &folder.join("made.pcapng")));
    let recordings =
        |folder| files(folder).into_iter().filter(|p| p.extension().is_some_and(|e| e == "pcap"));
    let some: Vec<_> =
        recordings("samples").chain(recordings("../shared/captures/lab").step_by(ONE_OF)).collect();
    // In one file, because most of tshark's time is its start. `mergecap` comes with it.
    let merged = folder.join("recordings.pcapng");
    let merge = Command::new("mergecap").args(["-a", "-w"]).arg(&merged).args(&some).output();
    if merge.is_ok_and(|output| output.status.success()) {
        assert!(add(&mut tally, &merged));
    } else {
        assert!(some.iter().all(|path| add(&mut tally, path)));
    }
    fs::remove_dir_all(folder).unwrap();
    agreed(&version, &tally.verdict());
}

/// No explanation is so wide that it hides a field that we read wrongly.
#[test]
fn a_field_read_otherwise_is_noticed() {
    if tshark::version().is_none() {
        return;
    }
    let folder = temporary("tshark-otherwise");
    let path = folder.join("made.pcapng");
    made::write(&path);
    let (mut ours, theirs) = (ours::read(&path).unwrap(), tshark::read(&path).unwrap());
    fs::remove_dir_all(folder).unwrap();
    let verdict = |ours: &ours::Frames| {
        let mut tally = Tally::default();
        tally.recording("made.pcapng", ours, &theirs);
        tally.verdict()
    };
    let explained = verdict(&ours).explained;
    let mut changed = 0;
    let fields = ours.values_mut().flatten().flat_map(|layer| &mut layer.fields);
    // The one field that our parser does not keep as it is.
    for (_, value) in fields.filter(|(name, _)| *name != "pap.message.length") {
        value.change();
        changed += 1;
    }
    assert_eq!(verdict(&ours).unexplained.len() + explained, changed);
}

#[test]
#[ignore = "takes minutes"]
fn all_recordings() {
    let Some(version) = tshark::version() else { return };
    let (mut tally, mut unread) = (Tally::default(), Vec::new());
    let folder = temporary("tshark-all");
    made::write(&folder.join("made.pcapng"));
    add(&mut tally, &folder.join("made.pcapng"));
    fs::remove_dir_all(folder).unwrap();
    for path in FOLDERS.iter().flat_map(|folder| files(folder)) {
        if !add(&mut tally, &path) {
            unread.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    println!("not read by both: {}\n", unread.join(", "));
    let verdict = tally.verdict();
    agreed(&version, &verdict);
    assert!(verdict.unknown.is_empty(), "neither read nor left out: {:?}", verdict.unknown);
    // Without the reference recordings some deviations do not occur.
    if files(FOLDERS[1]).len() > 1 {
        assert!(verdict.unused.is_empty(), "explanations of nothing: {:?}", verdict.unused);
    }
}

const FOLDERS: [&str; 4] = [
    "samples",
    "../shared/captures/lab",
    "../shared/captures/public",
    "../shared/captures/formats",
];

/// Differences that are printed.
const SHOWN: usize = 400;
