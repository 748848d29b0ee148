//! Texts, numbers and names of values in a condition.

use nom::Err;
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::character::complete::digit1;
use nom::combinator::map;
use nom::combinator::not;
use nom::combinator::opt;
use nom::combinator::peek;
use nom::combinator::recognize;
use nom::combinator::value;
use nom::sequence::terminated;

use super::Literal;
use super::parse::Parsed;
use super::parse::VALUE;
use super::parse::in_word;
use super::parse::stop;
use super::parse::word;

/// A value that is no list.
pub(super) fn scalar(input: &str) -> Parsed<'_, Literal> {
    let read = alt((
        map(text, Literal::Text),
        map(number, Literal::Number),
        value(Literal::Boolean(true), word("true")),
        value(Literal::Boolean(false), word("false")),
        value(Literal::Null, word("null")),
    ))
    .parse(input);
    match read {
        Err(Err::Error(_)) if input.starts_with(|c: char| c.is_alphabetic()) => {
            stop(input, "expected a value; a text stands in quotation marks")
        }
        Err(Err::Error(_)) => stop(input, VALUE),
        other => other,
    }
}

fn number(input: &str) -> Parsed<'_, f64> {
    let digits = (opt(char('-')), digit1, opt((char('.'), digit1)));
    let (rest, text) =
        terminated(recognize(digits), not(peek(take_while1(in_word)))).parse(input)?;
    match text.parse::<f64>() {
        Ok(n) if n.is_finite() => Ok((rest, n)),
        _ => stop(input, "this number is too large"),
    }
}

/// A text in quotation marks of either kind; a backslash stands before a mark of that kind and before a
/// backslash.
fn text(input: &str) -> Parsed<'_, String> {
    let (body, quote) = alt((char('"'), char('\''))).parse(input)?;
    let mut out = String::new();
    let mut letters = body.char_indices();
    while let Some((at, c)) = letters.next() {
        match c {
            '\\' => match letters.next() {
                Some((_, c)) if c == quote || c == '\\' => out.push(c),
                _ => {
                    return stop(
                        body.get(at..).unwrap_or_default(),
                        "expected a quotation mark or a backslash after this backslash",
                    );
                }
            },
            c if c == quote => {
                return Ok((body.get(at + c.len_utf8()..).unwrap_or_default(), out));
            }
            c => out.push(c),
        }
    }
    stop(input, "this text has no end: its closing quotation mark is missing")
}
