//! The command `live` as a process of its own, and frames for it to hear.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use libpcap::Active;
use libpcap::Capture;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use pptp_diag::capture;
use serde_json::Value;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_pptp-diag");

/// A running program. What it prints is read all the time.
pub struct Program {
    child: Running,
    out: Heard,
    err: Heard,
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What became of it.
#[derive(Debug)]
pub struct Ended {
    pub status: Option<i32>,
    pub out: Vec<String>,
    pub err: Vec<String>,
}

/// Lines of one stream.
struct Heard {
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Heard {
    fn new(stream: impl Read + Send + 'static) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&lines);
        let reader = thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                into.lock().unwrap().push(line.unwrap());
            }
        });
        Self { lines, reader }
    }

    fn all(self) -> Vec<String> {
        self.reader.join().unwrap();
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

impl Program {
    /// Starts `pptp-diag live` with these arguments, and waits until it listens.
    pub fn listens(arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("live").args(arguments);
        Self::starts(command)
    }

    /// The same in a user namespace, where there is no other user to become.
    pub fn listens_as_it_is(arguments: &[&str]) -> Self {
        Self::listens(&[arguments, &SAME_USER].concat())
    }

    /// Starts any command that becomes the program, and waits until it listens.
    pub fn starts(mut command: Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = Heard::new(child.stdout.take().unwrap());
        let err = Heard::new(child.stderr.take().unwrap());
        let program = Self { child: Running(child), out, err };
        wait_for("the program listens", || program.said("listening on"));
        program
    }

    /// Whether a line of standard error has these words.
    pub fn said(&self, words: &str) -> bool {
        self.err.lines.lock().unwrap().iter().any(|line| line.contains(words))
    }

    /// Waits for a line of standard output for which this holds.
    pub fn tells(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let found = || self.out.lines.lock().unwrap().iter().find(|line| wanted(line)).cloned();
        wait_for(what, || found().is_some());
        found().unwrap()
    }

    /// What Linux says of it in a file of `/proc`.
    pub fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.0.id())).unwrap()
    }

    /// A line of its status without the name in front.
    pub fn status(&self, name: &str) -> String {
        let all = self.proc("status");
        let line = all.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_else(|| panic!("{name}: {all}")).trim().to_owned()
    }

    /// A size of its status in octets.
    pub fn octets(&self, name: &str) -> u64 {
        let text = self.status(name);
        text.strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
    }

    pub fn signal(&self, signal: Signal) {
        nix::sys::signal::kill(Pid::from_raw(self.child.0.id().try_into().unwrap()), signal)
            .unwrap();
    }

    /// Asks for the end, as Ctrl-C does, and waits for it.
    pub fn end(self) -> Ended {
        self.signal(Signal::SIGINT);
        self.ends()
    }

    /// Waits for the end.
    pub fn ends(mut self) -> Ended {
        let mut status = None;
        wait_for("the program ends", || {
            status = self.child.0.try_wait().unwrap();
            status.is_some()
        });
        let status = status.and_then(|s| s.code());
        Ended { status, out: self.out.all(), err: self.err.all() }
    }
}

/// A frame and when it is sent, counted from the first one.
#[derive(Clone, Debug)]
pub struct Timed {
    pub after: Duration,
    pub octets: Vec<u8>,
}

/// The frames of a sample, each at its time divided by `faster`.
pub fn recording(name: &str, faster: u32) -> Vec<Timed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name);
    let mut source = capture::open(&path, 0).unwrap();
    let mut frames: Vec<Timed> = Vec::new();
    let mut first = None;
    while let Some(frame) = source.next_frame().unwrap() {
        let since = frame.at - *first.get_or_insert(frame.at);
        let after = Duration::from_nanos(since.0.try_into().unwrap()) / faster;
        frames.push(Timed { after, octets: frame.data.to_vec() });
    }
    frames
}

/// The same as a capture file, for a comparison.
pub fn file(frames: &[Timed]) -> Vec<u8> {
    let mut out = Vec::new();
    let header: [u32; 6] = [0xA1B2_3C4D, 0x0004_0002, 0, 0, 65_535, 1];
    out.extend(header.iter().flat_map(|word| word.to_le_bytes()));
    for f in frames {
        let length = f.octets.len().try_into().unwrap();
        let seconds = 1_700_000_000 + u32::try_from(f.after.as_secs()).unwrap();
        let record: [u32; 4] = [seconds, f.after.subsec_nanos(), length, length];
        out.extend(record.iter().flat_map(|word| word.to_le_bytes()));
        out.extend(&f.octets);
    }
    out
}

/// Sends frames at their times.
pub fn replay(interface: &str, frames: &[Timed]) {
    let mut out = sender(interface);
    let begun = Instant::now();
    for f in frames {
        thread::sleep(f.after.saturating_sub(begun.elapsed()));
        out.sendpacket(&f.octets[..]).unwrap();
    }
}

pub fn sender(interface: &str) -> Capture<Active> {
    Capture::from_device(interface).unwrap().open().unwrap()
}

/// The answer to a request by HTTP, status line and all.
pub fn asked(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// What a report says went wrong: outcome, stage, root cause and findings of each conversation, and the
/// findings across conversations.
pub fn verdicts(report: &Value) -> Vec<String> {
    let rules = |findings: &Value| {
        let mut rules: Vec<String> =
            findings.as_array().unwrap().iter().map(|f| f["rule"].to_string()).collect();
        rules.sort();
        rules.join(" ")
    };
    let mut all: Vec<String> = report["conversations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| {
            let found = rules(&c["findings"]);
            format!("{} at {}, {}: {found}", c["outcome"], c["stage"], c["primary"])
        })
        .collect();
    all.push(rules(&report["findings"]));
    all
}

/// The report of a capture file.
pub fn analysed(path: &Path) -> Value {
    let done = Command::new(PROGRAM).args(["-f", "json"]).arg(path).output().unwrap();
    serde_json::from_slice(&done.stdout).unwrap()
}

/// Waits until it is so.
pub fn wait_for(what: &str, mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

pub const SAME_USER: [&str; 2] = ["--user", "root"];
/// After this the program has read what came.
pub const SETTLED: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(20);
