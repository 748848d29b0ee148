//! The command `live` as a service and as a tool at a prompt: rights given up, files kept, metrics served,
//! signals obeyed, mistakes told in one line.
#![cfg(all(have_libpcap, target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // Tests have a clock, to end in time.

#[path = "support/live.rs"]
mod live;
#[path = "support/namespace.rs"]
mod namespace;

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStderr;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use live::PROGRAM;
use live::Program;
use live::SAME_USER;
use live::SETTLED;
use live::asked;
use live::recording;
use live::replay;
use live::wait_for;
use namespace::inside;
use namespace::inside_as;
use namespace::ip;
use nix::sys::signal::Signal;

/// A folder of one test's own, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, mode: u32) -> Self {
        let path = std::env::temp_dir().join(format!("pptp-diag-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs `body` as the real root in a network namespace: there must be another user to become.
fn as_root(test: &str, body: impl FnOnce()) {
    if nix::unistd::geteuid().is_root() {
        inside_as(test, &["--net"], body);
    } else {
        println!("skipped: this needs root");
    }
}

/// No rights are left, and no way to get some.
fn is_confined(program: &Program, user: &str) {
    assert_eq!(program.status("Uid"), [user; 4].join("\t"));
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(program.status(set).trim_start_matches('0'), "", "{set}");
    }
    assert_eq!(program.status("NoNewPrivs"), "1");
    if program.said("seccomp") {
        println!("not tested: no seccomp here");
    } else {
        assert_eq!(program.status("Seccomp"), "2");
    }
}

#[test]
fn root_becomes_nobody_who_keeps_the_packets() {
    as_root("root_becomes_nobody_who_keeps_the_packets", || {
        let folder = Folder::new("live-keeps", 0o777);
        let (kept, report) = (folder.file("kept.pcapng"), folder.file("report"));
        let program = Program::listens(&["-i", "pdv0", "--write", &kept, "-o", &report]);
        is_confined(&program, NOBODY);
        replay("pdv1", &recording("recorded-wrong-password.pcap", 1));
        let found = program.tells("the finding", |line| line.contains("FAULT PD4001"));
        assert!(found.contains("kept.pcapng frame"), "{found}");
        let ended = program.end();
        assert_eq!(ended.status, Some(1), "{:?}", ended.err);
        for path in [&kept, &report] {
            assert_eq!(fs::metadata(path).unwrap().uid().to_string(), NOBODY, "{path}");
        }
        let again = Command::new(PROGRAM).arg(&kept).output().unwrap();
        let again = String::from_utf8(again.stdout).unwrap();
        let report = fs::read_to_string(&report).unwrap();
        assert!(again.contains("PD4001") && report.contains("PD4001"), "{again}{report}");
        let left = fs::read_dir(&folder.0).unwrap().count();
        assert_eq!(left, 2, "nothing else is left");
    });
}

#[test]
fn a_place_where_nobody_may_write_is_refused_at_once() {
    as_root("a_place_where_nobody_may_write_is_refused_at_once", || {
        let folder = Folder::new("live-closed", 0o700);
        for option in ["--write", "-o"] {
            let told = refused(&["-i", "pdv0", option, &folder.file("file.pcapng")]);
            assert!(told.contains("file.pcapng") && told.contains("as nobody"), "{told}");
            assert!(told.contains("--user"), "{told}");
        }
        // Root may, if it insists.
        let file = folder.file("file.pcapng");
        let program = Program::listens(&["-i", "pdv0", "--write", &file, "--user", "root"]);
        assert_eq!(program.status("Uid"), "0\t0\t0\t0");
        assert_eq!(program.end().status, Some(0));
        assert_eq!(fs::metadata(&file).unwrap().uid(), 0);
    });
}

#[test]
fn a_user_with_the_one_capability_needs_nothing_else() {
    as_root("a_user_with_the_one_capability_needs_nothing_else", || {
        let folder = Folder::new("live-ambient", 0o755);
        let program = for_everybody(&folder);
        let user = |more: &[&str]| {
            let mut command = Command::new("setpriv");
            command.args([&format!("--reuid={NOBODY}"), "--regid=65534", "--clear-groups"]);
            command.args(more).args([&program, "live", "-i", "pdv0", "-f", "ndjson"]);
            command
        };
        if !user(&["--no-new-privs"]).output().is_ok_and(|o| o.status.code() == Some(2)) {
            println!("skipped: no setpriv");
            return;
        }
        let without = user(&["--no-new-privs"]).output().unwrap();
        let told = one_line(&without.stderr);
        assert!(told.contains("no permission to listen") && told.contains("setcap"), "{told}");
        let running = Program::starts(user(&["--inh-caps=+net_raw", "--ambient-caps=+net_raw"]));
        is_confined(&running, NOBODY);
        replay("pdv1", &recording("gre-icmp-rejected.pcap", 1));
        running.tells("the finding", |line| line.contains("\"found\""));
        assert_eq!(running.end().status, Some(1));
    });
}

/// The program where every user may run it.
fn for_everybody(folder: &Folder) -> String {
    let path = folder.file("pptp-diag");
    if fs::hard_link(PROGRAM, &path).is_err() {
        fs::copy(PROGRAM, &path).unwrap();
    }
    path
}

#[test]
fn metrics_and_health_follow_the_interface() {
    inside("metrics_and_health_follow_the_interface", || {
        ip("link set lo up");
        let arguments = ["-i", "pdv0", "--metrics", "9723"];
        let program = Program::listens_as_it_is(&arguments);
        assert!(program.said("metrics at http://127.0.0.1:9723/metrics"));
        let healthy =
            |status: &str| asked(9723, "/healthz").starts_with(&format!("HTTP/1.1 {status} "));
        wait_for("health", || healthy("200"));
        replay("pdv1", &recording("recorded-wrong-password.pcap", 1));
        let metric = |line: &str| asked(9723, "/metrics").lines().any(|l| l == line);
        wait_for("the finding is counted", || {
            metric("pptp_diag_findings_total{rule=\"PD4001\"} 1")
        });
        let count = recording("recorded-wrong-password.pcap", 1).len();
        let received = asked(9723, "/metrics");
        let received =
            received.lines().find_map(|l| l.strip_prefix("pptp_diag_frames_received_total "));
        assert!(received.unwrap().parse::<usize>().unwrap() <= count);
        assert!(metric("pptp_diag_frames_dropped_total{by=\"kernel\"} 0"));
        ip("link set pdv0 down");
        program.tells("it is down", |line| line.contains("pdv0 is down or gone"));
        wait_for("no health", || healthy("503") && metric("pptp_diag_capturing 0"));
        ip("link set pdv0 up");
        program.tells("it is up", |line| line.contains("pdv0 is up again"));
        wait_for("health again", || healthy("200") && metric("pptp_diag_capturing 1"));
        let ended = program.end();
        assert_eq!(ended.status, Some(1));
        let report = ended.out.join("\n");
        assert!(report.contains("the interface was down once"), "{report}");
    });
}

#[test]
fn signals_time_and_count_end_it_with_the_report() {
    inside("signals_time_and_count_end_it_with_the_report", || {
        let listens = |more: &[&str]| Program::listens_as_it_is(&[&["-i", "pdv0"], more].concat());
        let frames = recording("gre-icmp-rejected.pcap", 1);
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            let program = listens(&[]);
            program.signal(signal);
            let ended = program.ends();
            assert_eq!(ended.status, Some(0), "{signal}: {:?}", ended.err);
            assert!(ended.out.iter().any(|l| l.starts_with("pptp-diag ")), "{:?}", ended.out);
        }
        let begun = Instant::now();
        let program = listens(&["--duration", "1s"]);
        replay("pdv1", &frames);
        assert_eq!(program.ends().status, Some(1));
        assert!((1..4).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
        let program = listens(&["--count", "5", "-f", "json"]);
        replay("pdv1", &frames);
        let report: serde_json::Value =
            serde_json::from_str(&program.ends().out.join("\n")).unwrap();
        assert_eq!(report["captures"][0]["frames"], 5);
    });
}

/// Starts the program without reading what it prints, and waits until it listens. Gives what else it says.
fn unread(arguments: &[&str]) -> (Child, BufReader<ChildStderr>) {
    let mut program = Command::new(PROGRAM)
        .args(["live", "-i", "pdv0"])
        .args(arguments)
        .args(SAME_USER)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(program.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("listening"), "{line}");
    (program, said)
}

#[test]
fn a_second_signal_leaves_at_once() {
    inside("a_second_signal_leaves_at_once", || {
        // Nobody reads the report, which is larger than a pipe.
        let (mut program, said) = unread(&["-f", "json", "-v"]);
        let drain = thread::spawn(move || said.lines().count());
        replay("pdv1", &recording("password-spray.pcap", 20));
        thread::sleep(SETTLED);
        let process = nix::unistd::Pid::from_raw(program.id().try_into().unwrap());
        let signal = || nix::sys::signal::kill(process, Signal::SIGINT).unwrap();
        signal();
        thread::sleep(Duration::from_millis(500));
        assert_eq!(program.try_wait().unwrap(), None, "the report fits into a pipe");
        signal();
        let mut status = None;
        wait_for("it leaves", || {
            status = program.try_wait().unwrap();
            status.is_some()
        });
        assert_eq!(status.unwrap().signal(), Some(2));
        drain.join().unwrap();
    });
}

#[test]
fn a_reader_who_has_seen_enough_ends_it_quietly() {
    inside("a_reader_who_has_seen_enough_ends_it_quietly", || {
        for format in ["ndjson", "text"] {
            let (mut program, mut said) = unread(&["-f", format]);
            replay("pdv1", &recording("gre-icmp-rejected.pcap", 1));
            let mut first = String::new();
            let mut out = BufReader::new(program.stdout.take().unwrap());
            out.read_line(&mut first).unwrap();
            assert!(first.contains("begin") || first.contains("began"), "{first}");
            drop(out);
            replay("pdv1", &recording("recorded-wrong-password.pcap", 1));
            wait_for("it ends", || program.try_wait().unwrap().is_some());
            assert_eq!(program.wait().unwrap().code(), Some(0));
            let mut rest = String::new();
            said.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "");
        }
    });
}

#[test]
fn mistakes_are_one_line() {
    inside("mistakes_are_one_line", || {
        for (arguments, words) in [
            (&["-i", "pvd0"][..], "pvd0: no such interface, did you mean pdv0?"),
            (&["-i", "pdv0", "--filter", "prot 47"], "filter \"prot 47\""),
            (&["-i", "pdv0", "--metrics", "192.0.2.99:9723"], "192.0.2.99:9723"),
            (&["-i", "pdv0", "--write", "/nowhere/x.pcapng", "--user", "root"], "/nowhere"),
            (&["-i", "pdv0", "--max-memory", "1M"], "--max-memory: at least 16M"),
            // The only user there is, in a user namespace.
            (&["-i", "pdv0", "--user", "daemon"], "--user root stays root"),
        ] {
            let told = refused(arguments);
            assert!(told.contains(words), "{told}");
        }
        ip("link set pdv0 down");
        assert!(refused(&["-i", "pdv0"]).contains("ip link set pdv0 up"));
    });
}

/// What is said where `live` does not begin.
fn refused(arguments: &[&str]) -> String {
    let begun = Instant::now();
    let done = Command::new(PROGRAM).arg("live").args(arguments).stdin(Stdio::null()).output();
    let done = done.unwrap();
    assert_eq!(done.status.code(), Some(2), "{arguments:?}");
    assert!(begun.elapsed() < Duration::from_secs(5) && done.stdout.is_empty());
    one_line(&done.stderr)
}

fn one_line(text: &[u8]) -> String {
    let text = std::str::from_utf8(text).unwrap();
    assert!(text.starts_with("pptp-diag: ") && text.lines().count() == 1, "{text}");
    text.to_owned()
}

/// The unit for systemd is where packages look for it; `systemd-analyze` reads it where it is installed.
#[test]
fn the_systemd_unit_is_sound() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/systemd/pptp-diag@.service");
    let text = fs::read_to_string(&unit).unwrap();
    for line in ["AmbientCapabilities=CAP_NET_RAW", "NoNewPrivileges=yes", "MemoryMax="] {
        assert!(text.lines().any(|l| l.starts_with(line)), "no {line}");
    }
    // What it calls is what the program takes.
    let call = text.replace("\\\n", " ");
    let call = call.lines().find_map(|l| l.strip_prefix("ExecStart=")).unwrap();
    let arguments: Vec<&str> = call.split_whitespace().skip(1).collect();
    let folder = Folder::new("live-unit", 0o755);
    let place = |a: &&str| {
        a.replace("/var/lib/pptp-diag/%i", folder.0.to_str().unwrap()).replace("%i", "no-such0")
    };
    let arguments: Vec<String> = arguments.iter().map(place).collect();
    let done = Command::new(PROGRAM).args(&arguments).output().unwrap();
    let told = one_line(&done.stderr);
    assert!(told.contains("no-such0: no such interface"), "{told}");
    // The check wants the program to exist.
    let here = folder.file("pptp-diag@pdv0.service");
    fs::write(&here, text.replace("/usr/bin/pptp-diag", PROGRAM)).unwrap();
    match Command::new("systemd-analyze").args(["verify", "--man=no", &here]).output() {
        Ok(done) => {
            let told = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success() && !told.contains("pptp-diag@"), "{told}");
        }
        Err(_) => println!("not tested: no systemd-analyze"),
    }
}

const NOBODY: &str = "65534";
