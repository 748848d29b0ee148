//! Text → tree. A parser tells where it stopped as the number of octets left; only [`parse`] knows the
//! whole text.

use nom::Err;
use nom::IResult;
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::bytes::complete::take_while;
use nom::bytes::complete::take_while1;
use nom::character::complete::char;
use nom::character::complete::multispace0;
use nom::character::complete::multispace1;
use nom::combinator::cut;
use nom::combinator::map;
use nom::combinator::not;
use nom::combinator::opt;
use nom::combinator::peek;
use nom::combinator::recognize;
use nom::combinator::verify;
use nom::error::ErrorKind;
use nom::error::ParseError;
use nom::multi::many0;
use nom::multi::separated_list1;
use nom::sequence::delimited;
use nom::sequence::preceded;
use nom::sequence::terminated;

use super::Condition;
use super::Literal;
use super::Operand;
use super::Operator;
use super::Path;
use super::Placed;
use super::RESERVED;
use super::value::scalar;
use crate::base::limits;

/// Reads a condition; else the place and what was expected there.
pub(in crate::site) fn parse(text: &str) -> Result<Condition, Placed<String>> {
    let grammar = Grammar { length: text.len() };
    let failure = |left: usize, message: &str| {
        let from = text.len().saturating_sub(left);
        let width = text.get(from..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Placed { at: from..from + width, it: message.to_owned() }
    };
    match terminated(|i| grammar.either(i, 0), multispace0).parse(text) {
        Ok(("", condition)) => Ok(condition),
        Ok((rest, _)) => Err(failure(rest.len(), after_the_end(rest))),
        Err(Err::Error(e) | Err::Failure(e)) => Err(failure(e.left, e.message)),
        // No parser here is of the streaming kind.
        Err(Err::Incomplete(_)) => Err(failure(0, "expected more")),
    }
}

/// What is wrong, and how much of the text was left there.
#[derive(Debug)]
pub(super) struct Stop {
    left: usize,
    message: &'static str,
}

pub(super) type Parsed<'t, T> = IResult<&'t str, T, Stop>;

impl ParseError<&str> for Stop {
    fn from_error_kind(input: &str, _: ErrorKind) -> Self {
        Self { left: input.len(), message: FIELD }
    }

    fn append(_: &str, _: ErrorKind, other: Self) -> Self {
        other
    }

    /// The alternative that got further knows better what was meant.
    fn or(self, other: Self) -> Self {
        if self.left < other.left { self } else { other }
    }
}

/// Turns back a parser's own message.
fn expect<'t, T>(
    message: &'static str,
    mut parser: impl FnMut(&'t str) -> Parsed<'t, T>,
) -> impl FnMut(&'t str) -> Parsed<'t, T> {
    move |input| {
        let left = input.trim_start().len();
        parser(input).map_err(|e| match e {
            Err::Error(_) => Err::Failure(Stop { left, message }),
            other => other,
        })
    }
}

#[derive(Clone, Copy)]
struct Grammar {
    /// Octets of the whole text.
    length: usize,
}

impl Grammar {
    fn either(self, input: &str, depth: usize) -> Parsed<'_, Condition> {
        let sign = alt((tag("||"), word("or")));
        self.chain(input, depth, sign, Self::both, Condition::Either)
    }

    fn both(self, input: &str, depth: usize) -> Parsed<'_, Condition> {
        let sign = alt((tag("&&"), word("and")));
        self.chain(input, depth, sign, Self::single, Condition::Both)
    }

    fn chain<'t>(
        self,
        input: &'t str,
        depth: usize,
        sign: impl nom::Parser<&'t str, Output = &'t str, Error = Stop>,
        part: fn(Self, &'t str, usize) -> Parsed<'t, Condition>,
        join: fn(Vec<Condition>) -> Condition,
    ) -> Parsed<'t, Condition> {
        let (rest, first) = part(self, input, depth)?;
        let further = cut(move |i| part(self, i, depth));
        let (rest, more) = many0(preceded((multispace0, sign), further)).parse(rest)?;
        if more.is_empty() {
            return Ok((rest, first));
        }
        Ok((rest, join(std::iter::once(first).chain(more).collect())))
    }

    fn single(self, input: &str, depth: usize) -> Parsed<'_, Condition> {
        let (input, _) = multispace0(input)?;
        if depth > limits::SITE_CONDITION_DEPTH {
            return stop(input, "the condition is nested too deeply (64 levels)");
        }
        let inner = depth + 1;
        alt((
            map(preceded(alt((tag("!"), word("not"))), cut(|i| self.single(i, inner))), |c| {
                Condition::Not(Box::new(c))
            }),
            delimited(char('('), cut(|i| self.either(i, inner)), expect(CLOSE, closing)),
            map(
                delimited(
                    call("any"),
                    (
                        expect(FIELD, |i| self.path(i)),
                        expect(COMMA, |i| token(',').parse(i)),
                        cut(|i| self.either(i, inner)),
                    ),
                    expect(CLOSE, closing),
                ),
                |(list, _, c)| Condition::Any(list, Box::new(c)),
            ),
            |i| self.test(i, inner),
        ))
        .parse(input)
    }

    fn test(self, input: &str, depth: usize) -> Parsed<'_, Condition> {
        let (rest, left) = self.operand(input, depth)?;
        let (after, found) = opt(|i| self.placed(i, operator)).parse(rest)?;
        match (found, left) {
            (Some(sign), left) => {
                let (after, right) = self.placed(after, |i| self.literal(i))?;
                Ok((after, Condition::Test(left, sign, right)))
            }
            (None, Operand::Field(path)) => Ok((rest, Condition::Is(path))),
            (None, Operand::Count(..)) => {
                stop(rest.trim_start(), "expected a comparison, as in `count(calls) > 1`")
            }
        }
    }

    fn operand(self, input: &str, depth: usize) -> Parsed<'_, Operand> {
        let condition = preceded(token(','), cut(|i| self.either(i, depth)));
        let arguments = (expect(FIELD, |i| self.path(i)), opt(condition));
        alt((
            map(
                delimited(call("count"), arguments, expect(CLOSE, closing)),
                |(list, condition)| Operand::Count(list, condition.map(Box::new)),
            ),
            map(|i| self.path(i), Operand::Field),
        ))
        .parse(input)
    }

    fn path(self, input: &str) -> Parsed<'_, Path> {
        let (input, _) = multispace0(input)?;
        let name = verify(take_while1(in_word), |w: &str| {
            !w.starts_with(|c: char| c.is_ascii_digit()) && !RESERVED.contains(&w)
        });
        let mut first = map(name, str::to_owned);
        let (rest, head) = self.placed(input, |i| first.parse(i))?;
        let further = preceded(
            char('.'),
            expect("expected the name of a field after the dot", |i| {
                let name = map(take_while1(in_word), str::to_owned);
                let mut name = verify(name, |w: &String| !w.is_empty());
                // No blank after the dot: a path is one word to the eye.
                if i.starts_with(char::is_whitespace) {
                    return Err(Err::Error(Stop { left: i.len(), message: FIELD }));
                }
                self.placed(i, |i| name.parse(i))
            }),
        );
        let (rest, more) = many0(further).parse(rest)?;
        Ok((rest, Path(std::iter::once(head).chain(more).collect())))
    }

    fn literal(self, input: &str) -> Parsed<'_, Literal> {
        if let Some(rest) = input.strip_prefix('[') {
            let scalar = |i| self.placed(i, scalar);
            let (rest, all) =
                expect(VALUE, |i| separated_list1(token(','), scalar).parse(i))(rest)?;
            let (rest, _) = expect("expected `,` or `]`", |i| token(']').parse(i))(rest)?;
            return Ok((rest, Literal::List(all)));
        }
        scalar(input)
    }

    /// Skips blanks, and notes what follows them with its place.
    fn placed<'t, T>(
        self,
        input: &'t str,
        mut parser: impl FnMut(&'t str) -> Parsed<'t, T>,
    ) -> Parsed<'t, Placed<T>> {
        let (input, _) = multispace0(input)?;
        let (rest, it) = parser(input)?;
        let place = |left: &str| self.length.saturating_sub(left.len());
        Ok((rest, Placed { at: place(input)..place(rest), it }))
    }
}

fn operator(input: &str) -> Parsed<'_, Operator> {
    if input.starts_with('=') && !input.starts_with("==") {
        return stop(input, "a comparison is written `==`");
    }
    for operator in Operator::ALL {
        let sign = operator.sign();
        let read = match sign.split_once(' ') {
            Some((first, second)) => {
                recognize((word(first), multispace1, word(second))).parse(input)
            }
            None if sign.starts_with(in_word) => word(sign).parse(input),
            None => tag(sign).parse(input),
        };
        if let Ok((rest, _)) = read {
            return Ok((rest, operator));
        }
    }
    Err(Err::Error(Stop { left: input.len(), message: "expected an operator" }))
}

pub(super) fn word<'t>(
    name: &'static str,
) -> impl nom::Parser<&'t str, Output = &'t str, Error = Stop> {
    terminated(tag(name), not(peek(take_while1(in_word))))
}

/// A function's name and its parenthesis.
fn call<'t>(name: &'static str) -> impl nom::Parser<&'t str, Output = &'t str, Error = Stop> {
    recognize((tag(name), take_while(char::is_whitespace), char('(')))
}

fn token<'t>(sign: char) -> impl nom::Parser<&'t str, Output = char, Error = Stop> {
    preceded(multispace0, char(sign))
}

fn closing(input: &str) -> Parsed<'_, char> {
    token(')').parse(input)
}

pub(super) fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// What to say of text after a condition that is whole by itself.
fn after_the_end(rest: &str) -> &'static str {
    match rest.chars().next() {
        Some(')') => "there is no parenthesis that this one closes",
        _ => {
            "expected an operator (== != < <= > >= contains, starts with, ends with, matches, in), &&, || or the end"
        }
    }
}

pub(super) fn stop<'t, T>(input: &'t str, message: &'static str) -> Parsed<'t, T> {
    Err(Err::Failure(Stop { left: input.len(), message }))
}

const FIELD: &str = "expected a field, as `calls.authentication.user`, `any(` or `count(`";
pub(super) const VALUE: &str = "expected a value: a text in quotation marks, a number, true, false, null, or after `in` a list";
const CLOSE: &str = "expected `)`";
const COMMA: &str = "expected `,` and a condition on the elements";
