//! Names and addresses, in sentences and in fields.

use super::*;
use crate::model::conversation::Outcome;
use crate::report::Format;
use crate::report::render;
use crate::report::style::Style;
use crate::report::view::Settings;
use crate::report::view::tests::attempt;
use crate::report::view::tests::conversation;
use crate::report::view::tests::report;

fn redacted(user: &[u8], texts: &[&str]) -> View {
    let mut c = conversation(1, Outcome::Failed, texts);
    c.calls[0].attempts.push(attempt(user, false));
    redact(report(&[c], &Settings { timeline: true, names: true, ..Settings::default() }))
}

fn details(user: &[u8], texts: &[&str]) -> Vec<String> {
    redacted(user, texts).conversations[0].timeline.iter().map(|s| s.detail.clone()).collect()
}

#[test]
fn names_and_addresses_everywhere_the_same() {
    let shown = details(
        b"BOREALIS\\jdoe",
        &[
            "id 1, user \"BOREALIS\\jdoe\", of JDOE (Borealis), not jdoes, xjdoe or jdoe_2",
            "from 192.0.2.10:5000 and [fe80::99]:7 to 192.0.2.20, address 10.9.8.7.",
            "192.0.2.10 asks for 0.0.0.0, see §4.1.2.3 and 2.4.7",
        ],
    );
    assert_eq!(
        shown[0],
        "id 1, user \"domain-1\\user-1\", of user-1 (domain-1), not jdoes, xjdoe or jdoe_2"
    );
    assert_eq!(
        shown[1],
        "from 192.0.2.1:5000 and [2001:db8::1]:7 to 198.51.100.1, address 203.0.113.1."
    );
    assert_eq!(shown[2], "192.0.2.1 asks for 0.0.0.0, see §4.1.2.3 and 2.4.7");
}

#[test]
fn a_name_that_is_a_word_stays_a_word() {
    let view = redacted(b"Server", &["the server said \"server\" to \"acme\\SERVER\""]);
    let c = &view.conversations[0];
    assert_eq!(c.timeline[0].detail, "the server said \"user-1\" to \"acme\\user-1\"");
    assert_eq!(c.calls[0].authentication.user.as_deref(), Some("user-1"));
}

#[test]
fn names_that_are_cut_or_hostile() {
    let long = "é\u{202e}x".repeat(3000);
    let view = redacted(long.as_bytes(), &[&long, &format!("user \"{long}\"")]);
    let c = &view.conversations[0];
    let user = c.calls[0].authentication.user.as_deref().unwrap();
    assert!(user.starts_with("user-") && user.len() < 12, "{user}");
    for step in &c.timeline {
        assert!(!step.detail.contains('é') && step.detail.contains("user-"), "{}", step.detail);
    }
    let view = redacted(b"\x1b[31m<b>\"", &["id 1, user \"\u{1b}[31m<b>\"\", again"]);
    assert_eq!(view.conversations[0].timeline[0].detail, "id 1, user \"user-1\", again");
    assert_eq!(view.captures[0].name, "capture-1");
}

#[test]
fn nothing_original_in_any_format() {
    let view = redacted(b"jdoe@acme.example", &["name \"jdoe@acme.example\" at 192.0.2.10"]);
    for format in Format::ALL {
        let mut out = Vec::new();
        render(format, &view, &Style { verbose: true, ..Style::default() }, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        for word in ["jdoe", "acme", "192.0.2.10"] {
            assert!(!text.contains(word), "{}: {word}", format.name());
        }
    }
}
