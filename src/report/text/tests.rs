//! The text form: what must be on the page, whatever the capture holds.

use super::*;
use crate::base::addr::Dir;
use crate::capture::CaptureFacts;
use crate::model::conversation as model;
use crate::model::event::Timeline;
use crate::report::view::Capture;
use crate::report::view::Settings;
use crate::report::view::tests::HOSTILE;
use crate::report::view::tests::attempt;
use crate::report::view::tests::conversation;
use crate::report::view::tests::report;

fn text(conversations: &[model::Conversation], style: Style) -> String {
    let settings = Settings { timeline: style.verbose, ..Settings::default() };
    let mut out = Vec::new();
    render(&report(conversations, &settings), &style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn narrow() -> Style {
    Style { width: 80, ..Style::default() }
}

/// Commands and filters are not wrapped: they are to be copied.
fn assert_fits(page: &str, width: usize) {
    for line in page.lines().filter(|l| !l.contains("tcpdump")) {
        assert!(crate::report::layout::width(line) <= width, "{line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

#[test]
fn a_healthy_conversation_is_three_lines() {
    let mut c = conversation(1, Outcome::Connected, &["a"; 17]);
    c.calls[0].attempts.push(attempt(b"alice", true));
    let page = text(&[c], narrow());
    let body = page.split("\n\n").nth(1).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let want = "CONNECTED: user alice, PAP client 192.0.2.10 → server 192.0.2.20 2023-11-14 22:13:21 \
                UTC, 16 s; no control connection in the capture; no fault found";
    assert_eq!(body, want);
}

#[test]
fn a_failure_that_no_rule_explains_says_so() {
    let texts: Vec<String> = (1..=30).map(|n| format!("id {n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let page = text(&[conversation(1, Outcome::Failed, &texts)], narrow());
    assert!(page.contains("FAILED at link: no rule of the catalogue fits"), "{page}");
    assert!(page.contains("tcp ?  control ?  call ?  link ✗  authentication ·"), "{page}");
    assert!(
        page.contains("id 30") && page.contains("id 21") && !page.contains("id 20\n"),
        "{page}"
    );
    assert_fits(&page, 80);
}

#[test]
fn unknown_says_where_to_capture() {
    let page = text(&[conversation(1, Outcome::Unknown, &["a", "b"])], narrow());
    assert!(page.contains("UNKNOWN at link"), "{page}");
    assert!(page.contains("What is missing") && page.contains("tcpdump -i eth0"), "{page}");
}

#[test]
fn hostile_text_stays_on_its_line() {
    let mut c = conversation(1, Outcome::Failed, &[HOSTILE, &"A".repeat(10_000), HOSTILE]);
    let name = [HOSTILE.as_bytes(), "Z".repeat(10_000).as_bytes()].concat();
    c.calls[0].attempts.push(attempt(&name, false));
    for style in [
        narrow(),
        Style { verbose: true, ..narrow() },
        Style { unicode: false, ..narrow() },
        Style { width: 1, ..narrow() },
    ] {
        let page = text(&[c.clone(), conversation(2, Outcome::Unknown, &[HOSTILE])], style);
        assert_fits(&page, 81);
        assert!(style.unicode || page.is_ascii(), "{page}");
        assert!(page.contains("\\x1B[31mal"), "{page}");
    }
}

#[test]
fn ladder_folds_and_marks() {
    let verbose = Style { verbose: true, ..narrow() };
    let mut c = conversation(1, Outcome::Failed, &["same"; 12]);
    let mut timeline = Timeline::default();
    for event in c.timeline.iter() {
        let mut event = *event;
        event.dir = Dir::ToServer;
        timeline.push(event, "same");
    }
    c.timeline = timeline;
    let page = text(&[c], verbose);
    assert!(page.contains("│─────▶│"), "{page}");
    assert!(page.contains("same × 12 in 11 s, to"), "{page}");
}

#[test]
fn many_conversations_are_told_by_kind() {
    let all: Vec<model::Conversation> = (1..=50)
        .map(|n| {
            let outcome = if n % 2 == 0 { Outcome::Failed } else { Outcome::Connected };
            conversation(n, outcome, &["a"])
        })
        .collect();
    let page = text(&all, narrow());
    assert!(page.contains("50 conversations with the server 192.0.2.20: 25 failed, 25 connected"));
    assert!(page.contains("25   FAILED at link   no rule fits"), "{page}");
    assert!(page.contains("5 more are not shown in detail"), "{page}");
    assert_eq!(page.matches("FAILED at link: no rule").count(), 20);
    assert!(
        page.trim_end().ends_with(
            "50 conversations: 25 connected, 25 failed, 0 unknown; 0 faults, 0 warnings."
        )
    );
    assert_fits(&page, 80);
    let few = text(&all[..3], narrow());
    assert!(few.contains("client       user   result"), "{few}");
    assert!(few.find("#2 FAILED") < few.find("3 conversations: 2 connected"), "{few}");
}

#[test]
fn nothing_found_says_how_to_capture() {
    let page = text(&[], narrow());
    assert!(
        page.contains("NO PPTP FOUND: none of the 1,234 frames (link type EN10MB, LINKTYPE_9999)")
    );
    assert!(page.contains("tcpdump -i eth0 -s 0 -w pptp.pcap 'tcp port 1723 or proto 47 or icmp'"));
    assert!(page.contains("breaks off\\x1B"), "{page}");
    let mut out = Vec::new();
    let empty = View::new(
        vec![Capture::new(&CaptureFacts::default(), [])],
        Vec::new(),
        Vec::new(),
        Vec::new(),
    );
    render(&empty, &narrow(), &mut out).unwrap();
    assert!(String::from_utf8(out).unwrap().contains("NO PPTP FOUND: there is nothing in it."));
}

#[test]
fn colours_add_nothing_but_colour() {
    let c = [conversation(1, Outcome::Failed, &["a"]), conversation(2, Outcome::Connected, &["a"])];
    let plain = text(&c, narrow());
    let colour = text(&c, Style { color: true, ..narrow() });
    assert!(colour.contains("\x1b[1;31m"));
    let mut stripped = String::new();
    let mut rest = colour.as_str();
    while let Some((before, after)) = rest.split_once('\x1b') {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain);
}
