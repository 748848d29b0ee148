//! An anonymized extract gets the findings of the original and holds nothing that names anyone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use pptp_diag::base::frame::{Frame, LinkType};
use pptp_diag::capture::{self, CaptureFacts, Source, write::PcapngWriter};
use pptp_diag::link::Linker;
use pptp_diag::pipeline::anonymize::{Key, Survey};
use pptp_diag::pipeline::{Analysis, Diagnosed, Options};

/// The anonymized extract of one capture; `None` for what is no capture.
fn anonymize(path: &Path, key: u8) -> Option<Vec<u8>> {
    anonymize_source(|| capture::open(path, 0).ok(), key)
}

/// The anonymized extract of what `open` gives, each time it is asked.
fn anonymize_source(open: impl Fn() -> Option<Box<dyn Source>>, key: u8) -> Option<Vec<u8>> {
    let mut source = open()?;
    let mut survey = Survey::new(&[], Key::new([key; 32]));
    while let Ok(Some(frame)) = source.next_frame() {
        survey.push(&frame);
    }
    let mut anonymizer = survey.finish(source.facts().until);
    let mut source = open()?;
    let mut writer = PcapngWriter::new(Vec::new()).unwrap();
    while let Ok(Some(frame)) = source.next_frame() {
        for p in anonymizer.packets(&frame) {
            let (original_len, link) = (p.original_len, LinkType::RAW);
            let new = Frame { link, original_len, data: &p.octets, ..frame };
            writer.frame(&new, &CaptureFacts::default()).unwrap();
        }
    }
    let CaptureFacts { last, until, .. } = *source.facts();
    Some(writer.finish(until.max(last)).unwrap())
}

/// What must be equal: all but names, addresses and frame numbers.
fn essence(analysis: &Analysis) -> Vec<String> {
    let of = |d: &Diagnosed| {
        let c = &d.conversation;
        let findings: Vec<_> = d
            .diagnosis
            .findings
            .iter()
            .map(|f| (f.rule.id, f.certainty.name(), f.severity, f.evidence.len()))
            .collect();
        let attempts: Vec<_> = c
            .calls
            .iter()
            .flat_map(|call| &call.attempts)
            .map(|a| {
                let users: Vec<_> = a.responses.iter().map(|r| r.name.len()).collect();
                let proof = (a.proof.tested, &a.proof.answers, &a.proof.password_class);
                (a.method, a.result(), users, format!("{proof:?}"))
            })
            .collect();
        let software = [&c.client, &c.server].map(|p| p.implementation.as_ref().map(|i| &i.name));
        let timeline: Vec<_> = c.timeline.iter().map(|e| (e.mark.at, e.dir, &e.label)).collect();
        format!(
            "{} {} {:?} {findings:?} {attempts:?} {software:?} {timeline:?}",
            d.diagnosis.outcome.name(),
            c.stage.name(),
            c.point.place,
        )
    };
    analysis.conversations.iter().map(of).collect()
}

fn analyse(path: &Path) -> Analysis {
    support::run(capture::open(path, 0).unwrap().as_mut(), Options::default())
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// Captures that every test here runs over.
fn captures() -> Vec<PathBuf> {
    let mut folders = vec![samples()];
    if let Some(shared) = support::shared_captures() {
        folders.extend(["lab", "public", "formats"].map(|f| shared.join(f)));
    }
    let files = folders.iter().flat_map(|f| std::fs::read_dir(f).unwrap());
    let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn the_findings_are_those_of_the_original() {
    let mut different = Vec::new();
    let mut compared = 0;
    for path in captures() {
        let Some(bytes) = anonymize(&path, 1) else { continue };
        let old = essence(&analyse(&path));
        let new = essence(&support::analyse(bytes, Options::default()));
        compared += 1;
        if old != new {
            different.push(format!("{}:\n  {old:?}\n  {new:?}", path.display()));
        }
    }
    println!("{compared} captures compared");
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    assert!(compared > 10);
}

/// What is damaged in the original is damaged in the same way in the extract. Compared with the extract
/// that is not anonymized: a damaged time of a frame that no extract keeps can part a conversation in two.
#[test]
fn the_findings_of_damaged_captures_are_the_same() {
    let mut seed = 1u64;
    let mut chance = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let mut different = Vec::new();
    let mut paths: Vec<_> =
        std::fs::read_dir(samples()).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "pcap"));
    paths.sort();
    for path in paths {
        let whole = std::fs::read(&path).unwrap();
        for round in 0..DAMAGES {
            let mut bytes = whole.clone();
            // Behind the header of the file; the header of a record may be hit too.
            for _ in 0..6 {
                let at = 24 + chance(bytes.len() - 24);
                bytes[at] = [0, 0xFF, bytes[at] ^ 1, bytes[at] ^ 0x80][chance(4)];
            }
            let open = || {
                let input = Box::new(std::io::Cursor::new(bytes.clone()));
                capture::read(input, "damaged", 0).ok()
            };
            let Some(new) = anonymize_source(open, 1) else { continue };
            let plain = support::extract(open().unwrap().as_mut());
            let old = essence(&support::analyse(plain, Options::default()));
            let new = essence(&support::analyse(new, Options::default()));
            if old != new {
                different.push(format!("{} {round}:\n  {old:?}\n  {new:?}", path.display()));
            }
        }
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

/// Addresses of the datagrams that matter in a capture, and names that the analysis finds in it.
fn originals(path: &Path) -> (BTreeSet<IpAddr>, BTreeSet<Vec<u8>>) {
    let mut addresses = BTreeSet::new();
    let mut linker = Linker::new(&[]);
    let mut source = capture::open(path, 0).unwrap();
    while let Ok(Some(frame)) = source.next_frame() {
        if let Some(d) = linker.datagram(&frame) {
            addresses.extend([d.src, d.dst]);
        }
    }
    let mut names = BTreeSet::new();
    for d in analyse(path).conversations {
        let c = d.conversation;
        for start in c.control.iter().flat_map(|k| [&k.start_request, &k.start_reply]) {
            names.extend(start.iter().map(|s| s.host.as_bytes().to_vec()));
        }
        for a in c.calls.iter().flat_map(|c| &c.attempts) {
            names.extend(a.challenges.iter().map(|c| c.name.as_bytes().to_vec()));
            names.extend(a.responses.iter().map(|r| r.name.to_vec()));
        }
    }
    names.retain(|n| n.len() >= 4 && n != b"local");
    (addresses, names)
}

#[test]
fn nothing_in_it_names_anyone() {
    const WORDS: [&[u8]; 6] =
        [b"alice", b"Tr1age-me!", b"not-the-password", b"LAB\\", b"pptpd", b"murka"];
    let mut found = Vec::new();
    for path in captures() {
        let Some(bytes) = anonymize(&path, 1) else { continue };
        let (addresses, names) = originals(&path);
        let mut needles: Vec<Vec<u8>> = WORDS.map(<[u8]>::to_vec).into();
        needles.extend(names);
        for a in addresses.into_iter().filter(|a| !a.is_unspecified() && !a.is_multicast()) {
            needles.push(a.to_string().into_bytes());
            needles.push(match a {
                IpAddr::V4(a) => a.octets().to_vec(),
                IpAddr::V6(a) => a.octets().to_vec(),
            });
        }
        // An address of one octet four times over is a fuzzer's; such octets stand everywhere.
        needles.retain(|n| n.iter().any(|o| Some(o) != n.first()));
        for needle in needles {
            if bytes.windows(needle.len()).any(|w| w == needle) {
                found.push(format!("{}: {:?}", path.display(), String::from_utf8_lossy(&needle)));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn one_key_gives_one_extract() {
    let path = samples().join("recorded-race.pcap");
    let one = anonymize(&path, 1).unwrap();
    assert_eq!(one, anonymize(&path, 1).unwrap());
    assert_ne!(one, anonymize(&path, 2).unwrap());
}

#[test]
fn the_command_writes_it_and_refuses_standard_input() {
    let folder = temporary("command");
    let out = folder.join("out.pcapng");
    let input = samples().join("recorded-wrong-password.pcap");
    let run = |input: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pptp-diag"));
        command.args(["extract", "--anonymize", "-o"]).arg(&out).arg(input).output().unwrap()
    };
    assert!(run(&input).status.success());
    assert_eq!(essence(&analyse(&out)), essence(&analyse(&input)));
    let refused = run(Path::new("-"));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(said.contains("twice") && said.lines().count() == 1, "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Frames that tshark finds malformed; `None` (said) without tshark.
fn malformed(path: &Path) -> Option<usize> {
    let output =
        Command::new("tshark").args(["-n", "-Y", "_ws.malformed", "-r"]).arg(path).output();
    let Ok(output) = output else {
        println!("skipped: no tshark");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).lines().count())
}

#[test]
fn other_tools_read_it() {
    let folder = temporary("tools");
    let out = folder.join("out.pcapng");
    let mut worse = Vec::new();
    for path in captures().iter().filter(|p| p.starts_with(samples())) {
        let Some(bytes) = anonymize(path, 1) else { continue };
        let Some(before) = malformed(path) else { break };
        std::fs::write(&out, bytes).unwrap();
        let after = malformed(&out).unwrap();
        if after > before {
            worse.push(format!("{}: {before} malformed frames, then {after}", path.display()));
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(worse.is_empty(), "{}", worse.join("\n"));
}

fn temporary(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("pptp-diag-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Damages of each sample.
const DAMAGES: usize = 20;
