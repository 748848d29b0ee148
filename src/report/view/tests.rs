//! The mirror against conversations made by hand, hostile text above all. What is made here also serves
//! the tests of the text formats.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use serde_json::Value;

use super::*;
use crate::base::addr::Dir;
use crate::base::addr::Endpoint;
use crate::base::frame::FrameRef;
use crate::base::frame::LinkType;
use crate::base::frame::Mark;
use crate::capture::CaptureNote;
use crate::model::auth::Attempt;
use crate::model::auth::Credential;
use crate::model::auth::Method;
use crate::model::auth::Response;
use crate::model::auth::Verdict;
use crate::model::call::Call as ModelCall;
use crate::model::conversation as model;
use crate::model::event::Event;
use crate::model::event::Kind;
use crate::model::event::Timeline;
use crate::model::negotiation::Mppe;
use crate::model::negotiation::Opt;
use crate::model::point::CapturePoint;
use crate::model::proof::Proof;
use crate::rules::engine::Diagnosis;

pub(crate) const HOSTILE: &str = "\u{1b}[31mal\u{202e}ice\r\n\u{200b}";

pub(crate) fn mark(frame: u64) -> Mark {
    let at = Timestamp(1_700_000_000_000_000_000 + i64::try_from(frame).unwrap() * 1_000_000_000);
    Mark { at, frame: FrameRef::new(0, frame) }
}

/// GRE alone, one call, events from `texts` back and forth.
pub(crate) fn conversation(id: u32, outcome: Outcome, texts: &[&str]) -> model::Conversation {
    let peer = |host, port| model::Peer {
        endpoint: Endpoint { addr: IpAddr::V4(Ipv4Addr::new(192, 0, 2, host)), port },
        implementation: None,
    };
    let mut timeline = Timeline::default();
    for (n, text) in (1..).zip(texts) {
        let dir = if n % 2 == 1 { Dir::ToServer } else { Dir::ToClient };
        timeline.push(Event::new(mark(n), dir, Some(0), Kind::Lcp, "LCP Configure-Request"), *text);
    }
    model::Conversation {
        id,
        client: peer(10, 0),
        server: peer(20, 0),
        oriented: true,
        started: mark(1),
        ended: mark(texts.len() as u64),
        control: Vec::new(),
        calls: vec![ModelCall::default()],
        timeline,
        events_dropped: 0,
        icmp: Vec::new(),
        stray_gre: Vec::new(),
        rivals: Vec::new(),
        astray: Vec::new(),
        elsewhere: Vec::new(),
        views: Vec::new(),
        point: CapturePoint::default(),
        visibility: model::Visibility { gre: [true; 2], ..model::Visibility::default() },
        stage: if outcome == Outcome::Connected { Stage::Connected } else { Stage::Link },
        outcome,
        limits_reached: Vec::new(),
    }
}

pub(crate) fn attempt(user: &[u8], success: bool) -> Attempt {
    let verdict = Verdict {
        mark: mark(3),
        seq: None,
        ack: None,
        id: 1,
        success,
        text: "".into(),
        authenticator_response: None,
        text_fault: None,
        stray: None,
        error: None,
        retry: None,
        message: None,
        repeats: None,
    };
    Attempt {
        method: Method::Pap,
        toward: Dir::ToClient,
        challenges: Vec::new(),
        responses: vec![Response {
            mark: mark(2),
            seq: None,
            id: 1,
            name: user.into(),
            credential: Credential::Password { length: 3 },
            repeats: None,
        }],
        verdicts: vec![verdict],
        eap: Vec::new(),
        inner_success: None,
        password_change: None,
        in_session: false,
        client_went_on: None,
        proof: Proof::default(),
    }
}

/// A diagnosis without findings.
pub(crate) fn silent(c: &model::Conversation) -> Diagnosis {
    Diagnosis { outcome: c.outcome, findings: Vec::new(), has_primary: false }
}

pub(crate) fn report(conversations: &[model::Conversation], settings: &Settings) -> View {
    let facts = CaptureFacts {
        name: format!("x{HOSTILE}.pcap"),
        format: "pcap",
        link_types: vec![LinkType(1), LinkType(9999)],
        frames: 1234,
        first: Some(mark(1).at),
        last: Some(mark(18).at),
        notes: vec![CaptureNote { code: "cut-short", text: format!("breaks off{HOSTILE}") }],
        ..CaptureFacts::default()
    };
    let mirrors = conversations.iter().map(|c| super::conversation(c, &silent(c), settings));
    View::new(vec![Capture::new(&facts, [])], mirrors.collect(), Vec::new(), Vec::new())
}

/// The mirror of a failed conversation with its timeline.
pub(crate) fn failed(texts: &[&str]) -> super::Conversation {
    let c = conversation(1, Outcome::Failed, texts);
    let settings = Settings { timeline: true, ..Settings::default() };
    super::conversation(&c, &silent(&c), &settings)
}

fn json(view: &View) -> (String, Value) {
    let mut out = Vec::new();
    crate::report::json::render(view, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

#[test]
fn nothing_hostile_passes() {
    let mut c = conversation(1, Outcome::Failed, &[HOSTILE, "x"]);
    let name = [HOSTILE.as_bytes(), b"\xFF", "é".repeat(5000).as_bytes()].concat();
    c.calls[0].attempts.push(attempt(&name, false));
    let settings = Settings { timeline: true, ..Settings::default() };
    let (text, value) = json(&report(&[c], &settings));
    for c in ['\u{1b}', '\u{202e}', '\u{200b}', '\r'] {
        assert!(!text.contains(c), "{:x}", u32::from(c));
    }
    assert!(!text.contains("\\u001b") && !text.contains("\\r"), "{text}");
    let user = &value["conversations"][0]["calls"][0]["authentication"]["user"];
    let user = user.as_str().unwrap();
    assert!(user.starts_with("\\x1B[31mal\\u{202E}ice\\x0D\\x0A\\u{200B}\\xFFé"), "{user}");
    assert!(user.len() < 1000 && user.ends_with('…'));
    assert!(
        value["conversations"][0]["timeline"][0]["detail"].as_str().unwrap().starts_with("\\x1B")
    );
}

#[test]
fn fields_of_schema_1() {
    let c = conversation(1, Outcome::Failed, &["a", "b"]);
    let (text, value) = json(&report(&[c], &Settings::default()));
    let top: Vec<&String> = value.as_object().unwrap().keys().collect();
    for key in ["schema", "program", "captures", "conversations", "findings", "summary"] {
        assert!(top.iter().any(|k| *k == key), "{key}");
    }
    assert!(text.find("\"schema\"") < text.find("\"captures\""));
    let c = &value["conversations"][0];
    assert_eq!(value["schema"], 1);
    assert_eq!(c["outcome"], "failed");
    assert_eq!(c["stage"], "link");
    assert_eq!(c["primary"], Value::Null);
    assert_eq!(c["client"]["port"], Value::Null);
    assert_eq!(c["calls"][0]["encryption"], Value::Null);
    assert_eq!(c["calls"][0]["authentication"]["result"], "not-seen");
    assert!(c.get("timeline").is_none());
    assert_eq!(c["started"], "2023-11-14T22:13:21.000000000Z");
    assert_eq!(value["captures"][0]["link_types"], serde_json::json!(["EN10MB", "LINKTYPE_9999"]));
    assert_eq!(value["captures"][0]["notes"][0]["code"], "cut-short");
    assert_eq!(value["summary"]["failed"], 1);
}

#[test]
fn verified_only_where_secrets_were_given() {
    let mut c = conversation(1, Outcome::Connected, &["a"]);
    c.calls[0].attempts.push(attempt(b"bob", true));
    let told = |secrets| {
        let settings = Settings { secrets, ..Settings::default() };
        let (_, value) = json(&report(std::slice::from_ref(&c), &settings));
        value["conversations"][0]["calls"][0]["authentication"].clone()
    };
    assert!(told(false).get("verified").is_none());
    assert_eq!(told(true)["verified"], "not-checked");
    assert_eq!(told(true)["result"], "success");
}

#[test]
fn encryption_needs_both_acks() {
    let mut c = conversation(1, Outcome::Connected, &["a"]);
    let mppe = |bits_40, stateless| {
        Opt::Mppe(Mppe {
            bits_40,
            bits_56: false,
            bits_128: !bits_40,
            stateless,
            compression: false,
        })
    };
    c.calls[0].ccp.sides[0].acked = Some(mark(1));
    c.calls[0].ccp.sides[0].agreed = [mppe(false, true)].as_slice().into();
    let encryption = |c: &model::Conversation| {
        json(&report(std::slice::from_ref(c), &Settings::default())).1["conversations"][0]["calls"]
            [0]["encryption"]
            .clone()
    };
    assert_eq!(encryption(&c), Value::Null);
    c.calls[0].ccp.sides[1].acked = Some(mark(2));
    c.calls[0].ccp.sides[1].agreed = [mppe(true, true)].as_slice().into();
    let want = serde_json::json!({"method": "MPPE", "bits": 40, "stateless": true});
    assert_eq!(encryption(&c), want);
}

#[test]
fn says_what_is_missing() {
    let mut c = conversation(1, Outcome::Unknown, &["a", "b"]);
    c.visibility.gre = [false; 2];
    let view = report(&[c], &Settings::default());
    let missing = view.conversations[0].missing.join("\n");
    assert!(missing.contains("control connection") && missing.contains("protocol 47"), "{missing}");
    assert!(capture_command(1723).contains("'tcp port 1723 or proto 47 or icmp'"));
    assert!(capture_command(1724).contains("tcp port 1723 or tcp port 1724 or"));
}
