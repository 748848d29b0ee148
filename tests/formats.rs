//! One conversation in every container that a customer may mail: what is read gives the same frames, and
//! what is not read is named in one line with the way out. Skipped where the files are absent.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use pptp_diag::capture::{self, CaptureError, CaptureFacts};

fn folder() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/captures/formats");
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: {} is absent", path.display());
    None
}

/// Time and octets of a frame.
type Seen = (i64, Vec<u8>);

fn drain(mut source: Box<dyn capture::Source>) -> (Vec<Seen>, CaptureFacts) {
    let mut frames = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        frames.push((frame.at.0, frame.data.to_vec()));
    }
    (frames, source.facts().clone())
}

fn frames_of(path: &Path) -> Result<(Vec<Seen>, CaptureFacts), CaptureError> {
    capture::open(path, 0).map(drain)
}

/// File name → format and number of frames, as the list beside the files states them.
fn manifest(folder: &Path) -> BTreeMap<String, (String, u64)> {
    let text = fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.map(|c| (c[0].to_owned(), (c[3].to_owned(), c[5].parse().unwrap_or(0)))).collect()
}

#[test]
fn every_readable_file_has_as_many_frames_as_the_list_says() {
    let Some(folder) = folder() else { return };
    let mut read = 0;
    for (name, (format, mut frames)) in manifest(&folder) {
        let ours = ["pcap", "NetMon", "snoop", "gzip"].iter().any(|f| format.starts_with(f));
        let packed = ["bz2", "zst", "lz4"].iter().any(|e| name.ends_with(e));
        if !ours && !packed || name == "lulu-short-header.pcap" {
            continue;
        }
        if name == "lulu.pcap.bz2" {
            // Wireshark, which made the list, does not unpack it.
            frames = 119;
        }
        let (_, facts) = frames_of(&folder.join(&name)).unwrap();
        assert_eq!(facts.frames, frames, "{name}");
        read += 1;
    }
    assert!(read >= 35, "only {read} files were read");
}

#[test]
fn every_container_gives_the_same_frames() {
    let Some(folder) = folder() else { return };
    let (reference, _) = frames_of(&folder.join("lulu-be-us.pcap")).unwrap();
    assert_eq!(reference.len(), 119);
    for (name, format, compression) in [
        ("lulu-modpcap.pcap", "pcap", None),
        ("lulu-rh61.pcap", "pcap", None),
        ("lulu-suse63.pcap", "pcap", None),
        ("lulu-editcap.pcapng", "pcapng", None),
        ("lulu-netmon2.cap", "netmon2", None),
        ("lulu.snoop", "snoop", None),
        ("lulu.pcap.gz", "pcap", Some("gzip")),
        ("lulu.pcap.bz2", "pcap", Some("bzip2")),
        ("lulu.pcap.zst", "pcap", Some("zstd")),
        ("lulu.pcap.lz4", "pcap", Some("lz4")),
    ] {
        let (frames, facts) = frames_of(&folder.join(name)).unwrap();
        assert_eq!((facts.format, facts.compression), (format, compression), "{name}");
        assert!(frames == reference, "{name}: other frames or times");
    }
}

/// A stream cannot seek, and a name tells nothing.
#[test]
fn a_stream_gives_the_same_as_a_file() {
    let Some(folder) = folder() else { return };
    for name in ["lulu-netmon2.cap", "lulu.snoop", "lulu.pcap.zst"] {
        let path = folder.join(name);
        let stream = Box::new(Cursor::new(fs::read(&path).unwrap()));
        let (frames, facts) = drain(capture::read(stream, "-", 0).unwrap());
        assert!(frames == frames_of(&path).unwrap().0, "{name}");
        assert_eq!(facts.notes, frames_of(&path).unwrap().1.notes, "{name}");
    }
}

#[test]
fn what_is_not_read_is_named_in_one_line() {
    let Some(folder) = folder() else { return };
    for (name, words) in [
        ("lulu-5views.5vw", "Accellent 5Views"),
        ("lulu-commview.ncf", "CommView"),
        ("lulu-lanalyzer.tr1", "LANalyzer"),
        ("lulu-netxray11.cap", "NetXRay"),
        ("lulu-sniffer.enc", "Sniffer for DOS"),
        ("lulu-sniffer200x.cap", "Sniffer for Windows"),
        ("lulu-visual.cap", "Visual Networks"),
        ("lulu.k12text.txt", "K12"),
    ] {
        let message = frames_of(&folder.join(name)).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
        assert!(message.contains("`editcap -F pcapng IN OUT`"), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
    let empty = frames_of(&folder.join("zero-length.pcap")).unwrap_err().to_string();
    assert!(empty.ends_with("the file is empty"), "{empty}");
    let short = frames_of(&folder.join("lulu-short-header.pcap")).unwrap_err().to_string();
    assert!(short.contains("cut off inside the file header"), "{short}");
}

/// Compressed files cut anywhere give what stands before the cut, and say so.
#[test]
fn cut_compressed_files_keep_what_was_unpacked() {
    let Some(folder) = folder() else { return };
    let (reference, _) = frames_of(&folder.join("lulu-be-us.pcap")).unwrap();
    for name in ["lulu.pcap.gz", "lulu.pcap.bz2", "lulu.pcap.zst", "lulu.pcap.lz4"] {
        let file = fs::read(folder.join(name)).unwrap();
        for cut in (9..file.len()).step_by(97) {
            let stream = Box::new(Cursor::new(file[..cut].to_vec()));
            let Ok(source) = capture::read(stream, name, 0) else { continue };
            let (frames, facts) = drain(source);
            assert!(reference.starts_with(&frames), "{name} cut at {cut}");
            assert_eq!(facts.notes[0].code, "cut-short", "{name} cut at {cut}");
        }
        if name.ends_with("gz") {
            let half = Box::new(Cursor::new(file[..file.len() / 2].to_vec()));
            let (frames, facts) = drain(capture::read(half, name, 0).unwrap());
            assert!(frames.len() > 30, "{} frames of half the file", frames.len());
            assert!(facts.notes[0].text.contains("gzip data are cut or damaged"));
        }
    }
}
