//! One value of the report against one literal of a condition.

use std::net::IpAddr;

use serde_json::Value;

use super::address::Network;
use super::expression::Literal;
use super::expression::Operator;

/// Whether a value, `None` for an absent one, is to the literal what the operator says.
pub(super) fn compare(value: Option<&Value>, operator: Operator, literal: &Literal) -> bool {
    let Some(value) = value else {
        return operator == Operator::Equal && *literal == Literal::Null;
    };
    match operator {
        Operator::Equal => equal(value, literal),
        Operator::Unequal => !equal(value, literal),
        Operator::Less => ordered(value, literal, |a, b| a < b),
        Operator::AtMost => ordered(value, literal, |a, b| a <= b),
        Operator::Greater => ordered(value, literal, |a, b| a > b),
        Operator::AtLeast => ordered(value, literal, |a, b| a >= b),
        Operator::Contains => texts(value, literal, |text, part| text.contains(part)),
        Operator::StartsWith => texts(value, literal, |text, part| text.starts_with(part)),
        Operator::EndsWith => texts(value, literal, |text, part| text.ends_with(part)),
        Operator::Matches => texts(value, literal, glob),
        Operator::In => match literal {
            // An address never has a slash in it.
            Literal::List(all) => all.iter().any(|one| {
                let network = || texts(value, &one.it, |a, n| n.contains('/') && inside(a, n));
                equal(value, &one.it) || network()
            }),
            network => texts(value, network, inside),
        },
    }
}

// Both sides are what was written, not what was computed.
#[allow(clippy::float_cmp)]
fn equal(value: &Value, literal: &Literal) -> bool {
    match literal {
        Literal::Text(text) => value.as_str() == Some(text),
        Literal::Number(n) => value.as_f64() == Some(*n),
        Literal::Boolean(b) => value.as_bool() == Some(*b),
        // Absent values were told apart before; a list equals nothing.
        Literal::Null | Literal::List(_) => false,
    }
}

fn ordered(value: &Value, literal: &Literal, test: fn(f64, f64) -> bool) -> bool {
    match (value.as_f64(), literal) {
        (Some(a), Literal::Number(b)) => test(a, *b),
        _ => false,
    }
}

fn texts(value: &Value, literal: &Literal, test: impl Fn(&str, &str) -> bool) -> bool {
    match (value, literal) {
        (Value::String(a), Literal::Text(b)) => test(a, b),
        _ => false,
    }
}

fn inside(address: &str, network: &str) -> bool {
    let address: Option<IpAddr> = address.parse().ok();
    address.zip(Network::parse(network)).is_some_and(|(a, n)| n.holds(a))
}

/// Whether a pattern fits the whole text: `*` for any number of characters, `?` for one, letters in
/// capitals or not. Takes time in proportion to both lengths multiplied, never more.
fn glob(text: &str, pattern: &str) -> bool {
    let lower = |s: &str| s.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (text, pattern) = (lower(text), lower(pattern));
    let (mut t, mut p) = (0, 0);
    // The newest star, and the text that it leaves to what follows.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(x) if x == c || *x == '?' => {
                t += 1;
                p += 1;
            }
            _ => {
                let Some((at, left)) = star else { return false };
                star = Some((at, left + 1));
                t = left + 1;
                p = at + 1;
            }
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, want) in [
            ("", "", true),
            ("*", "", true),
            ("", "a", false),
            ("a*c", "ABBC", true),
            ("a*c", "abcd", false),
            ("*.example.*", "x.example.org", true),
            ("a?c", "ac", false),
            ("**?", "é", true),
            ("*a*a*b", "aaaaaaaaaaaa", false),
        ] {
            assert_eq!(glob(text, pattern), want, "{pattern} on {text}");
        }
        let (long, stars) = ("a".repeat(5000), "*a".repeat(200) + "b");
        assert!(!glob(&long, &stars));
    }
}
