//! The report is the same for any number of processors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::cast_possible_truncation)]

#[path = "../benches/support/generate.rs"]
mod generate;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use generate::Plan;
use pptp_diag::cli;
use pptp_diag::cli::Environment;

/// Standard output and standard error of a run over `files`.
fn run(files: &[PathBuf], more: &[&str], processors: usize) -> (String, String) {
    let environment = Environment { width: Some(100), processors, ..Environment::read() };
    let words = ["pptp-diag"].into_iter().chain(more.iter().copied()).map(OsString::from);
    let arguments = words.chain(files.iter().map(|f| f.clone().into_os_string()));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let _ = cli::run(arguments, &environment, &mut out, &mut err);
    (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// Holds `files` to one report in several forms.
fn same(files: &[PathBuf], what: &str) {
    for more in [&["-v"][..], &["-f", "json"], &["-f", "ndjson"], &["--port", "4000"]] {
        let alone = run(files, more, 1);
        assert!(alone.0.len() > 100, "{what}: {alone:?}");
        for processors in [2, 3, 8] {
            let many = run(files, more, processors);
            assert!(many == alone, "{what} {more:?}, {processors} processors");
        }
    }
}

/// A directory of this test's own.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("pptp-diag-{}-{name}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

/// The records of a little-endian pcap file without its header.
fn records(file: &[u8]) -> Vec<&[u8]> {
    let (mut rest, mut all) = (&file[24..], Vec::new());
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        let (record, behind) = rest.split_at(16 + length);
        all.push(record);
        rest = behind;
    }
    all
}

#[test]
fn samples() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut files: Vec<PathBuf> =
        fs::read_dir(samples).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|x| x == "pcap"));
    files.sort();
    assert!(files.len() > 5);
    same(&files, "all samples");
}

/// Control messages on a port that nobody knew: what stood before in other files must still count.
#[test]
fn rotated_dealt_and_doubled_files() {
    let folder = folder("processors");
    let plan = Plan { packets: 24_000, pptp_permille: 300, faults: 300, ..Plan::default() };
    let mut file = Vec::new();
    generate::write(plan, &mut file).unwrap();
    let all = records(&file);
    for port in [1723_u16, 50_123] {
        // The same on another port, which is learned on the way.
        let moved: Vec<Vec<u8>> = all.iter().map(|r| moved(r, port)).collect();
        let files = |name: &str, of: &dyn Fn(usize) -> usize| -> Vec<PathBuf> {
            let mut parts = vec![file[..24].to_vec(); 4];
            for (n, record) in moved.iter().enumerate() {
                parts[of(n)].extend_from_slice(record);
            }
            let write = |(n, part): (usize, Vec<u8>)| {
                let path = folder.join(format!("{name}-{port}-{n}.pcap"));
                fs::write(&path, part).unwrap();
                path
            };
            parts.into_iter().enumerate().map(write).collect()
        };
        let rotated = files("rotated", &|n| n * 4 / all.len());
        assert!(fs::metadata(&rotated[0]).unwrap().len() > 1 << 20, "worth a thread");
        same(&rotated, "rotated");
        same(&files("dealt", &|n| n * 7 % 11 % 4), "dealt");
        let again = files("again", &|n| n * 4 / all.len());
        same(&[rotated, again].concat(), "doubled");
    }
    fs::remove_dir_all(folder).unwrap();
}

/// The record with TCP port 1723 made `port`.
fn moved(record: &[u8], port: u16) -> Vec<u8> {
    let mut record = record.to_vec();
    // Record header, Ethernet, IPv4 without options: TCP.
    let tcp = 16 + 14 + 20;
    if record.len() > tcp + 4 && record[28..30] == [8, 0] && record[16 + 14 + 9] == 6 {
        for at in [tcp, tcp + 2] {
            if record[at..at + 2] == 1723_u16.to_be_bytes() {
                record[at..at + 2].copy_from_slice(&port.to_be_bytes());
            }
        }
    }
    record
}
