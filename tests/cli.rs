//! The command as people and scripts meet it: what it prints where, and its exit status.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

const HEALTHY: &str = "use connect\nuse link auth=mschapv2\nuse chap user=alice password=secret\n\
                       use network\nuse traffic\n";
const REFUSED: &str = "0 > tcp syn\n+0.01 < tcp rst\n";

/// A folder of this test's own, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pptp-diag-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn capture(scenario: &str) -> Vec<u8> {
    support::scenario::capture(scenario, "tests/cli.rs", 1)
}

fn command(folder: &Folder) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pptp-diag"));
    command.current_dir(&folder.0).env_clear().env("LANG", "C.UTF-8").env("COLUMNS", "80");
    command
}

fn run(folder: &Folder, arguments: &[&str]) -> Output {
    command(folder).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Standard error, which is always one line with the program's name in front.
fn err(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("pptp-diag: "), "{text}");
    text
}

fn fed(mut child: Child, bytes: &[u8]) -> Output {
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap()
}

fn piped(folder: &Folder, arguments: &[&str], bytes: &[u8]) -> Output {
    let mut command = command(folder);
    let command = command.args(arguments).stdin(Stdio::piped());
    fed(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap(), bytes)
}

#[test]
fn usage_errors_are_one_line_and_status_2() {
    let folder = Folder::new("usage");
    let file = folder.file("a.pcap", &capture(REFUSED));
    let file = file.to_str().unwrap();
    for (arguments, told) in [
        (vec!["--no-such-option", file], "--no-such-option"),
        (vec!["-f", "pdf", file], "text, json, ndjson, md, html"),
        (vec!["rules", "-f", "html"], "text or json only"),
        (vec!["--port", "0", file], "--port"),
        (vec!["--rule", "gre-no-retrun", file], "PD2001 gre-no-return"),
        (vec!["explain", "PD9999"], "no such rule"),
        (vec!["explain"], "RULE"),
        (vec!["-v"], "FILE"),
        (vec![file, file], "given twice"),
        (vec!["-", "-"], "given twice"),
        (vec!["-o", file, file], "overwrite"),
        (vec!["-o", "nowhere/x.txt", file], "no such directory"),
        (vec!["--min-severity", "awful", file], "awful"),
        (vec!["-f", "json", "rules"], "command `rules`"),
    ] {
        let output = run(&folder, &arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(err(&output).contains(told), "{arguments:?}: {}", err(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let nothing = run(&folder, &[]);
    assert_eq!(code(&nothing), 2);
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("Usage:"));
}

#[test]
fn every_format_and_redacted() {
    let folder = Folder::new("formats");
    let file = folder.file("a.pcap", &capture(HEALTHY));
    let file = file.to_str().unwrap();
    for (format, begins) in [
        ("html", "<!DOCTYPE html>"),
        ("md", "# PPTP report"),
        ("markdown", "# PPTP report"),
        ("ndjson", "{\"type\":\"conversation\""),
    ] {
        let text = out(&run(&folder, &["-f", format, file]));
        assert!(text.starts_with(begins) && text.contains("alice"), "{format}: {text}");
        let text = out(&run(&folder, &["-f", format, "--redact", file]));
        assert!(text.starts_with(begins) && !text.contains("alice"), "{format}: {text}");
        assert!(text.contains("user-1"), "{format}: {text}");
    }
    // The diagram is drawn without -v.
    assert!(out(&run(&folder, &["-f", "html", file])).contains("class=\"ladder\""));
}

#[test]
fn help_version_and_catalogue() {
    let folder = Folder::new("help");
    let help = run(&folder, &["--help"]);
    assert_eq!(code(&help), 0);
    assert!(out(&help).contains("Exit status: 0"), "{}", out(&help));
    let version = format!("pptp-diag {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(out(&run(&folder, &["--version"])), version);
    let rules = run(&folder, &["rules"]);
    assert!(code(&rules) == 0 && out(&rules).contains("gre-no-return"));
    let json: serde_json::Value =
        serde_json::from_str(&out(&run(&folder, &["rules", "-f", "json"]))).unwrap();
    assert_eq!(json["schema"], 1);
    for word in ["PD2001", "2001", "gre-no-return"] {
        let page = run(&folder, &["explain", word]);
        assert!(code(&page) == 0 && out(&page).starts_with("PD2001 gre-no-return\n"), "{word}");
    }
}

#[test]
fn numbers_articles_and_log_lines_are_explained() {
    let folder = Folder::new("explain");
    for (words, title, rule) in [
        (&["721"][..], "Error 721 ERROR_PPP_NO_RESPONSE\n", "PD2001"),
        (&["error", "5"], "Error 5 ", "PD0001"),
        (&["Q222060"], "Microsoft Knowledge Base Q222060\n", "PD0001"),
        (&["KB222060"], "Microsoft Knowledge Base Q222060\n", "PD0001"),
        (&["MPPE required but peer refused"], "MPPE required but peer refused", "PD5001"),
        (&["mutual", "authentication", "failed"], "MS-CHAPv2 mutual authentication", "PD0002"),
    ] {
        let output = run(&folder, &[&["explain"], words].concat());
        let text = out(&output);
        assert!(code(&output) == 0 && text.starts_with(title), "{words:?}: {text}");
        assert!(text.contains(&format!("pptp-diag explain {rule}\n")), "{words:?}: {text}");
    }
    assert!(out(&run(&folder, &["explain", "919"])).contains("unverified"));
    let json = out(&run(&folder, &["explain", "-f", "json", "619"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["entries"][0]["symbol"], "ERROR_PORT_DISCONNECTED");
    let unknown = run(&folder, &["explain", "gre-no-retrun"]);
    assert!(code(&unknown) == 2 && err(&unknown).contains("PD2001 gre-no-return"));
}

/// Notices are told, and the connection stays healthy.
#[test]
fn a_notice_makes_nothing_worse() {
    let folder = Folder::new("notice");
    folder.file("good.pcap", &capture(HEALTHY));
    let text = out(&run(&folder, &["good.pcap"]));
    assert!(text.contains("\nCONNECTED: user alice"), "{text}");
    assert!(text.contains("no fault found (") && text.contains("with -v)"), "{text}");
    assert!(!text.contains("Fix") && !text.contains("PD8004"), "{text}");
    let verbose = out(&run(&folder, &["-v", "good.pcap"]));
    assert!(verbose.contains("\nCONNECTED: user alice") && verbose.contains("PD8004"), "{verbose}");
}

#[test]
fn what_is_no_capture_is_named() {
    let folder = Folder::new("unreadable");
    folder.file("empty", b"");
    folder.file("text", b"Dear helpdesk, it does not work.\n");
    for (name, told) in
        [("missing.pcap", "no such file"), (".", "directory"), ("empty", "empty"), ("text", "text")]
    {
        let output = run(&folder, &[name]);
        assert_eq!(code(&output), 2, "{name}");
        assert!(err(&output).contains(name) && err(&output).contains(told), "{}", err(&output));
        assert!(output.stdout.is_empty());
    }
    let hostile = run(&folder, &["a\u{1b}[31m\n.pcap"]);
    assert!(err(&hostile).contains("a\\x1B[31m\\x0A.pcap"), "{}", err(&hostile));
}

#[test]
fn one_unreadable_file_does_not_hide_the_others() {
    let folder = Folder::new("partly");
    folder.file("good.pcap", &capture(HEALTHY));
    let output = run(&folder, &["-f", "json", "missing.pcap", "good.pcap"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("missing.pcap"));
    let report: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(report["captures"].as_array().unwrap().len(), 1);
    assert_eq!(report["summary"]["connected"], 1);
}

#[test]
fn exit_status_tells_fault_from_clean() {
    let folder = Folder::new("status");
    folder.file("good.pcap", &capture(HEALTHY));
    folder.file("bad.pcap", &capture(REFUSED));
    let status = |arguments: &[&str]| {
        let output = run(&folder, arguments);
        assert!(output.stderr.is_empty(), "{arguments:?}");
        (code(&output), output.stdout.is_empty())
    };
    assert_eq!(status(&["good.pcap"]), (0, false));
    assert_eq!(status(&["bad.pcap"]), (1, false));
    assert_eq!(status(&["--fail-on", "never", "bad.pcap"]), (0, false));
    assert_eq!(status(&["-q", "bad.pcap"]), (1, true));
    assert_eq!(status(&["--rule", "PD2001", "bad.pcap"]), (0, false));
    assert_eq!(status(&["--rule", "PD2001,1002", "bad.pcap"]), (1, false));
    let page = out(&run(&folder, &["bad.pcap"]));
    assert!(page.contains("FAILED at tcp: ") && page.contains("PD1002 tcp-refused"), "{page}");
    let hidden = out(&run(&folder, &["--rule", "PD2001", "bad.pcap"]));
    assert!(hidden.contains("1 finding left out by the filter"), "{hidden}");
}

#[test]
fn standard_input_and_damage() {
    let folder = Folder::new("stdin");
    let whole = capture(HEALTHY);
    let output = piped(&folder, &["-"], &whole);
    assert_eq!(code(&output), 0);
    assert!(out(&output).contains("· - · pcap"), "{}", out(&output));
    assert!(
        out(&output).contains("CONNECTED: user alice, MS-CHAPv2, MPPE 128-bit"),
        "{}",
        out(&output)
    );

    let cut = piped(&folder, &["-"], &whole[..whole.len() - 7]);
    assert_eq!(code(&cut), 0, "damage alone is no failure");
    assert!(err(&cut).contains("warning: -: "), "{}", err(&cut));
    assert!(out(&cut).contains("(cut-short)"), "{}", out(&cut));
    assert!(piped(&folder, &["-q", "-"], &whole[..whole.len() - 7]).stderr.is_empty());
}

#[test]
fn captures_without_pptp() {
    let folder = Folder::new("nothing");
    let empty = &capture(REFUSED)[..24];
    let output = piped(&folder, &["-"], empty);
    assert!(code(&output) == 0 && out(&output).contains("NO PPTP FOUND"), "{}", out(&output));
    // LINKTYPE_USER0 where Ethernet stood: nothing in it can be read.
    let mut strange = capture(REFUSED);
    strange[20..24].copy_from_slice(&147_u32.to_le_bytes());
    let output = piped(&folder, &["-"], &strange);
    assert_eq!(code(&output), 0);
    let page = out(&output);
    assert!(page.contains("NO PPTP FOUND") && page.contains("USER0"), "{page}");
    assert!(page.contains("tcpdump -i eth0 -s 0"), "{page}");
}

#[test]
fn output_file_is_whole_or_not_there() {
    let folder = Folder::new("output");
    folder.file("bad.pcap", &capture(REFUSED));
    folder.file("report.txt", b"old");
    let output = run(&folder, &["-o", "report.txt", "bad.pcap"]);
    assert_eq!((code(&output), output.stdout.len(), output.stderr.len()), (1, 0, 0));
    assert!(fs::read_to_string(folder.0.join("report.txt")).unwrap().contains("FAILED at tcp"));
    let failed = run(&folder, &["-o", "report.txt", "missing.pcap"]);
    assert_eq!(code(&failed), 2);
    assert!(fs::read_to_string(folder.0.join("report.txt")).unwrap().contains("FAILED at tcp"));
    let left: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let folder = Folder::new("pipe");
    let mut child = command(&folder)
        .args(["-v", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = fed(child, &capture(HEALTHY));
    assert_eq!(code(&output), 0);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn secrets_are_checked_and_never_shown() {
    let folder = Folder::new("secrets");
    folder.file("a.pcap", &capture(HEALTHY));
    let verified = |secrets: &Path| {
        let output =
            run(&folder, &["-f", "json", "--secrets", secrets.to_str().unwrap(), "a.pcap"]);
        assert!(!out(&output).contains("hunter2"), "{}", out(&output));
        let report: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
        report["conversations"][0]["calls"][0]["authentication"]["verified"].clone()
    };
    assert_eq!(verified(&private(folder.file("right", b"alice secret\n"))), "match");
    assert_eq!(verified(&private(folder.file("wrong", b"alice hunter2\n"))), "mismatch");
    let broken = private(folder.file("broken", b"# users\nalice\n"));
    let output = run(&folder, &["--secrets", broken.to_str().unwrap(), "a.pcap"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("broken: line 2: "), "{}", err(&output));
    let large = private(folder.file("large", &vec![b'#'; (1 << 20) + 1]));
    let output = run(&folder, &["--secrets", large.to_str().unwrap(), "a.pcap"]);
    assert!(code(&output) == 2 && err(&output).contains("larger than"), "{}", err(&output));
}

#[cfg(unix)]
#[test]
fn secrets_that_others_can_read_are_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("mode");
    folder.file("a.pcap", &capture(HEALTHY));
    let secrets = folder.file("secrets", b"alice secret\n");
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o644)).unwrap();
    let output = run(&folder, &["--secrets", "secrets", "a.pcap"]);
    assert!(code(&output) == 0 && err(&output).contains("chmod 600"), "{}", err(&output));
}

#[test]
fn hostile_names_do_not_reach_the_terminal() {
    let folder = Folder::new("hostile");
    // The compiler of scenarios writes the name as it stands here.
    let scenario = HEALTHY.replace("alice", "\"al\u{1b}[2J\u{202e}ice\"");
    folder.file("a.pcap", &capture(&scenario));
    for format in ["text", "json"] {
        let output = run(&folder, &["-v", "-f", format, "a.pcap"]);
        let page = out(&output);
        assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'), "{page}");
        assert!(page.contains("x1B[2J"), "{page}");
    }
}

#[test]
fn colours_and_plain_characters() {
    let folder = Folder::new("colours");
    folder.file("bad.pcap", &capture(REFUSED));
    assert!(!out(&run(&folder, &["bad.pcap"])).contains('\u{1b}'));
    assert!(out(&run(&folder, &["--color", "always", "bad.pcap"])).contains("\u{1b}[1;31m"));
    let output = command(&folder).env("LC_ALL", "C").arg("bad.pcap").output().unwrap();
    assert!(out(&output).is_ascii() && out(&output).contains("tcp X"), "{}", out(&output));
}

/// Takes reading away from others, so that no warning is due.
fn private(path: PathBuf) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    path
}

#[test]
fn extract_copies_what_matters_and_nothing_else() {
    let folder = Folder::new("extract");
    folder.file("good.pcap", &capture(HEALTHY));
    let made = run(&folder, &["extract", "good.pcap", "-o", "small.pcapng"]);
    assert_eq!(code(&made), 0, "{}", err(&made));
    assert!(err(&made).contains("kept "), "{}", err(&made));
    let text = out(&run(&folder, &["small.pcapng"]));
    assert!(text.contains("\nCONNECTED: user alice"), "{text}");
    // An input is never overwritten, and nothing half-made is left behind.
    let same = run(&folder, &["extract", "good.pcap", "-o", "good.pcap"]);
    assert_eq!(code(&same), 2);
    let nowhere = run(&folder, &["extract", "good.pcap", "-o", "no/such/folder.pcapng"]);
    assert_eq!(code(&nowhere), 2);
    let none = run(&folder, &["extract", "missing.pcap", "-o", "x.pcapng"]);
    assert_eq!(code(&none), 2);
}

#[test]
fn files_of_one_timeline_may_come_in_any_order() {
    let folder = Folder::new("rotated");
    let whole = capture(HEALTHY);
    // Two files cut from one capture: the header, then the records before and after the middle.
    let (mut at, mut cuts) = (24, vec![24]);
    while at + 16 <= whole.len() {
        let length = u32::from_le_bytes(whole[at + 8..at + 12].try_into().unwrap());
        at += 16 + usize::try_from(length).unwrap();
        cuts.push(at);
    }
    let middle = cuts[cuts.len() / 2];
    folder.file("1.pcap", &whole[..middle]);
    folder.file("2.pcap", &[&whole[..24], &whole[middle..]].concat());
    for order in [["1.pcap", "2.pcap"], ["2.pcap", "1.pcap"]] {
        let text = out(&run(&folder, &order));
        assert!(text.contains("\nCONNECTED: user alice"), "{text}");
        assert!(text.contains("no fault found"), "{text}");
    }
}

#[test]
fn one_of_many_conversations() {
    let spray = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/password-spray.pcap");
    let of = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pptp-diag"));
        let output = command.args([spray, "--fail-on", "never"]).args(more).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    for (more, user) in [
        (&["--conversation", "3"][..], "carol"),
        (&["--user", "JUDY"][..], "judy"),
        (&["--client", "192.0.2.10", "--user", "bob"][..], "bob"),
    ] {
        let (status, out, _) = of(more);
        assert_eq!(status, 0, "{more:?}");
        assert!(
            out.contains(&format!("user {user}\n")) && out.matches("FAILED").count() == 1,
            "{out}"
        );
    }
    let (status, out, err) = of(&["--conversation", "11"]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(err.contains("10 conversations") && err.lines().count() == 1, "{err}");
}
