//! The command `live`, the real program on real interfaces: what it tells is what the same packets in a file
//! tell, whatever else passes by.
#![cfg(all(have_libpcap, target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // Tests have a clock, to end in time.

#[path = "support/live.rs"]
mod live;
#[path = "support/namespace.rs"]
mod namespace;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use live::Program;
use live::SETTLED;
use live::analysed;
use live::file;
use live::recording;
use live::replay;
use live::sender;
use live::verdicts;
use namespace::inside;
use namespace::ip;
use serde_json::Value;

fn report(lines: &[String]) -> Value {
    serde_json::from_str(&lines.join("\n")).unwrap()
}

#[test]
fn a_recording_on_the_wire_gives_the_findings_of_the_file() {
    inside("a_recording_on_the_wire_gives_the_findings_of_the_file", || {
        // Sample, how much faster than it was.
        let samples = [
            ("recorded-race.pcap", 1),
            ("recorded-healthy.pcap", 1),
            ("recorded-wrong-password.pcap", 1),
            ("gre-icmp-rejected.pcap", 1),
            ("error5-race.pcap", 3),
            ("password-spray.pcap", 3),
        ];
        thread::scope(|scope| {
            for (n, (name, faster)) in samples.into_iter().enumerate() {
                scope.spawn(move || as_the_file(n, name, faster));
            }
        });
    });
}

fn as_the_file(n: usize, name: &str, faster: u32) {
    let (here, there) = (format!("here{n}"), format!("there{n}"));
    ip(&format!("link add {here} type veth peer name {there}"));
    ip(&format!("link set {here} up"));
    ip(&format!("link set {there} up"));
    let frames = recording(name, faster);
    let program = Program::listens_as_it_is(&["-i", &here, "-f", "json"]);
    replay(&there, &frames);
    thread::sleep(SETTLED);
    let ended = program.end();
    let told = verdicts(&report(&ended.out));
    let path = std::env::temp_dir().join(format!("pptp-diag-{}-{name}", std::process::id()));
    fs::write(&path, file(&frames)).unwrap();
    let expected = verdicts(&analysed(&path));
    fs::remove_file(&path).unwrap();
    assert_eq!(told, expected, "{name}: {:?}", ended.err);
    println!("{name}: {} {told:?}", ended.status.unwrap());
    let fault = told.iter().any(|line| line.contains("failed"));
    assert_eq!(ended.status, Some(i32::from(fault)), "{name}");
}

#[test]
fn every_line_of_ndjson_is_an_object_that_the_schema_describes() {
    inside("every_line_of_ndjson_is_an_object_that_the_schema_describes", || {
        let program = Program::listens_as_it_is(&["-i", "pdv0", "-f", "ndjson"]);
        replay("pdv1", &recording("password-spray.pcap", 6));
        thread::sleep(SETTLED);
        ip("link set pdv0 down");
        program.tells("the interface is down", |line| line.contains("interface-down"));
        let ended = program.end();
        let printed = Command::new(live::PROGRAM).args(["schema", "--events"]).output().unwrap();
        let schema: Value = serde_json::from_slice(&printed.stdout).unwrap();
        let of_event = &schema["$defs"]["Event"];
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for line in &ended.out {
            let line: Value = serde_json::from_str(line).unwrap();
            let kind = line["type"].as_str().unwrap();
            if kind != "event" {
                *seen.entry(kind.to_owned()).or_default() += 1;
                continue;
            }
            let event = line["event"].as_str().unwrap();
            *seen.entry(event.to_owned()).or_default() += 1;
            let ways = of_event["oneOf"].as_array().unwrap();
            let way = ways.iter().find(|w| w["properties"]["event"]["const"] == event).unwrap();
            for name in line.as_object().unwrap().keys().filter(|name| *name != "type") {
                let known = [of_event, way].iter().any(|s| s["properties"].get(name).is_some());
                assert!(known, "{name}: {line}");
            }
            for name in [of_event, way].iter().flat_map(|s| s["required"].as_array().unwrap()) {
                assert!(line.get(name.as_str().unwrap()).is_some(), "no {name}: {line}");
            }
        }
        println!("{seen:?}");
        let all = ["began", "reached", "found", "ended", "note"];
        assert!(all.iter().all(|kind| seen.contains_key(*kind)), "{seen:?}");
        assert_eq!((seen["conversation"], seen["capture"], seen["summary"]), (10, 1, 1));
    });
}

#[test]
fn a_flood_beside_it_changes_nothing() {
    inside("a_flood_beside_it_changes_nothing", || {
        let program = Program::listens_as_it_is(&["-i", "pdv0", "-f", "json"]);
        let frames = recording("recorded-healthy.pcap", 1);
        let flood = thread::spawn(|| {
            let mut out = sender("pdv1");
            let kinds =
                [unrelated(17, 53), unrelated(17, 4500), unrelated(6, 80), unrelated(6, 443)];
            for n in 0..FLOOD {
                out.sendpacket(&kinds[n % kinds.len()][..]).unwrap();
                // Not all before the recording has begun.
                if n % 1000 == 0 {
                    thread::sleep(Duration::from_millis(10));
                }
            }
        });
        replay("pdv1", &frames);
        flood.join().unwrap();
        thread::sleep(SETTLED);
        let ended = program.end();
        let told = report(&ended.out);
        let notes = told["notes"].to_string() + &told["captures"].to_string();
        assert!(!notes.contains("dropped"), "{notes}");
        assert!(told["captures"][0]["frames"].as_u64().unwrap() <= 54, "{notes}");
        assert!(verdicts(&told)[0].contains("connected"), "{told}");
        assert_eq!((verdicts(&told).len(), ended.status), (2, Some(0)), "{:?}", ended.err);
    });
}

#[test]
fn memory_stays_within_its_ceiling_and_the_program_goes_on() {
    inside("memory_stays_within_its_ceiling_and_the_program_goes_on", || {
        let arguments = ["-i", "pdv0", "-f", "ndjson", "--max-memory", "32M", "--buffer", "2M"];
        let program = Program::listens_as_it_is(&arguments);
        // The program itself, its libraries and the buffer of the kernel, which is mapped.
        let before = program.octets("VmRSS");
        let mut out = sender("pdv1");
        let mut random = Random(1);
        for n in 0..HOSTILE {
            out.sendpacket(&foreign(n, &mut random)[..]).unwrap();
            // A test shares the machine with others.
            if n % 1000 == 0 {
                thread::sleep(Duration::from_millis(5));
            }
        }
        thread::sleep(SETTLED);
        replay("pdv1", &recording("recorded-wrong-password.pcap", 1));
        thread::sleep(SETTLED);
        let grown = program.octets("VmHWM") - before;
        println!("{} KB at the start, then {} KB more", before / 1024, grown / 1024);
        assert!(grown < CEILING + PIECES, "{grown} octets");
        let ended = program.end();
        let lines: Vec<Value> =
            ended.out.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(lines.iter().any(|l| l["code"] == "memory"), "nothing is told of it");
        let summary = lines.last().unwrap();
        assert!(summary["notes"].to_string().contains("conversations-evicted"), "{summary}");
        println!("{} conversations", summary["conversations"]);
        let real =
            |l: &&Value| l["type"] == "conversation" && l["client"]["address"] == "192.0.2.10";
        let real: Vec<&Value> = lines.iter().filter(real).collect();
        assert!(matches!(&real[..], [c] if c["primary"] == "PD4001"), "{real:?}");
        assert_eq!(ended.status, Some(1), "{:?}", ended.err);
    });
}

/// A SYN, a Start-Control-Connection-Request or a GRE packet from somewhere to a PPTP server.
fn foreign(n: u32, random: &mut Random) -> Vec<u8> {
    let noise = random.next().to_be_bytes();
    let (protocol, length) = match n % 3 {
        0 => (6, 40),
        1 => (6, 40 + 156),
        _ => (47, 20 + 12 + 20),
    };
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend([0x45, 0, 0, length, noise[4], noise[5], 0x40, 0, 64, protocol, 0, 0]);
    frame.extend([100 + noise[0] % 8, noise[1], noise[2], noise[3], 198, 51, 100, 9]);
    if protocol == 6 {
        let flags = if length == 40 { 0x02 } else { 0x18 };
        frame.extend([noise[4] | 4, noise[5], 0x06, 0xBB]);
        frame.extend(&noise[4..]);
        frame.extend([0, 0, 0, 0, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        if length > 40 {
            let mut message = vec![0, 156, 0, 1, 0x1A, 0x2B, 0x3C, 0x4D, 0, 1, 0, 0, 1, 0, 0, 0];
            message.resize(156, noise[6]);
            frame.extend(message);
        }
    } else {
        // Key and sequence number (RFC 2637 §4.1); 20 octets of PPP that look encrypted.
        frame.extend([0x30, 0x01, 0x88, 0x0B, 0, 20, noise[6], noise[7], 0, 0, 0, 1]);
        frame.extend([0, 0xFD, 0x90, 1]);
        frame.extend([noise, noise].concat());
    }
    frame.resize(frame.len().max(60), 0);
    frame
}

/// Numbers that look random and are always the same (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }
}

/// An Ethernet frame of TCP or UDP to a port that has nothing to do with PPTP.
fn unrelated(protocol: u8, port: u16) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend([0x45, 0, 0, 186, 0, 7, 0x40, 0, 64, protocol, 0, 0]);
    frame.extend([192, 0, 2, 1, 198, 51, 100, 2, 0xC0, 0]);
    frame.extend(port.to_be_bytes());
    frame.extend([0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10]);
    frame.resize(200, 1);
    frame
}

const FLOOD: usize = 200_000;
const HOSTILE: u32 = 200_000;
/// What `--max-memory 32M` allows.
const CEILING: u64 = 32 << 20;
/// What an allocator holds besides what is in use, and the pages of the program that were not read before.
const PIECES: u64 = 16 << 20;
