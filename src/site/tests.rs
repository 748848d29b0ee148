//! Rule files as operators write them, and their mistakes; rules on the mirror of a conversation.

use proptest::prelude::*;

use super::*;
use crate::report::view::Origin;
use crate::report::view::tests::HOSTILE;
use crate::report::view::tests::failed;
use crate::rules::Certainty;

fn loaded(files: &[&str]) -> Result<SiteRules, Vec<String>> {
    let source = |(n, text): (usize, &&str)| Source {
        name: format!("{n}.toml"),
        text: Ok((*text).to_owned()),
    };
    let sources: Vec<Source> = files.iter().enumerate().map(source).collect();
    load(&sources).map_err(|all| all.iter().map(ToString::to_string).collect())
}

fn rule(id: &str, severity: &str, when: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\ntitle = \"T\"\nseverity = \"{severity}\"\nwhen = '''{when}'''\n"
    )
}

#[test]
fn a_rule_with_everything() {
    let text = r#"
        [[rule]]
        id = "SITE-001"
        title = "PAP is forbidden here"
        severity = "warning"
        when = 'calls.authentication.method == "PAP"'
        detail = """
        Two
        lines."""
        client_sees = ["nothing"]
        fix = [{ on = "server", text = "Take `require-pap` out." }]
        references = ["https://wiki.example/pptp"]
    "#;
    let rules = loaded(&[text]).unwrap();
    let [rule] = rules.all() else { panic!() };
    assert_eq!((rule.id.as_str(), rule.severity), ("SITE-001", Severity::Warning));
    assert_eq!(
        (rule.summary.as_str(), rule.detail.as_str()),
        ("PAP is forbidden here", "Two lines.")
    );
    assert_eq!((rule.fix.len(), rule.client_sees.len(), rule.references.len()), (1, 1, 1));
    assert!(rules.find("site-001").is_some() && rules.find("SITE-002").is_none());
    assert!(!rules.need_timeline());
    let timed = loaded(&[&rule_text_with_timeline()]).unwrap();
    assert!(timed.need_timeline());
}

#[test]
fn what_comes_with_the_timeline_asks_for_it() {
    for condition in [
        "any(calls, count(echoes, round_trip > 0.5) > 2)",
        "calls.series.to_server.missing > 20 && outcome == 'connected'",
    ] {
        assert!(loaded(&[&rule("A", "notice", condition)]).unwrap().need_timeline(), "{condition}");
    }
}

fn rule_text_with_timeline() -> String {
    rule("A", "notice", "!(outcome == 'failed' && count(timeline, from == 'client') > 1)")
}

#[test]
fn every_mistake_of_every_file_with_its_place() {
    let first = "[[rule]]\nid = \"PD0001\"\ntitel = \"x\"\nseverity = \"falt\"\nwhen = '''\n  outcome == 1\n  && calls.auth.user == 'x'\n'''\n";
    let second = "[[rule]]\nid = \"A\"\ntitle = 1\nseverity = \"fault\"\nwhen = \"a \\\" b\"\nfix = [{ on = \"router\", text = \"\" }, 1]\n[[rule]]\n[other]\n";
    let third = "[[rule]\nid = 1\nx = = 2\n";
    let said = loaded(&[first, second, third, ""]).unwrap_err();
    let mut expected = [
        "0.toml:1:1: missing key `title`",
        "0.toml:2:6: ids of PD and a digit",
        "0.toml:3:1: unknown key `titel`; did you mean `title`?",
        "0.toml:4:12: no severity is called \"falt\"; did you mean \"fault\"?",
        "0.toml:6:14: `outcome` is a name, not a number",
        "0.toml:7:6: no field `calls.auth` in the report; did you mean `calls.authentication`?",
        "1.toml:3:9: `title`: expected a text",
        "1.toml:5:11: expected an operator",
        "1.toml:6:15: expected one of client, server",
        "1.toml:6:32: `text` must not be empty",
        "1.toml:6:38: expected a list of steps",
        "1.toml:7:1: missing key `id`",
        "1.toml:7:1: missing key `when`",
        "1.toml:8:2: unknown key `other`; expected `[[rule]]` only",
        "2.toml:1:",
        "2.toml:3:5: no TOML",
        "3.toml: no `[[rule]]`",
    ]
    .into_iter();
    for want in expected.by_ref() {
        assert!(said.iter().any(|s| s.starts_with(want)), "{want}\n{said:#?}");
    }
}

#[test]
fn ids_are_used_once() {
    let (a, b) = (rule("A", "fault", "outcome == 'failed'"), rule("B", "fault", "missing == null"));
    assert_eq!(loaded(&[&a, &b]).unwrap().all().len(), 2);
    let said = loaded(&[&(a.clone() + &b), &a]).unwrap_err();
    assert_eq!(said, ["1.toml:2:6: the id A is used before, at 0.toml:2"]);
    // A rule that is wrong otherwise has an id all the same.
    let said = loaded(&[&a, &rule("A", "fault", "x == 1")]).unwrap_err();
    assert!(said.len() == 2 && said[0].contains("is used before"), "{said:?}");
    for id in ["a", "1A", "A B", "", "PD1", "Ä"] {
        assert!(loaded(&[&rule(id, "fault", "missing == null")]).is_err(), "{id}");
    }
    assert!(loaded(&[&rule("PDX-1", "fault", "missing == null")]).is_ok());
}

#[test]
fn bounds_are_errors() {
    let many: String =
        (0..=10_000).map(|n| rule(&format!("A{n}"), "notice", "missing == null")).collect();
    let said = loaded(&[many.as_str()]).unwrap_err();
    assert!(said.len() == 1 && said[0].contains("more than 10000 rules"), "{said:?}");
    let large = format!("# {}\n", "x".repeat(1 << 20));
    assert!(loaded(&[&large]).unwrap_err()[0].contains("larger than 1048576 octets"));
    let deep = format!("x = {}", "[".repeat(100_000));
    assert!(loaded(&[&deep]).is_err());
    let wrong = rule("A", "fault", &vec!["x"; 50_000].join("||"));
    assert_eq!(loaded(&[&wrong]).unwrap_err().len(), 100);
    let keys = (0..50_000).map(|n| format!("a{n} = 1")).collect::<Vec<_>>().join("\n");
    assert!(loaded(&[&format!("[[rule]]\n{keys}")]).unwrap_err().len() > 50_000);
    let deep = rule("A", "fault", &"(".repeat(70));
    assert!(loaded(&[&deep]).unwrap_err()[0].contains("nested too deeply"));
}

/// A mirror with its timeline and one catalogue finding of the given severity that is its root cause.
fn mirror(severity: Option<Severity>) -> view::Conversation {
    let mut mirror = failed(&["a", HOSTILE, "b"]);
    if let Some(severity) = severity {
        mirror.primary = Some("PD2001");
        mirror.findings.push(view::Finding {
            rule: "PD2001".into(),
            name: "x".into(),
            origin: Origin::Catalogue,
            severity,
            certainty: Certainty::Likely,
            summary: String::new(),
            detail: String::new(),
            client_sees: Vec::new(),
            evidence: Vec::new(),
            fix: Vec::new(),
            references: Vec::new(),
            filter: String::new(),
            missing: None,
            explains: Vec::new(),
            conversations: Vec::new(),
        });
    }
    mirror
}

fn applied(rules: &str, mut mirror: view::Conversation) -> view::Conversation {
    loaded(&[rules]).unwrap().apply(&mut mirror);
    mirror
}

#[test]
fn findings_stand_behind_what_is_as_bad() {
    let rules = rule("N", "notice", "outcome == 'failed'")
        + &rule("F", "fault", "findings.rule == 'PD2001'")
        + &rule("NONE", "fault", "findings.rule == 'N'")
        + &rule("G", "fault", "duration == 2");
    let order =
        |c: &view::Conversation| c.findings.iter().map(|f| f.rule.to_string()).collect::<Vec<_>>();
    let c = applied(&rules, mirror(Some(Severity::Fault)));
    assert_eq!(order(&c), ["PD2001", "F", "G", "N"]);
    assert_eq!(c.primary_finding().map(|f| &*f.rule), Some("PD2001"));
    assert!(!c.only_site_faults());
    // The root cause stays first even where it is the lesser evil.
    let c = applied(&rules, mirror(Some(Severity::Notice)));
    assert_eq!(order(&c), ["PD2001", "F", "G", "N"]);
    let c = applied(&rules, mirror(None));
    assert_eq!(order(&c), ["G", "N"]);
    assert!(c.primary_finding().is_none() && c.only_site_faults());
    assert_eq!(c.findings[0].label(), "G (site rule)");
    assert_eq!(c.outcome.name(), "failed");
}

#[test]
fn messages_are_evidence() {
    let c = applied(&rule("A", "fault", "timeline.from == 'client'"), mirror(None));
    let f = &c.findings[0];
    assert_eq!(f.evidence.iter().map(|e| e.frame).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(f.filter, "frame.number in {1,3}");
    assert_eq!(f.origin, Origin::Site);
    let texts = vec!["x"; 50];
    let c = applied(&rule("A", "fault", "timeline.detail == 'x'"), failed(&texts));
    assert_eq!(c.findings[0].evidence.len(), 10);
    let none = applied(&rule("A", "fault", "timeline.detail == 'y'"), mirror(None));
    assert!(none.findings.is_empty());
}

proptest! {
    #[test]
    fn never_panics_on_any_file(text in any::<String>(), when in any::<String>()) {
        let _ = loaded(&[&text]);
        let _ = loaded(&[&rule("A", "fault", &when)]);
        let quoted = format!("[[rule]]\nwhen = {}", serde_json::Value::from(when));
        let _ = loaded(&[&quoted]);
    }
}
