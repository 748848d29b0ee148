//! A condition against the fields of the report: what does not exist or cannot be compared is refused
//! when the rules are loaded.

use std::net::IpAddr;
use std::ops::Range;

use super::address::Network;
use super::expression::Condition;
use super::expression::Literal;
use super::expression::Operand;
use super::expression::Operator;
use super::expression::Path;
use super::expression::Placed;
use super::fields::Kind;
use crate::base::spelling;
use crate::base::text::visible;

/// Checks a condition whose paths begin at `scope`; returns everything that is wrong.
pub(super) fn check(condition: &Condition, scope: &Kind) -> Vec<Placed<String>> {
    let mut mistakes = Vec::new();
    walk(condition, scope, &mut mistakes);
    mistakes
}

/// Whether one of these fields is on a path of the condition.
pub(super) fn mentions(condition: &Condition, fields: &[&str]) -> bool {
    let leads = |path: &Path| path.words().any(|word| fields.contains(&word));
    match condition {
        Condition::Either(all) | Condition::Both(all) => all.iter().any(|c| mentions(c, fields)),
        Condition::Not(it) => mentions(it, fields),
        Condition::Any(path, it) => leads(path) || mentions(it, fields),
        Condition::Is(path) | Condition::Test(Operand::Field(path), ..) => leads(path),
        Condition::Test(Operand::Count(path, it), ..) => {
            leads(path) || it.as_ref().is_some_and(|it| mentions(it, fields))
        }
    }
}

type Mistakes = Vec<Placed<String>>;

fn walk(condition: &Condition, scope: &Kind, out: &mut Mistakes) {
    match condition {
        Condition::Either(all) | Condition::Both(all) => {
            for part in all {
                walk(part, scope, out);
            }
        }
        Condition::Not(it) => walk(it, scope, out),
        Condition::Any(list, it) => elements(list, Some(it), scope, out),
        Condition::Is(path) => match scope.follow(path) {
            Ok(target) if *target.kind == Kind::Boolean => {}
            Ok(target) => {
                let kind = target.kind.name();
                wrong(
                    out,
                    path.at(),
                    format!("`{path}` is {kind}: expected a comparison, as `{path} == …`"),
                );
            }
            Err(e) => out.push(e),
        },
        Condition::Test(Operand::Count(list, it), operator, literal) => {
            elements(list, it.as_deref(), scope, out);
            compare("a count", &Kind::Number, operator, literal, out);
        }
        Condition::Test(Operand::Field(path), operator, literal) => match scope.follow(path) {
            Ok(target) => compare(&format!("`{path}`"), target.kind, operator, literal, out),
            Err(e) => out.push(e),
        },
    }
}

/// The list of `any` or `count`, and what is asked of its elements.
fn elements(list: &Path, condition: Option<&Condition>, scope: &Kind, out: &mut Mistakes) {
    match scope.follow(list) {
        Err(e) => out.push(e),
        Ok(target) if !target.many => {
            wrong(out, list.at(), format!("`{list}` is no list: there is only one"));
        }
        Ok(target) => {
            if let Some(condition) = condition {
                walk(condition, target.kind, out);
            }
        }
    }
}

fn compare(
    what: &str,
    kind: &Kind,
    operator: &Placed<Operator>,
    literal: &Placed<Literal>,
    out: &mut Mistakes,
) {
    let sign = operator.it.sign();
    let text = matches!(kind, Kind::Text | Kind::Name(_) | Kind::Address);
    match operator.it {
        Operator::Equal | Operator::Unequal => {
            // Whether it is there at all may be asked of everything.
            if literal.it != Literal::Null {
                value(what, kind, literal, out);
            }
        }
        Operator::Less | Operator::AtMost | Operator::Greater | Operator::AtLeast => {
            if *kind != Kind::Number {
                let text = format!("`{sign}` compares numbers, but {what} is {}", kind.name());
                wrong(out, operator.at.clone(), text);
            } else if !matches!(literal.it, Literal::Number(_)) {
                mismatch(what, kind, literal, out);
            }
        }
        Operator::Contains | Operator::StartsWith | Operator::EndsWith | Operator::Matches => {
            if !text {
                let text = format!("`{sign}` is for texts, but {what} is {}", kind.name());
                wrong(out, operator.at.clone(), text);
            } else if !matches!(literal.it, Literal::Text(_)) {
                let text = format!("expected a text after `{sign}`, found {}", name(&literal.it));
                wrong(out, literal.at.clone(), text);
            }
        }
        Operator::In => within(what, kind, literal, out),
    }
}

/// The right side of `in`: a list of values, or a network.
fn within(what: &str, kind: &Kind, literal: &Placed<Literal>, out: &mut Mistakes) {
    match (&literal.it, kind) {
        (Literal::List(all), Kind::Address) => {
            for one in all {
                network(what, one, out);
            }
        }
        (Literal::List(all), _) => {
            for one in all {
                value(what, kind, one, out);
            }
        }
        (_, Kind::Address) => network(what, literal, out),
        (found, _) => {
            let text =
                format!("expected a list after `in`, as [\"a\", \"b\"], found {}", name(found));
            wrong(out, literal.at.clone(), text);
        }
    }
}

fn network(what: &str, literal: &Placed<Literal>, out: &mut Mistakes) {
    match &literal.it {
        Literal::Text(text) if Network::parse(text).is_some() => {}
        Literal::Text(text) => {
            let text = visible(text, LONGEST_SHOWN);
            let text = format!("\"{text}\" is no network; expected one as \"10.20.0.0/16\"");
            wrong(out, literal.at.clone(), text);
        }
        _ => mismatch(what, &Kind::Address, literal, out),
    }
}

/// A value that a field is said to equal.
fn value(what: &str, kind: &Kind, literal: &Placed<Literal>, out: &mut Mistakes) {
    match (kind, &literal.it) {
        (Kind::Text, Literal::Text(_))
        | (Kind::Number, Literal::Number(_))
        | (Kind::Boolean, Literal::Boolean(_)) => {}
        (Kind::Name(names), Literal::Text(text)) => {
            if names.contains(text) {
                return;
            }
            let hint = match spelling::nearest(text, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("it is one of \"{}\"", names.join("\", \"")),
            };
            let text = visible(text, LONGEST_SHOWN);
            wrong(out, literal.at.clone(), format!("{what} is never \"{text}\"; {hint}"));
        }
        // The report writes an address in one way only; another spelling would never be equal.
        (Kind::Address, Literal::Text(text)) => match text.parse::<IpAddr>() {
            Ok(address) if address.to_string() == *text => {}
            Ok(address) => {
                let text = format!("the report writes this address \"{address}\"");
                wrong(out, literal.at.clone(), text);
            }
            Err(_) if Network::parse(text).is_some() => {
                wrong(
                    out,
                    literal.at.clone(),
                    "a network stands after `in`, not after `==`".into(),
                );
            }
            Err(_) => {
                let text = format!("\"{}\" is no IP address", visible(text, LONGEST_SHOWN));
                wrong(out, literal.at.clone(), text);
            }
        },
        _ => mismatch(what, kind, literal, out),
    }
}

fn mismatch(what: &str, kind: &Kind, literal: &Placed<Literal>, out: &mut Mistakes) {
    let text = format!("{what} is {}, not {}", kind.name(), name(&literal.it));
    wrong(out, literal.at.clone(), text);
}

const fn name(literal: &Literal) -> &'static str {
    match literal {
        Literal::Null => "null",
        Literal::Boolean(_) => "true or false",
        Literal::Number(_) => "a number",
        Literal::Text(_) => "a text",
        Literal::List(_) => "a list",
    }
}

fn wrong(out: &mut Mistakes, at: Range<usize>, it: String) {
    out.push(Placed { at, it });
}

const LONGEST_SHOWN: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::expression::parse;
    use crate::site::expression::tests::any_condition;
    use proptest::prelude::*;

    fn mistakes(text: &str) -> Vec<(usize, String)> {
        let found = check(&parse(text).unwrap(), &Kind::conversation());
        found.into_iter().map(|m| (m.at.start, m.it)).collect()
    }

    #[test]
    fn accepts_what_the_report_can_answer() {
        for text in [
            r#"calls.authentication.method == "PAP" && client.address in "10.20.0.0/16""#,
            r#"findings.rule == "PD8001" or timeline.label contains "Challenge""#,
            "any(calls, authentication.method in ['PAP', 'none'] && encryption == null)",
            "count(timeline, label matches 'CHAP*' && from == 'server') > 3 && duration >= 1.5",
            "any(findings, any(evidence, culprit) && !(fix.on == 'client'))",
            "server.address in ['10.0.0.0/8', '192.0.2.1', 'fd00::/8'] && client.port != null",
            "client.implementation_verified == false and count(views) == 0",
            "missing contains 'GRE' && calls == null",
        ] {
            assert_eq!(mistakes(text), [], "{text}");
        }
    }

    #[test]
    fn refuses_what_it_cannot() {
        for (text, at, says) in [
            ("outcome == 'conected'", 11, "did you mean \"connected\"?"),
            ("outcome == 'x'", 11, "one of \"connected\", \"failed\", \"unknown\""),
            ("outcome in ['failed', 'x']", 22, "is never \"x\""),
            ("outcome < 'failed'", 8, "compares numbers"),
            ("client.port == '1723'", 15, "is a number, not a text"),
            ("client.port < '1'", 14, "is a number, not a text"),
            ("client.port contains '1'", 12, "is for texts"),
            ("client.port == [1]", 15, "not a list"),
            ("client.address == '10.0.0.0/8'", 18, "after `in`"),
            ("client.address == '2001:DB8::1'", 18, "\"2001:db8::1\""),
            ("client.address == 'x'", 18, "no IP address"),
            ("client.address in '10.0.0.0/99'", 18, "no network"),
            ("client.implementation in 'x'", 25, "expected a list"),
            ("client", 0, "a group of fields: expected a comparison"),
            ("calls == 1", 9, "not a number"),
            ("any(client, port == 1)", 4, "no list"),
            (
                "any(calls, method == 'PAP')",
                11,
                "did you mean `authentication.method` or `encryption.method`?",
            ),
            ("any(missing, x == 1)", 13, "no fields"),
            ("count(calls) == null || count(calls) > 'x'", 39, "a count is a number"),
            ("outcome matches null", 16, "expected a text"),
        ] {
            let found = mistakes(text);
            assert!(found.iter().any(|(a, m)| *a == at && m.contains(says)), "{text}: {found:?}");
        }
    }

    #[test]
    fn tells_all_mistakes() {
        assert_eq!(mistakes("a == 1 && (b == 2 || !c) && any(calls, d)").len(), 4);
    }

    proptest! {
        #[test]
        fn never_panics(condition in any_condition()) {
            let _ = check(&condition, &Kind::conversation());
        }
    }
}
