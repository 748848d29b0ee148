//! Rule files of the site: any text is taken or refused with a place in it; rules that are taken can be asked
//! of every conversation and change nothing but add their findings.

use std::sync::OnceLock;

use pptp_diag::report::view::Conversation;
use pptp_diag::site;

use super::conversations;
use super::files;
use super::frames;
use super::reports::steers;

/// The first octet chooses: a whole file, or a condition alone.
pub fn run(data: &[u8]) {
    let Some((&form, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    if form & 1 == 0 {
        file(text);
    } else if !text.contains("'''") {
        file(&format!(
            "[[rule]]\nid = \"A-1\"\ntitle = \"t\"\nseverity = \"notice\"\nsummary = \"s\"\nwhen = '''{text}'''\n"
        ));
    }
}

fn file(text: &str) {
    let source = site::Source { name: "own.toml".to_owned(), text: Ok(text.to_owned()) };
    match site::load(&[source]) {
        Ok(rules) => {
            let _ = rules.need_timeline();
            for rule in rules.all() {
                assert!(rules.find(&rule.id).is_some(), "{}", rule.id);
                assert!(!rule.title.chars().any(steers), "{:?}", rule.title);
            }
            for known in samples() {
                let mut asked = known.clone();
                rules.apply(&mut asked);
                assert!(asked.findings.len() <= known.findings.len() + rules.all().len());
                assert_eq!(asked.primary, known.primary);
                let of = |c: &Conversation| c.primary_finding().map(|f| f.rule.clone());
                assert_eq!(of(&asked), of(known));
            }
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            let lines = text.split('\n').count();
            for mistake in &mistakes {
                let said = mistake.to_string();
                assert!(!said.chars().any(steers), "{said:?}");
                if let Some(place) = &mistake.place {
                    assert!((1..=lines).contains(&place.line), "{place:?}");
                    assert!(place.column >= 1);
                }
                for line in mistake.excerpt().into_iter().flatten() {
                    assert!(!line.chars().any(steers), "{line:?}");
                    assert!(line.len() <= 4000, "{} octets", line.len());
                }
            }
        }
    }
}

fn samples() -> &'static [Conversation] {
    static PARSED: OnceLock<Vec<Conversation>> = OnceLock::new();
    PARSED.get_or_init(|| {
        (0..8)
            .flat_map(|n| {
                let analysis = conversations::analysis(&frames::read(&[0x80, n]));
                files::mirror(&analysis, Vec::new()).conversations
            })
            .collect()
    })
}
