//! The site's own rules through the command: what fires and what does not, and that mistakes are told
//! before anything is read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use serde_json::Value;

const PAP: &str = "use connect\nuse link auth=pap\n+0.1 > pap request user=alice password=secret\n\
                   +0.1 < pap ack\n+0.1 > ipcp request id=1 addr=10.9.0.100\n+0.1 < ipcp ack\n\
                   +0.1 < ipcp request id=1 addr=10.9.0.1\n+0.1 > ipcp ack\nuse traffic kind=ip\n";

/// A folder of this test's own, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pptp-site-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("rules")).unwrap();
        Self(path)
    }

    fn rules(self, name: &str, text: &str) -> Self {
        fs::write(self.0.join("rules").join(name), text).unwrap();
        self
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(at: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pptp-diag"));
    command.current_dir(at).env_clear().env("LANG", "C.UTF-8").env("COLUMNS", "80");
    command.args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Findings of the first conversation.
fn findings(at: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = run(at, &[arguments, &["-f", "json"]].concat());
    let view: Value = serde_json::from_slice(&output.stdout).unwrap();
    view["conversations"][0]["findings"].as_array().unwrap().clone()
}

fn ids(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|f| f["rule"].as_str().unwrap()).collect()
}

#[test]
fn shipped_rules_fire_on_their_case_and_not_on_the_look_alike() {
    let folder = Folder::new("shipped");
    let capture = folder.0.join("pap.pcap");
    fs::write(&capture, support::scenario::capture(PAP, "tests/site_rules.rs", 1)).unwrap();
    let capture = capture.to_str().unwrap();
    let found = findings(root(), &[capture, "--rules", "samples/rules"]);
    assert!(ids(&found).contains(&"SITE-001") && ids(&found).contains(&"SITE-002"), "{found:?}");
    let race = findings(root(), &["samples/error5-race.pcap", "--rules", "samples/rules"]);
    assert_eq!(ids(&race), ["PD0001", "SITE-011", "PD8004", "SITE-012"]);
    let outside = findings(root(), &["samples/gre-no-return.pcap", "--rules", "samples/rules"]);
    assert_eq!(ids(&outside), ["PD2001", "SITE-010"]);
    let healthy = findings(root(), &["samples/recorded-healthy.pcap", "--rules", "samples/rules"]);
    assert_eq!(ids(&healthy), ["PD8004"]);
}

#[test]
fn a_site_finding_is_like_ours_and_named_as_the_sites() {
    let race = findings(root(), &["samples/error5-race.pcap", "--rules", "samples/rules"]);
    let (ours, site) = (&race[0], &race[3]);
    assert_eq!((&ours["origin"], &site["origin"]), (&"catalogue".into(), &"site".into()));
    assert_eq!(site["certainty"], "certain");
    assert_eq!(site["severity"], "notice");
    let frames = site["evidence"].as_array().unwrap();
    assert!(frames.len() >= 2 && frames.iter().all(|e| e["from"] == "server"), "{frames:?}");
    assert!(site["filter"].as_str().unwrap().starts_with("frame.number in {"));
    assert_eq!(race[1]["evidence"], Value::Array(Vec::new()));
    let keys = |f: &Value| f.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(ours), keys(site));

    let shown = text(&run(root(), &["samples/error5-race.pcap", "--rules", "samples/rules"]));
    assert!(shown.contains("A server that is none of ours (SITE-011, site rule)"), "{shown}");
    // The messages were asked for by a rule, not by the reader.
    assert!(!shown.contains("Messages"), "{shown}");
}

#[test]
fn filters_and_exit_status_count_them() {
    let folder = Folder::new("status").rules(
        "a.toml",
        "[[rule]]\nid = \"SITE-1\"\ntitle = \"T\"\nseverity = \"fault\"\nwhen = \"findings.rule == 'PD8004'\"\n",
    );
    let rules = folder.0.join("rules/a.toml");
    let with = |more: &[&str]| {
        let fixed = ["samples/recorded-healthy.pcap", "--rules", rules.to_str().unwrap()];
        run(root(), &[&fixed[..], more].concat())
    };
    assert_eq!(run(root(), &["samples/recorded-healthy.pcap"]).status.code(), Some(0));
    let output = with(&[]);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output);
    assert!(shown.contains("CONNECTED, but against a rule of the site"), "{shown}");
    assert!(shown.contains("fault: T (SITE-1, site rule)"), "{shown}");
    assert_eq!(with(&["--rule", "pd8004"]).status.code(), Some(0));
    // A rule sees what the filter hides, and may be asked for by itself.
    let only = with(&["--rule", "site-1", "--min-severity", "fault", "-f", "json"]);
    let view: Value = serde_json::from_slice(&only.stdout).unwrap();
    let found = view["conversations"][0]["findings"].as_array().unwrap();
    assert_eq!(ids(found), ["SITE-1"]);
    assert_eq!(found[0]["evidence"][0]["text"], "Challenge");
    assert_eq!(view["summary"]["faults"], 1);
    assert_eq!(view["conversations"][0]["outcome"], "connected");
    assert_eq!(view["conversations"][0]["primary"], Value::Null);
    let unknown = with(&["--rule", "SITE-9"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("SITE-9: no such rule"));
    assert_eq!(with(&["--fail-on", "never", "-q"]).status.code(), Some(0));
}

#[test]
fn mistakes_are_told_before_anything_is_read() {
    let good = "[[rule]]\nid = \"SITE-1\"\ntitle = \"T\"\nseverity = \"fault\"\nwhen = 'missing == null'\n";
    let faulty = "# Ours.\n[[rule]]\nid = \"SITE-1\"\ntitle = \"T\"\nseverity = \"eror\"\nwhen = '''\n  \
                  calls.auth.method == \"PAP\"\n  && outcome == \"conected\"\n'''\n\
                  \n[[rule]]\nid = \"SITE-2\"\ntitle = \"T\"\nseverity = \"fault\"\n\
                  when = 'client.port = 1723'\nfixes = []\n";
    let folder = Folder::new("faulty").rules("10-good.toml", good).rules("20-faulty.toml", faulty);
    let output = run(&folder.0, &["no-such.pcap", "--rules", "rules"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!told.contains("no-such.pcap"), "{told}");
    insta::assert_snapshot!("faulty", told);
    for command in [&["rules"][..], &["explain", "721"]] {
        let output = run(&folder.0, &[command, &["--rules", "rules"]].concat());
        assert_eq!(output.status.code(), Some(2), "{command:?}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = Folder::new("unreadable");
    for (path, says) in [("rules", "no file *.toml"), ("nothing", "nothing: No such file")] {
        let output = run(&folder.0, &["x.pcap", "--rules", path]);
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(says) && !told.contains("x.pcap"), "{told}");
    }
    fs::write(folder.0.join("rules/a.toml"), b"\n\n\xFF").unwrap();
    let output = run(&folder.0, &["x.pcap", "--rules", "rules"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("a.toml: line 3: not UTF-8"), "{told}");
}

#[test]
fn rules_and_explain_know_them() {
    let listed = text(&run(root(), &["rules", "--rules", "samples/rules"]));
    assert!(
        listed.contains("Rules of the site") && listed.contains("SITE-012  notice"),
        "{listed}"
    );
    let explained = text(&run(root(), &["explain", "site-001", "--rules", "samples/rules"]));
    for part in ["SITE-001 (site rule)", "calls.authentication.method == \"PAP\"", "1. server: "] {
        assert!(explained.contains(part), "{explained}");
    }
    let json = text(&run(root(), &["rules", "--rules", "samples/rules", "-f", "json"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["rules"].as_array().unwrap().last().unwrap()["id"], "SITE-012");
    assert_eq!(run(root(), &["explain", "site-001"]).status.code(), Some(2));
}

#[test]
fn shipped_rules_are_described() {
    let readme = fs::read_to_string(root().join("samples/README.md")).unwrap();
    for entry in fs::read_dir(root().join("samples/rules")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(readme.contains(name), "{name} is not in samples/README.md");
        assert!(
            fs::read_to_string(&path).unwrap().starts_with("# "),
            "{name}: says not what it is"
        );
    }
}
