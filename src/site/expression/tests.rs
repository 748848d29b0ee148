//! The language: what is read, what is refused and where, and that nothing is lost between text and tree.

use proptest::prelude::*;

use super::*;

fn placed<T>(it: T) -> Placed<T> {
    Placed { at: 0..0, it }
}

fn path(words: &str) -> Path {
    Path(words.split('.').map(|w| placed(w.to_owned())).collect())
}

fn is(words: &str) -> Condition {
    Condition::Is(path(words))
}

fn test(words: &str, operator: Operator, literal: Literal) -> Condition {
    Condition::Test(Operand::Field(path(words)), placed(operator), placed(literal))
}

fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

#[test]
fn both_binds_tighter_than_either() {
    let want = Condition::Either(vec![
        is("a"),
        Condition::Both(vec![is("b"), Condition::Not(Box::new(is("c")))]),
    ]);
    assert_eq!(parse("a || b && !c"), Ok(want.clone()));
    assert_eq!(parse("a or b and not c"), Ok(want.clone()));
    assert_eq!(parse(" ( a||( b&&!( c) ) )\n"), Ok(want));
}

#[test]
fn every_operator_is_read() {
    for operator in Operator::ALL {
        let source = format!("a.b {} \"x\"", operator.sign());
        assert_eq!(parse(&source), Ok(test("a.b", operator, text("x"))), "{source}");
    }
    let spread = parse("a starts \n with 'x\"y'");
    assert_eq!(spread, Ok(test("a", Operator::StartsWith, text("x\"y"))));
    assert_eq!(parse("a==-1.50"), Ok(test("a", Operator::Equal, Literal::Number(-1.5))));
    let list = Literal::List(vec![placed(text("a\\")), placed(Literal::Number(2.0))]);
    assert_eq!(parse(r#"x in["a\\" ,2]"#), Ok(test("x", Operator::In, list)));
}

#[test]
fn any_and_count() {
    let inner = Box::new(test("b", Operator::Equal, Literal::Null));
    assert_eq!(parse("any(a, b == null)"), Ok(Condition::Any(path("a"), inner.clone())));
    let count = Operand::Count(path("a.c"), Some(inner));
    let more = Condition::Test(count, placed(Operator::Greater), placed(Literal::Number(1.0)));
    assert_eq!(parse("count ( a.c , b == null ) > 1"), Ok(more));
    // Words only where they stand alone.
    assert_eq!(parse("anything"), Ok(is("anything")));
    assert_eq!(parse("note.count"), Ok(is("note.count")));
    assert_eq!(parse("organ or android"), Ok(Condition::Either(vec![is("organ"), is("android")])));
}

#[test]
fn mistakes_are_placed() {
    for (source, at, says) in [
        ("", 0, "expected a field"),
        ("a &&", 4, "expected a field"),
        ("a && && b", 5, "expected a field"),
        ("a = 1", 2, "written `==`"),
        ("a == failed", 5, "quotation marks"),
        ("a == ", 5, "expected a value"),
        ("a == \"x", 5, "no end"),
        ("a == \"\\d\"", 6, "backslash"),
        ("(a", 2, "expected `)`"),
        ("a)", 1, "no parenthesis"),
        ("a b", 2, "expected an operator"),
        ("a. b", 3, "after the dot"),
        ("count(a)", 8, "expected a comparison"),
        ("count(a, b > 1", 14, "expected `)`"),
        ("any(a)", 5, "expected `,`"),
        ("a in []", 6, "expected a value"),
        ("a in [1 2]", 8, "`,` or `]`"),
        ("a == 12x", 5, "expected a value"),
        ("and", 0, "expected a field"),
        ("ä == 1", 0, "expected a field"),
    ] {
        let mistake = parse(source).unwrap_err();
        assert!(mistake.it.contains(says), "{source}: {}", mistake.it);
        assert_eq!(mistake.at.start, at, "{source}: {}", mistake.it);
    }
}

#[test]
fn nesting_has_a_bound() {
    let deep = |n: usize| format!("{}a{}", "(".repeat(n), ")".repeat(n));
    assert!(parse(&deep(60)).is_ok());
    for source in [deep(100_000), "!".repeat(100_000), "any(a,".repeat(100_000)] {
        assert!(parse(&source).unwrap_err().it.contains("nested too deeply"));
    }
    // A chain is not nested.
    assert!(parse(&vec!["a"; 20_000].join(" && ")).is_ok());
}

prop_compose! {
    fn any_path()(words in prop::collection::vec("[a-z_][a-zA-Z0-9_]{0,6}", 1..4)
        .prop_filter("a word of the language", |w| !RESERVED.contains(&w[0].as_str())))
        -> Path {
        Path(words.into_iter().map(placed).collect())
    }
}

fn any_scalar() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        prop::num::f64::NORMAL.prop_map(Literal::Number),
        any::<i32>().prop_map(|n| Literal::Number(f64::from(n))),
        any::<String>().prop_map(Literal::Text),
    ]
}

pub(in crate::site) fn any_condition() -> impl Strategy<Value = Condition> {
    let list = prop::collection::vec(any_scalar().prop_map(placed), 1..4);
    let literal = prop_oneof![3 => any_scalar(), 1 => list.prop_map(Literal::List)];
    let operator = prop::sample::select(&Operator::ALL[..]);
    let right = (operator, literal).prop_map(|(o, l)| (placed(o), placed(l)));
    let compared = (any_path(), right.clone())
        .prop_map(|(p, (o, l))| Condition::Test(Operand::Field(p), o, l));
    let leaf = prop_oneof![any_path().prop_map(Condition::Is), compared];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let several = prop::collection::vec(inner.clone(), 2..4);
        let boxed = inner.clone().prop_map(Box::new);
        let counted = (any_path(), prop::option::of(boxed.clone()), right.clone())
            .prop_map(|(p, c, (o, l))| Condition::Test(Operand::Count(p, c), o, l));
        prop_oneof![
            several.clone().prop_map(Condition::Either),
            several.prop_map(Condition::Both),
            boxed.clone().prop_map(Condition::Not),
            (any_path(), boxed).prop_map(|(p, c)| Condition::Any(p, c)),
            counted,
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(condition in any_condition()) {
        let text = condition.to_string();
        prop_assert_eq!(parse(&text), Ok(condition), "{}", text);
    }

    #[test]
    fn never_panics(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn never_panics_on_what_looks_like_a_condition(
        pieces in prop::collection::vec(prop::sample::select(&[
            "a", "calls.x", "(", ")", "any(", "count(", ",", "[", "]", "\"", "'", "\\", "==", "=", "<",
            "in", "not", "!", "&&", "or", "1", "-", ".", "ü", "starts", "with", " ", "null", "\n",
        ][..]), 0..24)
    ) {
        let text = pieces.concat();
        if let Err(mistake) = parse(&text) {
            prop_assert!(text.get(mistake.at.clone()).is_some(), "{:?} of {text:?}", mistake.at);
        }
    }
}
