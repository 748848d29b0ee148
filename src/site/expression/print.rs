//! Tree → text.

use std::fmt;
use std::fmt::Display;
use std::fmt::Write as _;

use super::Condition;
use super::Literal;
use super::Operand;
use super::Path;

impl Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Either(all) => joined(f, all, " || ", |c| matches!(c, Self::Either(_))),
            Self::Both(all) => {
                joined(f, all, " && ", |c| matches!(c, Self::Either(_) | Self::Both(_)))
            }
            // `!a == 1` would be read right, but not by people.
            Self::Not(it) => write!(f, "!({it})"),
            Self::Any(list, it) => write!(f, "any({list}, {it})"),
            Self::Is(path) => path.fmt(f),
            Self::Test(left, operator, right) => {
                write!(f, "{left} {} {}", operator.it.sign(), right.it)
            }
        }
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(path) => path.fmt(f),
            Self::Count(list, None) => write!(f, "count({list})"),
            Self::Count(list, Some(it)) => write!(f, "count({list}, {it})"),
        }
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, word) in self.words().enumerate() {
            if n > 0 {
                f.write_char('.')?;
            }
            f.write_str(word)?;
        }
        Ok(())
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(b) => b.fmt(f),
            Self::Number(n) => n.fmt(f),
            Self::Text(text) => {
                f.write_char('"')?;
                for c in text.chars() {
                    if matches!(c, '"' | '\\') {
                        f.write_char('\\')?;
                    }
                    f.write_char(c)?;
                }
                f.write_char('"')
            }
            Self::List(all) => {
                f.write_char('[')?;
                for (n, literal) in all.iter().enumerate() {
                    if n > 0 {
                        f.write_str(", ")?;
                    }
                    literal.it.fmt(f)?;
                }
                f.write_char(']')
            }
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    all: &[Condition],
    sign: &str,
    grouped: fn(&Condition) -> bool,
) -> fmt::Result {
    for (n, condition) in all.iter().enumerate() {
        if n > 0 {
            f.write_str(sign)?;
        }
        if grouped(condition) {
            write!(f, "({condition})")?;
        } else {
            condition.fmt(f)?;
        }
    }
    Ok(())
}
