//! HTML, Markdown and ndjson: what they look like, that names from the wire do no harm in them, and that
//! a redacted report shows none of the names and addresses of the capture.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use pptp_diag::model::conversation::Outcome;
use pptp_diag::report::Format;
use pptp_diag::report::redact::redact;
use pptp_diag::report::view;
use pptp_diag::report::view::View;
use serde_json::Value;
use support::report::of_bytes;
use support::report::of_sample;
use support::report::rendered;
use support::scenario;

/// Recorded and made up; sound, slow and broken at each layer; one conversation and many.
const SAMPLES: [&str; 10] = [
    "error5-race.pcap",
    "gre-no-return.pcap",
    "lcp-silent-peer.pcap",
    "mppe-strength.pcap",
    "password-spray.pcap",
    "recorded-healthy.pcap",
    "recorded-race.pcap",
    "recorded-slow-healthy.pcap",
    "recorded-wrong-password.pcap",
    "tcp-no-answer.pcap",
];
const STYLE: &str = include_str!("../src/report/html/style.css");
const SCRIPT: &str = include_str!("../src/report/html/script.js");

/// Text and JSON as they are without `-v`: tests/reports.rs.
#[test]
fn reports_look_as_they_did() {
    for sample in SAMPLES {
        let mut view = of_sample(sample);
        // Of many conversations the messages of one are enough to look at.
        for c in view.conversations.iter_mut().skip(1) {
            c.timeline.clear();
        }
        let stem = sample.trim_end_matches(".pcap");
        let version = env!("CARGO_PKG_VERSION");
        let plain = |text: &str| {
            text.replace(&format!("pptp-diag {version}"), "pptp-diag VERSION")
                .replace(&format!("\"version\":\"{version}\""), "\"version\":\"VERSION\"")
        };
        let compare = |name: &str, text: &str| {
            insta::assert_snapshot!(format!("{stem}.{name}"), plain(text));
        };
        compare("verbose", &rendered(&view, Format::Text));
        compare("md", &rendered(&view, Format::Markdown));
        compare("ndjson", &rendered(&view, Format::Ndjson));
        compare("html", body(&rendered(&view, Format::Html)));
    }
}

/// What differs from page to page: style and script are files of their own.
fn body(html: &str) -> &str {
    let (head, rest) = html.split_once("<body>").unwrap();
    let (body, script) = rest.rsplit_once("<script>").unwrap();
    assert!(head.ends_with(&format!("<style>{STYLE}</style>\n</head>\n")));
    assert_eq!(script, format!("{SCRIPT}</script>\n</body>\n</html>\n"));
    body
}

#[test]
fn ndjson_says_what_json_says() {
    for sample in SAMPLES {
        let view = of_sample(sample);
        let json: Value = serde_json::from_str(&rendered(&view, Format::Json)).unwrap();
        let lines = rendered(&view, Format::Ndjson);
        let lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        for (kind, whole) in [("capture", "captures"), ("conversation", "conversations")] {
            let of_kind = lines.iter().filter(|l| l["type"] == kind).cloned();
            let bare: Vec<Value> = of_kind
                .map(|mut line| {
                    line.as_object_mut().unwrap().remove("type");
                    line
                })
                .collect();
            assert_eq!(Value::Array(bare), json[whole], "{sample}");
        }
        let totals = lines.last().unwrap();
        for (key, value) in json["summary"].as_object().unwrap() {
            assert_eq!(&totals[key], value, "{sample}: {key}");
        }
    }
}

/// A call in which both sides name themselves as badly as they can.
fn hostile() -> View {
    let nasty =
        "<script>alert(1)</script>]]>\u{202E}\u{200F}'\\\"\\x1B[31m\\x1B]0;x\\x07`*_[x](y)|&lt;";
    let short = "</title><script>alert(1)</script>\\x1B[2J\u{202E}";
    let long = "<b onclick=alert(1)>\\\"'".repeat(450);
    let text = format!(
        "use connect vendor=\"{short}\" host=\"{short}\" server_vendor=\"{short}\" \
         server_host=\"{short}\"\nuse link auth=mschapv2\n\
         +0.01 < chap challenge id=1 value=5B5D7C7D7B3F2F3E3C2C602132262628 name=\"{nasty}\"\n\
         +0.02 > chap response id=1 user=\"{nasty}\" password=clientPass\n\
         +0.1 < chap failure id=1 text=\"E=691 R=0 M={nasty}\"\n\
         +0.01 < chap challenge id=2 value=5B5D7C7D7B3F2F3E3C2C602132262628 name=\"{long}\"\n\
         +0.02 > chap response id=2 user=\"{long}\" password=clientPass\n\
         +0.1 < chap failure id=2 text=\"E=691 R=0 M={nasty}\"\n\
         +0.01 > lcp termreq id=2 text=\"{nasty}\"\n"
    );
    of_bytes(scenario::capture(&text, "report_formats.rs", 1), "a<script>b\u{202E}\".pcap")
}

#[test]
fn hostile_names_do_no_harm_in_any_format() {
    let view = hostile();
    assert_eq!(view.conversations.len(), 1);
    let original = view.conversations[0].calls[0].authentication.user.clone().unwrap();
    assert!(original.contains("onclick"), "the test is no test: {original}");
    for (view, redacted) in [(view.clone(), false), (redact(view), true)] {
        for format in Format::ALL {
            let text = rendered(&view, format);
            let name = format.name();
            for c in ['\u{1B}', '\u{7}', '\u{202E}', '\u{200F}', '\r', '\0'] {
                assert!(!text.contains(c), "{name}: U+{:04X}", u32::from(c));
            }
            assert!(text.len() < 200_000, "{name}: {} octets", text.len());
            match format {
                Format::Json => assert!(serde_json::from_str::<Value>(&text).is_ok()),
                Format::Ndjson => assert_eq!(text.lines().count(), 3),
                Format::Html | Format::Markdown => {
                    for tag in ["<script>alert", "</title><script", "<b onclick", "]]>"] {
                        assert!(!text.contains(tag), "{name}: {tag}");
                    }
                    let scripts = text.matches("<script").count();
                    assert_eq!(scripts, usize::from(format == Format::Html), "{name}");
                }
                _ => {}
            }
            let shown = text.find("onclick=alert").filter(|_| redacted);
            let around = shown.and_then(|at| text.get(at.saturating_sub(300)..at + 60));
            assert!(shown.is_none(), "{name}: {}", around.unwrap_or_default());
        }
    }
}

#[test]
fn redacted_reports_name_nobody() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut checked = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|x| x != "pcap") {
            continue;
        }
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let view = of_sample(&file);
        let mut originals: BTreeSet<String> = BTreeSet::new();
        for c in &view.conversations {
            originals.extend([c.client.address.clone(), c.server.address.clone()]);
            originals.extend(c.calls.iter().filter_map(|call| call.client_address.clone()));
            // Quoted, since `server` is a word of the catalogue, too. Names of software stay.
            let software = [&c.client, &c.server].map(|p| p.implementation.as_ref());
            let names = c.shown.names.iter().filter(|n| !software.contains(&Some(&n.text)));
            originals.extend(names.map(|n| format!("\"{}\"", n.text)));
        }
        originals.remove("0.0.0.0");
        let redacted = redact(view.clone());
        assert_eq!(view.summary, redacted.summary);
        for format in Format::ALL {
            // What JSON escapes is a quote all the same.
            let text = rendered(&redacted, format).replace("\\\"", "\"").replace("&quot;", "\"");
            for original in &originals {
                let found = text.match_indices(original.as_str()).any(|(at, _)| {
                    let after = text[at + original.len()..].chars().next();
                    !after.is_some_and(|c| c.is_ascii_digit())
                });
                assert!(!found, "{file}, {}: {original}", format.name());
            }
            assert!(!text.contains(&file), "{file}, {}", format.name());
            checked += 1;
        }
    }
    assert!(checked > 0);
}

/// The course of a call: what the chart says and what the JSON holds is what the scenario did.
#[test]
fn charts_show_loss_and_echoes() {
    let text = "use connect\nuse link\nuse chap\nuse network\n\
                +0.2 > data len=88 noff short count=20 every=0.05\n\
                x +0.1 > data len=88 noff short count=3 every=0.02\n\
                +0.1 > data len=88 noff short count=20 every=0.05\n\
                +0.1 < data len=500 noff short count=10 every=0.05\n\
                +1 > ctl echorq id=7\n+0.04 < ctl echorp id=7\n\
                +1 > lcp echoreq id=8 noff\n+0.06 < lcp echorep id=8 noff\n\
                +1 > lcp echoreq id=9 noff\n+0.08 < lcp echorep id=9 noff\n";
    let view = of_bytes(scenario::capture(text, "report_formats.rs", 1), "x.pcap");
    let json: Value = serde_json::from_str(&rendered(&view, Format::Json)).unwrap();
    let call = &json["conversations"][0]["calls"][0];
    let sum = |way: &str, what: &str| -> u64 {
        call["series"][way][what].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum()
    };
    // The echoes are numbered packets of the tunnel, too.
    assert_eq!((sum("to_server", "packets"), sum("to_server", "missing")), (42, 3));
    assert_eq!((sum("to_client", "packets"), sum("to_client", "missing")), (12, 0));
    let took = |over: &str| -> Vec<String> {
        let all = call["echoes"].as_array().unwrap().iter().filter(|e| e["over"] == over);
        all.map(|e| format!("{:.2}", e["round_trip"].as_f64().unwrap())).collect()
    };
    assert_eq!(took("control"), ["0.04"]);
    assert!(took("lcp").ends_with(&["0.06".into(), "0.08".into()]), "{call}");
    let page = rendered(&view, Format::Html);
    assert_eq!(page.matches("<svg class=\"chart\"").count(), 1);
    for words in
        ["42 packets, ", "missing packets: 3 client to server, 0 server", "PPTP echo: 40 ms"]
    {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn many_charts_fit_on_a_page() {
    let mut view = of_sample("recorded-healthy.pcap");
    let mut one = view.conversations.remove(0);
    one.outcome = Outcome::Failed;
    let series = one.calls[0].series.as_mut().unwrap();
    for track in [&mut series.to_server, &mut series.to_client] {
        track.octets = (0..128).map(|n| n * 7919 % 1000).collect();
        track.missing = (0..128).map(|n| n * 31 % 97).collect();
    }
    view.conversations = (1..=500).map(|id| view::Conversation { id, ..one.clone() }).collect();
    let page = rendered(&view, Format::Html);
    assert!(page.matches("<svg class=\"chart\"").count() >= 100);
    assert!(page.len() < 5_000_000, "{} octets", page.len());
}

#[test]
fn a_page_says_what_it_leaves_out() {
    let mut view = of_sample("tcp-no-answer.pcap");
    let one = view.conversations.remove(0);
    view.conversations = (1..=700).map(|id| view::Conversation { id, ..one.clone() }).collect();
    let page = rendered(&view, Format::Html);
    assert!(page.contains("100 conversations in trouble have no section of their own"));
    assert!(!page.contains("have no line here") && !page.contains("href=\"#c700\""));
    view.conversations = (1..=6000).map(|id| view::Conversation { id, ..one.clone() }).collect();
    let page = rendered(&view, Format::Html);
    assert!(page.contains("1,000 conversations with the least trouble have no line here"));
    assert!(page.len() < 5_000_000, "{} octets", page.len());
    view.conversations.truncate(2);
    assert!(!rendered(&view, Format::Html).contains("So that the page opens at once"));
}

/// A real browser runs the page's own script, and nothing else; it has nothing to complain of.
#[test]
fn a_browser_opens_the_page() {
    let known = ["chromium", "chromium-browser", "google-chrome"];
    let works = |name: &&&str| Command::new(name).arg("--version").output().is_ok();
    let Some(browser) = known.iter().find(works) else {
        println!("skipped: no Chromium on this machine");
        return;
    };
    let folder = std::env::temp_dir().join(format!("pptp-diag-page-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (mut view, other) = (hostile(), of_sample("recorded-race.pcap"));
    view.conversations.extend(other.conversations.into_iter().map(|mut c| {
        c.id = 2;
        c
    }));
    fs::write(folder.join("page.html"), rendered(&view, Format::Html)).unwrap();
    let out = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .args(["--enable-logging=stderr", "--v=0"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", folder.join("page.html").display()))
        .output()
        .unwrap();
    let _ = fs::remove_dir_all(&folder);
    let (page, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(!said.contains("CONSOLE"), "{said}");
    // The script takes the filter into service: its hash is the one that the policy allows.
    let form = page.find("<form class=\"filter\"").expect("no filter on the page");
    let tag = page[form..].split('>').next().unwrap();
    assert!(!tag.contains("hidden"), "the script did not run: {tag}");
    assert_eq!(page.matches("<script").count(), 1);
}
