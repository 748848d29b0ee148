//! The condition of a site rule as a tree. Text becomes a tree in [`parse()`]; [`std::fmt::Display`] writes
//! the tree as text that is read back as the same tree.
//!
//! ```text
//! either    = both { ("||" | "or") both }
//! both      = single { ("&&" | "and") single }
//! single    = ("!" | "not") single | "(" either ")" | "any" "(" path "," either ")" | test
//! test      = path | operand operator value
//! operand   = path | "count" "(" path [ "," either ] ")"
//! operator  = "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "starts with" | "ends with"
//!           | "matches" | "in"
//! value     = "text" | 'text' | number | "true" | "false" | "null" | "[" value { "," value } "]"
//! path      = word { "." word }
//! ```

mod parse;
mod print;
#[cfg(test)]
pub(super) mod tests;
mod value;

use std::ops::Range;

pub(super) use parse::parse;

/// Something with its place: a range of octets of the condition's text. Equal is what says the same,
/// wherever it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    pub(super) at: Range<usize>,
    pub(super) it: T,
}

impl<T: PartialEq> PartialEq for Placed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.it == other.it
    }
}

/// What must hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    /// One of them, two at least.
    Either(Vec<Self>),
    /// All of them, two at least.
    Both(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// One element of a list for which it holds; paths inside begin at the element.
    Any(Path, Box<Self>),
    /// A field that is true.
    Is(Path),
    /// A comparison.
    Test(Operand, Placed<Operator>, Placed<Literal>),
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    /// A field; beyond a list, that of any element.
    Field(Path),
    /// The number of elements of a list, of those for which a condition holds.
    Count(Path, Option<Box<Condition>>),
}

/// The way to a field, at least one word.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path(pub(super) Vec<Placed<String>>);

impl Path {
    /// From the first word to the last.
    pub(super) fn at(&self) -> Range<usize> {
        let start = self.0.first().map_or(0, |w| w.at.start);
        start..self.0.last().map_or(start, |w| w.at.end)
    }

    /// The words.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|w| w.it.as_str())
    }
}

/// How it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    In,
}

impl Operator {
    /// All; one that begins like another stands before it.
    pub(super) const ALL: [Self; 11] = [
        Self::Equal,
        Self::Unequal,
        Self::AtMost,
        Self::Less,
        Self::AtLeast,
        Self::Greater,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Matches,
        Self::In,
    ];

    /// As it is written.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Contains => "contains",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
            Self::Matches => "matches",
            Self::In => "in",
        }
    }
}

/// What it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    /// Nothing there.
    Null,
    Boolean(bool),
    /// Finite.
    Number(f64),
    Text(String),
    /// Not empty, and of no lists.
    List(Vec<Placed<Self>>),
}

/// Words that are no names of fields.
pub(super) const RESERVED: [&str; 14] = [
    "and", "any", "contains", "count", "ends", "false", "in", "matches", "not", "null", "or",
    "starts", "true", "with",
];
