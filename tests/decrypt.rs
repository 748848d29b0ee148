//! `--decrypt`: what comes out of real and made tunnels, and that nothing comes out without the password.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use pptp_diag::base::frame::LinkType;
use pptp_diag::capture;
use pptp_diag::inside::trial;
use pptp_diag::inside::trial::Verdict;
use serde_json::Value;

/// A folder of one test's own, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, secrets: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("pptp-diag-decrypt-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        fs::write(folder.file("secrets"), secrets).unwrap();
        folder
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_pptp-diag"))
            .current_dir(&self.0)
            .args(["--fail-on", "never"])
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Decrypts a capture: the packets, the report's only conversation, and what was told of it.
    fn decrypt(&self, capture: &Path) -> Decrypted {
        let name = capture.to_str().unwrap();
        let arguments = ["-f", "json", "--secrets", "secrets", "--decrypt", "out.pcapng", name];
        let output = self.run(&arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        let told = told.lines().filter(|l| !l.contains("chmod")).collect::<Vec<_>>().join("\n");
        assert!(output.status.success(), "{told}");
        let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let packets = packets(&self.file("out.pcapng"));
        Decrypted { packets, conversation: report["conversations"][0].take(), told }
    }

    fn scenario(&self, text: &str) -> PathBuf {
        let path = self.file("in.pcap");
        fs::write(&path, support::scenario::capture(text, "tests/decrypt.rs", 1)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Decrypted {
    packets: Vec<Vec<u8>>,
    conversation: Value,
    told: String,
}

impl Decrypted {
    fn inside(&self, dir: &str, field: &str) -> &Value {
        &self.conversation["calls"][0]["inside"][dir][field]
    }

    fn proven(&self) -> usize {
        self.packets.iter().filter(|p| trial::ipv4(p) == Verdict::Proven).count()
    }
}

fn packets(path: &Path) -> Vec<Vec<u8>> {
    let mut source = capture::open(path, 0).unwrap();
    let mut packets = Vec::new();
    while let Some(frame) = source.next_frame().unwrap() {
        assert_eq!(frame.link, LinkType::RAW);
        packets.push(frame.data.to_vec());
    }
    packets
}

/// What tshark makes of a file; `None`, said on the test's output, where it is absent.
fn tshark(path: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("tshark").arg("-r").arg(path).args(arguments).output();
    let Ok(output) = output else {
        println!("skipped: no tshark");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

const LAB: &str = "alice Tr1age-me!\n";
const LULU: &str = "public/openwall+john-samples__lulu-password-pptp.pcap";

#[test]
fn a_tunnel_of_windows() {
    let Some(captures) = support::shared_captures() else { return };
    let folder = Folder::new("lulu", "lulu password\n");
    let found = folder.decrypt(&captures.join(LULU));
    assert_eq!((found.packets.len(), found.proven()), (25, 25));
    let told = "pptp-diag: decrypted 25 of 25 encrypted packets, 25 proven by their IP checksum";
    assert_eq!(found.told, told);
    assert_eq!(found.inside("to_server", "keyed_by_response"), 1);
    assert_eq!(found.inside("to_server", "key_bits"), 128);
    let out = folder.file("out.pcapng");
    if let Some(text) = tshark(&out, &["-Y", "_ws.malformed"]) {
        assert_eq!(text, "");
        let fields = ["-T", "fields", "-e", "frame.comment", "-e", "frame.interface_name"];
        let text = tshark(&out, &fields).unwrap();
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("frame ") && first.ends_with("lulu call 1 to server"), "{first}");
    }
}

#[test]
fn every_tunnel_of_the_laboratory() {
    let Some(captures) = support::shared_captures() else { return };
    let folder = Folder::new("lab", &format!("{LAB}\"CORP\\\\alice\" Tr1age-me!\n"));
    for (file, proven) in [
        ("healthy_mschapv2_mppe128__client", 8),
        ("healthy_mppe40__server", 8),
        ("healthy_mschapv1__client", 8),
        ("healthy_data__client", 299),
        ("healthy_data__server", 299),
        ("healthy_domain_user__client", 6),
        ("healthy_chapmd5_nomppe__client", 131),
        ("healthy_ipv6cp__client", 8),
        ("loss20__server", 56),
        ("reorder__server", 120),
        ("corrupt__client", 48),
        ("race_rtt2_restart3__client", 4),
    ] {
        let found = folder.decrypt(&captures.join(format!("lab/{file}.pcap")));
        println!("{file}: {} packets written; {}", found.packets.len(), found.told);
        assert_eq!(found.proven(), proven, "{file}: {}", found.told);
        let plain = found.packets.len() - proven;
        assert_eq!(plain, if file.contains("ipv6cp") { 2 } else { 0 }, "{file}");
    }
}

#[test]
fn a_wrong_password_opens_nothing() {
    let Some(captures) = support::shared_captures() else { return };
    let folder = Folder::new("wrong", "alice Tr1age-me\n");
    let found = folder.decrypt(&captures.join("lab/healthy_data__client.pcap"));
    assert_eq!(found.packets.len(), 0);
    assert_eq!(found.conversation["calls"][0]["authentication"]["verified"], "mismatch");
    assert!(found.told.contains("decrypted 0 of 299"), "{}", found.told);
    assert_eq!(found.inside("to_server", "keyed_by_response"), &Value::Null);
    if let Some(text) = tshark(&folder.file("out.pcapng"), &[]) {
        assert_eq!(text, "");
    }
}

/// A loss of two packets, one overtaken, and a sender that starts over.
fn lossy(data: &str) -> String {
    format!(
        "use connect\nuse link\nuse chap\n\
         +0.02 > ccp request id=1 mppe=40 stateful noff\n+0.02 < ccp request id=1 mppe=40 stateful noff\n\
         +0.02 > ccp ack noff\n+0.02 < ccp ack noff\n\
         +0.02 > ipcp request id=1 addr=10.9.0.100 noff\n+0.02 < ipcp request id=1 addr=10.9.0.1 noff\n\
         +0.02 > ipcp ack noff\n+0.02 < ipcp ack noff\n\
         +0.5 > {data} noff count=300\n\
         x +0.1 > {data} noff count=2\n\
         +0.1 > {data} noff count=5\n\
         +0.1 < ccp resetreq id=1 noff\n\
         +0.1 > {data} flushed noff count=20\n\
         +0.1 < {data} noff count=20\n"
    )
}

#[test]
fn stateful_tunnels_regain_their_place() {
    for kind in ["", " linux"] {
        let folder = Folder::new(&format!("stateful{}", kind.len()), "alice secret\n");
        let data = format!("data keys=1 bits=40 stateful{kind}");
        let found = folder.decrypt(&folder.scenario(&lossy(&data)));
        println!("stateful{kind}: {}", found.told);
        assert_eq!((found.packets.len(), found.proven()), (340, 340), "{}", found.told);
        assert!(found.told.ends_with("packets before them are missing"), "{}", found.told);
        assert_eq!(found.inside("to_server", "lost_sync"), 1);
        assert_eq!(found.inside("to_server", "key_bits"), 40);
        assert_eq!(found.inside("to_client", "packets"), 20);
    }
}

#[test]
fn keys_of_eap() {
    let folder = Folder::new("eap", "alice secret\n");
    let text = "use connect\nuse link auth=eap\n\
        +0.02 < eap request id=1 type=identity noff\n\
        +0.02 > eap response id=1 type=identity identity=alice noff\n\
        +0.02 < eap request id=2 type=mschapv2 noff\n\
        +0.02 > eap response id=2 type=mschapv2 user=alice password=secret noff\n\
        +0.02 < eap request id=3 type=mschapv2 op=success noff\n\
        +0.02 > eap response id=3 type=mschapv2 op=success noff\n\
        +0.02 < eap success id=3 noff\n\
        use network\n+0.5 > data keys=1 noff count=5\n+0.1 < data keys=1 noff count=5\n";
    let found = folder.decrypt(&folder.scenario(text));
    assert_eq!((found.packets.len(), found.proven()), (10, 10), "{}", found.told);
    assert_eq!(found.conversation["calls"][0]["authentication"]["method"], "EAP-MSCHAPv2");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.file("out.pcapng")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "user data in clear is its owner's");
    }
}

#[test]
fn encryption_that_ends_or_begins_anew_is_followed() {
    let folder = Folder::new("anew", "alice secret\n");
    let text = "use connect\nuse link\nuse chap\nuse network\n\
        +0.5 > data keys=1 noff count=50\n+0.5 < data keys=1 noff count=50\n\
        +1 > ccp request id=2 mppe=40 noff\n+0.02 < ccp request id=2 mppe=40 noff\n\
        +0.02 > ccp ack noff\n+0.02 < ccp ack noff\n\
        +0.5 > data keys=1 bits=40 noff count=50\n+0.5 < data keys=1 bits=40 noff count=50\n";
    let found = folder.decrypt(&folder.scenario(text));
    assert_eq!((found.packets.len(), found.proven()), (200, 200), "{}", found.told);
    assert_eq!(found.inside("to_client", "key_bits"), 40);
}

#[test]
fn what_cannot_be_is_said_in_a_line_and_writes_nothing() {
    let folder = Folder::new("usage", "alice secret\n");
    folder.scenario("use connect\nuse link\nuse chap\nuse network\n+1 > data keys=1 noff\n");
    let line = |arguments: &[&str]| {
        let output = folder.run(arguments);
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        text
    };
    assert!(line(&["--decrypt", "out.pcapng", "in.pcap"]).contains("needs --secrets"));
    let secrets = ["--secrets", "secrets", "--decrypt"];
    let with = |rest: &[&str]| line(&[&secrets[..], rest].concat());
    assert!(with(&["in.pcap", "in.pcap"]).contains("would overwrite it"));
    assert!(with(&["secrets", "in.pcap"]).contains("secrets"));
    assert!(with(&["-", "in.pcap"]).contains("name of a file"));
    assert!(!folder.file("out.pcapng").exists());
}

#[test]
fn without_secrets_nothing_is_opened() {
    let folder = Folder::new("none", "");
    let capture =
        folder.scenario("use connect\nuse link\nuse chap\nuse network\n+1 > data keys=1 noff\n");
    let output = folder.run(&["-f", "json", capture.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("\"inside\""), "{text}");
    let found = folder.decrypt(&capture);
    assert_eq!(found.packets.len(), 0);
}
