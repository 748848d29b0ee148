//! What a confined process can still do, and what not; that the program confines itself, and that its inputs
//! and outputs of every kind go on working.
//!
//! What cannot be undone happens in processes of its own: the test starts itself again, with a variable that says
//! so. Where the kernel or container lacks something, that is said and not tested.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods
)]

mod support;

use std::fs;
use std::fs::File;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use pptp_diag::confine;
use pptp_diag::confine::ConfineError;
use pptp_diag::confine::Enclosed;
use pptp_diag::confine::Fence;
use pptp_diag::confine::Level;
use pptp_diag::confine::Network;
use pptp_diag::confine::User;

/// Says in a process that was started by [`again`] which folder is its own.
const FOLDER: &str = "PPTP_DIAG_TEST_CONFINED_FOLDER";
const PROGRAM: &str = env!("CARGO_BIN_EXE_pptp-diag");

/// A folder of one test's own, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("pptp-diag-confine-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("out")).unwrap();
        fs::write(path.join("in"), "allowed").unwrap();
        fs::write(path.join("other"), "forbidden").unwrap();
        fs::set_permissions(path.join("out"), fs::Permissions::from_mode(0o777)).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Runs a shell command in the folder; `$P` is the program.
    fn shell(&self, command: &str) -> Output {
        Command::new("sh")
            .args(["-c", command])
            .current_dir(&self.0)
            .env("P", PROGRAM)
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs one of these tests again, alone, in a process of its own; returns what it printed.
fn again(test: &str, folder: &Folder) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(FOLDER, &folder.0)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    print!("{told}");
    told
}

/// The folder, in a process that [`again`] started.
fn given() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

fn fence(folder: &Path, network: Network) -> Fence {
    Fence {
        read: vec![folder.join("in"), folder.join("none")],
        write: vec![folder.join("out")],
        network,
    }
}

fn denied<T>(result: std::io::Result<T>) -> bool {
    result.is_err_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied)
}

#[test]
fn what_is_left() {
    let Some(folder) = given() else {
        again("what_is_left", &Folder::new("left"));
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let open = File::open(folder.join("other")).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let enclosed = confine::enclose(&fence(&folder, Network::None));
    println!("{enclosed:?}, {:?}", enclosed.note());
    outside_is_gone(&folder, enclosed);
    if enclosed.seccomp {
        assert!(denied(udp.send_to(b"x", "127.0.0.1:9")));
    }
    // What is allowed works all the same.
    assert_eq!(fs::read_to_string(folder.join("in")).unwrap(), "allowed");
    let (part, whole) = (folder.join("out/.part"), folder.join("out/whole"));
    fs::write(&whole, "old").unwrap();
    fs::write(&part, "new").unwrap();
    fs::rename(&part, &whole).unwrap();
    fs::remove_file(&whole).unwrap();
    // What was open stays open: files, and connections to a socket that listens.
    assert_eq!(std::io::read_to_string(open).unwrap(), "forbidden");
    let (mut accepted, _) = listener.accept().unwrap();
    caller.write_all(b"hello").unwrap();
    let mut hello = [0; 5];
    accepted.read_exact(&mut hello).unwrap();
    assert_eq!(&hello, b"hello");
    // Threads start, and are confined as well.
    let inside = std::thread::spawn(move || outside_is_gone(&folder, enclosed));
    inside.join().unwrap();
    UnixStream::pair().unwrap();
}

fn outside_is_gone(folder: &Path, enclosed: Enclosed) {
    if enclosed.landlock == Level::None {
        println!("skipped: no Landlock");
    } else {
        assert!(denied(File::open("/etc/passwd")));
        assert!(denied(File::open("/etc/shadow")));
        assert!(denied(File::open(folder.join("other"))));
        assert!(denied(fs::read_dir("/")));
        assert!(denied(File::options().write(true).open(folder.join("in"))));
        assert!(denied(File::create(folder.join("new"))));
        assert!(denied(fs::remove_file(folder.join("other"))));
        assert!(denied(fs::create_dir(folder.join("out/folder"))));
        assert!(denied(std::os::unix::fs::symlink("/etc", folder.join("out/link"))));
    }
    if enclosed.seccomp {
        assert!(denied(UdpSocket::bind("127.0.0.1:0").map(drop)));
        assert!(denied(TcpListener::bind("127.0.0.1:0").map(drop)));
        assert!(denied(TcpStream::connect("127.0.0.1:9").map(drop)));
        let mode = fs::Permissions::from_mode(0o777);
        assert!(denied(fs::set_permissions(folder.join("in"), mode)));
        assert!(denied(std::os::unix::fs::chown(folder.join("in"), Some(65534), None)));
        assert!(denied(std::os::unix::fs::chroot("/")));
        assert!(nix::unistd::setuid(nix::unistd::getuid()).is_err());
    } else {
        println!("skipped: no seccomp");
    }
    if enclosed.seccomp || enclosed.landlock != Level::None {
        assert!(denied(Command::new("/bin/sh").arg("-c").arg("true").spawn()));
    }
}

#[test]
fn with_network() {
    let Some(folder) = given() else {
        again("with_network", &Folder::new("network"));
        return;
    };
    let _ = confine::enclose(&fence(&folder, Network::All));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    TcpStream::connect(listener.local_addr().unwrap()).unwrap();
}

#[test]
fn interfaces_can_be_asked_for() {
    let Some(folder) = given() else {
        again("interfaces_can_be_asked_for", &Folder::new("interfaces"));
        return;
    };
    let enclosed = confine::enclose(&fence(&folder, Network::Interfaces));
    assert!(nix::ifaddrs::getifaddrs().unwrap().count() > 0);
    let first = nix::net::if_::if_nameindex().unwrap();
    assert!(first.iter().count() > 0);
    if enclosed.seccomp {
        assert!(denied(UdpSocket::bind("127.0.0.1:0").map(drop)));
        assert!(denied(TcpListener::bind("127.0.0.1:0").map(drop)));
        assert!(denied(TcpStream::connect("127.0.0.1:9").map(drop)));
        assert!(std::os::unix::net::UnixStream::connect(folder.join("none")).is_err());
    }
}

#[test]
fn root_is_gone_for_good() {
    let Some(folder) = given() else {
        again("root_is_gone_for_good", &Folder::new("user"));
        return;
    };
    let was_root = confine::is_root();
    let user = if was_root {
        User::default_for_root(None, None)
    } else {
        println!("not root: only capabilities are given up");
        User::named(&nix::unistd::getuid().to_string()).ok()
    };
    let Some(user) = user else {
        println!("skipped: no user nobody");
        return;
    };
    match confine::become_user(&user) {
        Ok(()) => {}
        Err(e @ ConfineError::Refused { .. }) => {
            println!("skipped: {e}");
            return;
        }
        Err(e) => panic!("{e}"),
    }
    let status = fs::read_to_string("/proc/thread-self/status").unwrap();
    let line = |name: &str| {
        status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_else(|| panic!("{name}"))
    };
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(line(set).trim().trim_start_matches('0'), "", "{set}");
    }
    assert_eq!(line("NoNewPrivs:").trim(), "1");
    let ids = line("Uid:").split_whitespace().all(|id| id == user.uid.to_string());
    assert!(ids && !confine::is_root());
    if was_root {
        assert_eq!(line("CapBnd:").trim().trim_start_matches('0'), "", "{status}");
        assert_eq!(line("Groups:").trim(), user.gid.to_string());
        assert!(File::open("/etc/shadow").is_err());
    }
    assert!(nix::unistd::setuid(nix::unistd::Uid::from_raw(0)).is_err());
    // A second time there is nothing left to give up.
    confine::become_user(&user).unwrap();
    confine::drop_capabilities().unwrap();
    let enclosed = confine::enclose(&fence(&folder, Network::None));
    outside_is_gone(&folder, enclosed);
    fs::write(folder.join("out/file"), "written").unwrap();
}

/// What each command prints begins so, and nothing else is said.
#[test]
fn inputs_and_outputs_of_every_kind() {
    let folder = Folder::new("kinds");
    let text = "use connect\nuse link\nuse chap user=alice password=secret\nuse network\n\
                +0.5 > data keys=1 noff count=5\n+0.1 < data keys=1 noff count=5\n";
    fs::write(folder.file("a.pcap"), support::scenario::capture(text, "tests/confine.rs", 1))
        .unwrap();
    fs::write(folder.file("secrets"), "alice secret\n").unwrap();
    std::os::unix::fs::symlink("../a.pcap", folder.file("out/link.pcap")).unwrap();
    std::os::unix::fs::symlink("out/target", folder.file("by-link")).unwrap();
    for (command, begins) in [
        ("$P a.pcap", "pptp-diag "),
        ("$P -v $PWD/out/link.pcap", "pptp-diag "),
        ("$P - < a.pcap", "pptp-diag "),
        ("cat a.pcap | $P -", "pptp-diag "),
        ("cat a.pcap | $P /dev/stdin", "pptp-diag "),
        ("$P /dev/fd/5 5< a.pcap", "pptp-diag "),
        ("$P /proc/self/fd/5 5< a.pcap", "pptp-diag "),
        ("mkfifo f && { cat a.pcap > f & $P f; }", "pptp-diag "),
        ("{ cat a.pcap > f & $P out/link.pcap f -q -f json -o j; } && head -c 1 j", "{"),
        ("$P a.pcap -o o && cat o", "pptp-diag "),
        ("$P a.pcap -o out/o && cat out/o", "pptp-diag "),
        (
            "echo old > out/target; $P a.pcap -o by-link && test -L by-link && cat out/target",
            "pptp-diag ",
        ),
        ("$P a.pcap -o $PWD/out/o -f ndjson && cat out/o", "{"),
        ("$P a.pcap -o /dev/stdout", "pptp-diag "),
        ("$P a.pcap -o /dev/stdout | cat", "pptp-diag "),
        ("$P a.pcap -o /dev/null && echo done", "done"),
        ("mkfifo g && { cat g & $P a.pcap -o g; wait; }", "pptp-diag "),
        ("$P -q a.pcap --annotate out/annotated && $P out/annotated", "pptp-diag "),
        ("cd out && $P -q ../a.pcap -o r --annotate n && cat r && test -s n", "pptp-diag "),
        ("$P extract -q a.pcap -o e && $P e", "pptp-diag "),
        ("$P extract -q --anonymize a.pcap -o out/x && $P out/x", "pptp-diag "),
        (
            "chmod 600 secrets && $P -q --secrets secrets --decrypt out/d a.pcap && test -s out/d && echo yes",
            "yes",
        ),
    ] {
        let output = folder.shell(command);
        let (out, err) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
        let (out, err) = (out.unwrap(), err.unwrap());
        let noted = err.lines().all(|l| l.starts_with("pptp-diag: note: "));
        assert!(output.status.success() && noted, "{command}: {out}{err}");
        assert!(out.starts_with(begins), "{command}: {out}");
    }
    let left: Vec<_> =
        fs::read_dir(folder.file("out")).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(left.iter().all(|p| p.extension().is_none_or(|x| x != "part")), "{left:?}");
}

#[test]
fn errors_are_still_the_right_ones() {
    let folder = Folder::new("errors");
    for (command, told) in [
        ("$P nothing.pcap", "no such file"),
        ("$P out", "a directory"),
        ("$P in", "text, not a capture"),
        ("cat in | $P /dev/stdin", "text, not a capture"),
        ("cat in | $P --annotate x /dev/stdin", "a pipe does not allow"),
        ("$P -q in --decrypt d --secrets nosecrets", "No such file"),
    ] {
        let output = folder.shell(command);
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}: {err}");
        assert!(err.contains(told), "{command}: {err}");
    }
}

#[test]
fn the_program_confines_itself() {
    let folder = Folder::new("self");
    let able = if given().is_none() { again("what_is_left", &folder) } else { return };
    let mut child = Command::new(PROGRAM)
        .args(["-", "-o", "report"])
        .current_dir(&folder.0)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let status = || fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let begun = Instant::now();
    let wanted = |s: &str| s.contains("NoNewPrivs:\t1") && s.contains("Seccomp:\t2");
    while able.contains("seccomp: true") && !wanted(&status()) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", status());
        std::thread::sleep(Duration::from_millis(20));
    }
    let text = "use connect\nuse link\nuse chap\nuse network\n";
    let bytes = support::scenario::capture(text, "tests/confine.rs", 1);
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(fs::read_to_string(folder.file("report")).unwrap().starts_with("pptp-diag "));
}
