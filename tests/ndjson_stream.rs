//! ndjson is a stream: a conversation is told as soon as it is over, and what is told so is what a report at
//! the end tells.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

/// A folder of this test's own, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pptp-diag-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The first records of samples, each moved to the given second, behind one file header.
fn capture(parts: &[(&str, u32, usize)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, second, records) in parts {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
        let bytes = fs::read(path).unwrap();
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((word(0), word(20)), (0xA1B2_C3D4, 1), "{name}: microseconds, Ethernet");
        if out.is_empty() {
            out.extend_from_slice(&bytes[..24]);
        }
        let (mut at, first) = (24, word(24));
        for _ in 0..*records {
            if at == bytes.len() {
                break;
            }
            let end = at + 16 + word(at + 8) as usize;
            out.extend_from_slice(&(word(at) - first + second).to_le_bytes());
            out.extend_from_slice(&bytes[at + 4..end]);
            at = end;
        }
    }
    out
}

/// The end of 1 is not seen; 2 begins later and ends; 3 begins after that.
fn three() -> Vec<u8> {
    capture(&[
        ("recorded-gre-blocked.pcap", 1_000_000, 10),
        ("recorded-healthy.pcap", 1_000_060, ALL),
        ("recorded-slow-healthy.pcap", 1_000_400, ALL),
    ])
}

fn start(folder: &Folder, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pptp-diag"))
        .current_dir(&folder.0)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What is printed where all of standard input is there at once.
fn printed(folder: &Folder, arguments: &[&str], input: &[u8]) -> String {
    let mut child = start(folder, arguments);
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.code().unwrap() < 2, "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn a_conversation_is_told_before_the_capture_ends() {
    let folder = Folder::new("stream-pipe");
    let first = capture(&[("recorded-healthy.pcap", 1_000_000, ALL)]);
    let all = capture(&[
        ("recorded-healthy.pcap", 1_000_000, ALL),
        ("recorded-slow-healthy.pcap", 1_000_200, ALL),
    ]);
    // Cut in the middle of a record: of the second conversation a few frames are there.
    let (early, late) = all.split_at(first.len() + 500);

    let mut child = start(&folder, &["-f", "ndjson", "-"]);
    let mut input = child.stdin.take().unwrap();
    input.write_all(early).unwrap();
    input.flush().unwrap();
    let (send, told) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        for line in out.lines() {
            send.send(line.unwrap()).unwrap();
        }
    });
    let line = told.recv_timeout(Duration::from_secs(60)).expect("nothing is told in time");
    let one: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&one["type"], &one["id"]), (&"conversation".into(), &1.into()));
    assert!(told.try_recv().is_err(), "more is told than is over");

    input.write_all(late).unwrap();
    drop(input);
    reader.join().unwrap();
    assert!(child.wait().unwrap().success());
    let whole: Vec<String> = std::iter::once(line).chain(told.iter()).collect();
    assert_eq!(whole.join("\n") + "\n", printed(&folder, &["-f", "ndjson", "-"], &all));
}

#[test]
fn a_stream_says_what_a_report_at_the_end_says() {
    let folder = Folder::new("stream-same");
    let input = three();
    let stream = printed(&folder, &["-f", "ndjson", "-v", "-"], &input);
    let told = lines(&stream);
    let kinds: Vec<&str> = told.iter().map(|l| l["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["conversation", "conversation", "conversation", "capture", "summary"]);
    let numbers: Vec<u64> = told[..3].iter().map(|l| l["id"].as_u64().unwrap()).collect();
    // As they ended; then, by number, those that the end of the capture cut off.
    assert_eq!(numbers, [2, 1, 3]);
    // A choice is made when all is known, so this one is written at the end.
    let chosen = ["-f", "ndjson", "-v", "--conversation", "1,2,3", "-"];
    assert_eq!(stream, printed(&folder, &chosen, &input));

    let json: Value =
        serde_json::from_str(&printed(&folder, &["-f", "json", "-v", "-"], &input)).unwrap();
    for line in &told[..3] {
        let mut line = line.clone();
        line.as_object_mut().unwrap().remove("type");
        let number = usize::try_from(line["id"].as_u64().unwrap()).unwrap();
        assert_eq!(line, json["conversations"][number - 1]);
    }
    for (key, value) in json["summary"].as_object().unwrap() {
        assert_eq!(&told[4][key], value, "{key}");
    }
}

#[test]
fn redacted_it_is_told_at_the_end_and_names_agree() {
    let folder = Folder::new("stream-redact");
    let told = lines(&printed(&folder, &["-f", "ndjson", "--redact", "-"], &three()));
    let user = |n: usize| told[n]["calls"][0]["authentication"]["user"].as_str().unwrap();
    assert_eq!(told[0]["id"], 2);
    // One user, one client, one server in both of the healthy recordings.
    assert_eq!(user(0), user(2));
    assert!(user(0).starts_with("user-"));
    assert_eq!(told[0]["server"]["address"], told[2]["server"]["address"]);
}

#[test]
fn a_file_is_there_when_it_is_whole() {
    let folder = Folder::new("stream-file");
    let input = three();
    let printed_too = printed(&folder, &["-f", "ndjson", "-"], &input);
    let (early, late) = input.split_at(input.len() - 40);
    let mut child = start(&folder, &["-f", "ndjson", "-o", "report.ndjson", "-"]);
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(early).unwrap();
    assert!(!folder.names().contains(&"report.ndjson".to_owned()));
    pipe.write_all(late).unwrap();
    drop(pipe);
    assert!(child.wait_with_output().unwrap().stdout.is_empty());
    assert_eq!(folder.names(), ["report.ndjson"]);
    assert_eq!(fs::read_to_string(folder.0.join("report.ndjson")).unwrap(), printed_too);

    // What cannot be read leaves the old report, and nothing beside it.
    let mut child = start(&folder, &["-f", "ndjson", "-o", "report.ndjson", "-"]);
    child.stdin.take().unwrap().write_all(b"no capture at all").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert_eq!(folder.names(), ["report.ndjson"]);
    assert_eq!(fs::read_to_string(folder.0.join("report.ndjson")).unwrap(), printed_too);
}

/// More records than any sample has.
const ALL: usize = 1_000_000;
