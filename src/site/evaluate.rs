//! Whether a condition holds of a conversation's JSON, and the messages and findings that make it hold.
//!
//! What is not there equals nothing and differs from nothing: every comparison with it is false, but
//! `== null`, which asks for just that. Beyond a list a comparison holds where it does for any element.

use serde_json::Value;

use super::FINDINGS;
use super::TIMELINE;
use super::compare::compare;
use super::expression::Condition;
use super::expression::Operand;
use super::expression::Path;

/// An element of one of the lists whose elements have frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// A message, by its index.
    Message(usize),
    /// A finding, by its index.
    Finding(usize),
}

/// Whether it holds; `found` gets what made it hold, in the order in which it was asked for.
pub(super) fn holds(condition: &Condition, conversation: &Value, found: &mut Vec<Element>) -> bool {
    evaluate(condition, Scope { value: conversation, element: None, whole: true }, found)
}

/// Where paths begin.
#[derive(Clone, Copy)]
struct Scope<'v> {
    value: &'v Value,
    /// The message or finding that it lies in.
    element: Option<Element>,
    /// Whether it is the conversation itself.
    whole: bool,
}

fn evaluate(condition: &Condition, scope: Scope<'_>, found: &mut Vec<Element>) -> bool {
    let before = found.len();
    let holds = match condition {
        // Every part is asked, so that all that speaks for it is found.
        Condition::Either(all) => {
            all.iter().filter(|part| evaluate(part, scope, found)).count() > 0
        }
        Condition::Both(all) => all.iter().all(|part| evaluate(part, scope, found)),
        // What makes a thing hold is no evidence of its contrary.
        Condition::Not(it) => !evaluate(it, scope, &mut Vec::new()),
        Condition::Any(list, it) => matching(list, Some(it), scope, found) > 0,
        Condition::Is(path) => {
            some(path, scope, found, |v| v.and_then(Value::as_bool) == Some(true))
        }
        Condition::Test(Operand::Count(list, it), operator, literal) => {
            let count = Value::from(matching(list, it.as_deref(), scope, found));
            compare(Some(&count), operator.it, &literal.it)
        }
        Condition::Test(Operand::Field(path), operator, literal) => {
            some(path, scope, found, |v| compare(v, operator.it, &literal.it))
        }
    };
    if !holds {
        found.truncate(before);
    }
    holds
}

/// Number of the elements of a list for which a condition holds.
fn matching(
    list: &Path,
    condition: Option<&Condition>,
    scope: Scope<'_>,
    found: &mut Vec<Element>,
) -> usize {
    let mut count = 0;
    each(list, scope, &mut |value, element| {
        let Some(value) = value else { return };
        let Some(condition) = condition else {
            count += 1;
            return;
        };
        if evaluate(condition, Scope { value, element, whole: false }, found) {
            count += 1;
            note(element, found);
        }
    });
    count
}

/// Whether the test holds for any value that a path leads to.
fn some(
    path: &Path,
    scope: Scope<'_>,
    found: &mut Vec<Element>,
    test: impl Fn(Option<&Value>) -> bool,
) -> bool {
    let mut any = false;
    each(path, scope, &mut |value, element| {
        if test(value) {
            any = true;
            note(element, found);
        }
    });
    any
}

fn note(element: Option<Element>, found: &mut Vec<Element>) {
    // Elements come one after the other, so a repeat is the newest.
    if let Some(element) = element.filter(|e| found.last() != Some(e)) {
        found.push(element);
    }
}

type Visit<'f> = dyn FnMut(Option<&Value>, Option<Element>) + 'f;

/// Visits every value that a path leads to, `None` for one that is absent or null.
fn each(path: &Path, scope: Scope<'_>, visit: &mut Visit<'_>) {
    let words: Vec<&str> = path.words().collect();
    let list = words.first().filter(|_| scope.whole).copied().unwrap_or_default();
    step(scope.value, &words, scope.element, list, visit);
}

fn step(
    value: &Value,
    words: &[&str],
    element: Option<Element>,
    list: &str,
    visit: &mut Visit<'_>,
) {
    match (value, words.split_first()) {
        (Value::Null, _) => visit(None, element),
        (Value::Array(all), _) if all.is_empty() => visit(None, element),
        (Value::Array(all), _) => {
            for (n, inner) in all.iter().enumerate() {
                let element = element.or(match list {
                    TIMELINE => Some(Element::Message(n)),
                    FINDINGS => Some(Element::Finding(n)),
                    _ => None,
                });
                step(inner, words, element, list, visit);
            }
        }
        (value, None) => visit(Some(value), element),
        (value, Some((word, rest))) => match value.get(word) {
            Some(inner) => step(inner, rest, element, list, visit),
            None => visit(None, element),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::expression::parse;
    use crate::site::expression::tests::any_condition;
    use proptest::prelude::*;
    use serde_json::json;

    fn conversation() -> Value {
        json!({
            "outcome": "failed",
            "client": { "address": "10.20.3.4", "port": 1025, "implementation": null },
            "calls": [
                { "authentication": { "method": "PAP", "user": "Bob" }, "encryption": null },
                { "authentication": { "method": "MS-CHAPv2", "user": null },
                  "encryption": { "bits": 128, "stateless": true } }
            ],
            "findings": [
                { "rule": "PD8001", "explains": [] }, { "rule": "PD4001", "explains": ["PD0008"] }
            ],
            "timeline": [
                { "label": "PAP Request", "from": "client" }, { "label": "PAP Ack", "from": "server" },
                { "label": "LCP Echo-Request", "from": "client" }
            ],
            "missing": []
        })
    }

    fn told(text: &str) -> (bool, Vec<Element>) {
        let mut found = Vec::new();
        let holds = holds(&parse(text).unwrap(), &conversation(), &mut found);
        (holds, found)
    }

    #[test]
    fn tests_hold_for_any_element() {
        for (text, want) in [
            ("outcome == 'failed'", true),
            ("outcome == 'Failed'", false),
            ("calls.authentication.method == 'PAP'", true),
            ("calls.authentication.method != 'PAP'", true),
            ("!(calls.authentication.method == 'PAP')", false),
            ("calls.authentication.method == 'PAP' && calls.encryption.bits == 128", true),
            ("any(calls, authentication.method == 'PAP' && encryption.bits == 128)", false),
            ("any(calls, authentication.method == 'PAP' && encryption == null)", true),
            ("calls.encryption.stateless", true),
            ("calls.encryption.bits < 128 or calls.encryption.bits >= 129", false),
            ("client.address in '10.20.0.0/16'", true),
            ("client.address in ['192.0.2.0/24', '10.20.3.4']", true),
            ("client.address in ['192.0.2.0/24', '10.20.3.5/32']", false),
            ("calls.authentication.user in ['Bob', 'Eve']", true),
            ("calls.authentication.user contains 'o' && outcome starts with 'fai'", true),
            ("outcome ends with 'D'", false),
            ("calls.authentication.user matches 'b?B*'", true),
            ("count(calls) == 2 && count(calls.authentication.user) == 1", true),
            ("count(timeline, from == 'client') >= 2", true),
            ("client.port == 1025 && client.port > 1024.5", true),
        ] {
            assert_eq!(told(text).0, want, "{text}");
        }
    }

    #[test]
    fn what_is_absent_equals_nothing() {
        for (text, want) in [
            ("client.implementation == 'x'", false),
            ("client.implementation != 'x'", false),
            ("client.implementation == null", true),
            ("client.implementation != null", false),
            ("client.nothing.such == null", true),
            ("client.port < 9999 && !(client.nothing < 9999)", true),
            ("calls.authentication.user == null", true),
            ("calls.authentication.user != null", true),
            ("missing == null && views == null", true),
            ("count(missing) == 0 && count(views) == 0", true),
            ("any(views, lost.to_server == null)", false),
            ("client.implementation matches '*'", false),
        ] {
            assert_eq!(told(text).0, want, "{text}");
        }
    }

    #[test]
    fn finds_what_made_it_hold() {
        let (request, ack) = (Element::Message(0), Element::Message(1));
        assert_eq!(told("timeline.label starts with 'PAP'").1, [request, ack]);
        assert_eq!(told("any(timeline, label contains 'PAP' && from == 'server')").1, [ack]);
        assert_eq!(told("count(timeline, from == 'server') == 1").1, [ack]);
        assert_eq!(told("count(timeline, from == 'server') > 1").1, []);
        assert_eq!(told("findings.explains == 'PD0008'").1, [Element::Finding(1)]);
        assert_eq!(told("!(timeline.label == 'x') && outcome == 'failed'").1, []);
        assert_eq!(told("timeline.from == 'server' && outcome == 'unknown'").1, []);
        assert_eq!(told("outcome == 'failed' || timeline.from == 'server'").1, [ack]);
    }

    proptest! {
        #[test]
        fn never_panics(condition in any_condition()) {
            let _ = holds(&condition, &conversation(), &mut Vec::new());
        }
    }
}
