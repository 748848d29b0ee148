//! How text looks: width, colour, and which characters may be used. Colour never carries a meaning
//! alone: a word or a sign says the same.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What the place that the text goes to can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours.
    pub color: bool,
    /// Columns.
    pub width: usize,
    /// Characters beyond ASCII.
    pub unicode: bool,
    /// The long form: every finding in full, and the message ladder.
    pub verbose: bool,
}

/// Meaning of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Heading,
    Quiet,
    Good,
    Bad,
    Doubt,
}

impl Default for Style {
    /// For a pipe: 100 columns, no colours.
    fn default() -> Self {
        Self { color: false, width: 100, unicode: true, verbose: false }
    }
}

impl Style {
    /// Width of running text: beyond this, lines are hard to follow.
    pub(super) fn measure(&self) -> usize {
        self.width.clamp(NARROWEST, WIDEST_TEXT)
    }

    /// Text in the characters that can be shown. Everything that is written passes here, before its
    /// width is taken.
    #[must_use]
    pub fn plain<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match ASCII.iter().find(|(from, _)| *from == c) {
                Some((_, to)) => out.push_str(to),
                None if c.is_ascii() => out.push(c),
                None => {
                    let _ = write!(out, "\\u{{{:X}}}", u32::from(c));
                }
            }
        }
        Cow::Owned(out)
    }

    /// Text in the colour of its meaning.
    pub(super) fn paint<'t>(&self, paint: Paint, text: &'t str) -> Cow<'t, str> {
        let code = match paint {
            Paint::Heading => "1",
            Paint::Quiet => "2",
            Paint::Good => "1;32",
            Paint::Bad => "1;31",
            Paint::Doubt => "1;33",
            Paint::Plain => "",
        };
        if !self.color || code.is_empty() || text.is_empty() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(format!("\x1b[{code}m{text}\x1b[0m"))
    }
}

const NARROWEST: usize = 40;
const WIDEST_TEXT: usize = 100;

/// What stands for the signs of the reports and pages where only ASCII can be shown.
const ASCII: [(char, &str); 33] = [
    ('✓', "+"),
    ('✗', "X"),
    ('·', "-"),
    ('▸', ">"),
    ('•', "*"),
    ('→', "->"),
    ('←', "<-"),
    ('▶', ">"),
    ('◀', "<"),
    ('─', "-"),
    ('│', "|"),
    ('…', "..."),
    ('×', "x"),
    ('§', "sec. "),
    ('–', "-"),
    ('—', "-"),
    ('‘', "'"),
    ('’', "'"),
    ('“', "\""),
    ('”', "\""),
    ('≥', ">="),
    ('≤', "<="),
    ('≠', "!="),
    ('≈', "~"),
    ('±', "+/-"),
    ('µ', "u"),
    ('⇒', "=>"),
    ('↔', "<->"),
    ('Ä', "Ae"),
    ('ä', "ae"),
    ('ö', "oe"),
    ('ü', "ue"),
    ('\u{a0}', " "),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_only_where_nothing_else_can_be_shown() {
        let ascii = Style { unicode: false, ..Style::default() };
        assert_eq!(ascii.plain("RFC 2759 §5 → 9 × …"), "RFC 2759 sec. 5 -> 9 x ...");
        assert_eq!(ascii.plain("Œ"), "\\u{152}");
        assert_eq!(Style::default().plain("§ Œ"), "§ Œ");
    }

    #[test]
    fn no_escape_without_colour() {
        let plain = Style::default();
        assert_eq!(plain.paint(Paint::Bad, "FAILED"), "FAILED");
        let colour = Style { color: true, ..plain };
        assert_eq!(colour.paint(Paint::Bad, "x"), "\x1b[1;31mx\x1b[0m");
        assert_eq!(colour.paint(Paint::Plain, "x"), "x");
    }
}
