//! Mistakes in rule files: where they stand, and how that is shown.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::base::text::visible;

/// A mistake in a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file, as given.
    pub file: String,
    /// What is wrong, and what was expected.
    pub message: String,
    /// Where; none for a file that cannot be read at all.
    pub place: Option<Place>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// The line, fit to be shown.
    shown: String,
    /// Columns before the mark, and columns marked.
    mark: (usize, usize),
}

impl Mistake {
    /// A mistake of a whole file.
    #[must_use]
    pub fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), message: message.into(), place: None }
    }

    /// The line and a mark under the mistake, as compilers show it; none for a whole file.
    #[must_use]
    pub fn excerpt(&self) -> Option<[String; 2]> {
        let place = self.place.as_ref()?;
        let (before, marked) = place.mark;
        let number = place.line.to_string();
        Some([
            format!("  {number} | {}", place.shown),
            format!("  {:1$} | {2:3$}{4}", "", number.len(), "", before, "^".repeat(marked)),
        ])
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(p) => write!(f, "{}:{}:{}: {}", self.file, p.line, p.column, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// A rule file under examination.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) file: &'t str,
    pub(super) text: &'t str,
}

impl Text<'_> {
    /// A mistake at a range of octets.
    pub(super) fn mistake(self, at: Range<usize>, message: impl Into<String>) -> Mistake {
        Mistake {
            file: self.file.to_owned(),
            message: message.into(),
            place: Some(self.place(&at)),
        }
    }

    fn place(self, at: &Range<usize>) -> Place {
        let start = boundary(self.text, at.start);
        let (before, rest) = self.text.split_at(start);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let (_, head) = before.rsplit_once('\n').unwrap_or(("", before));
        let to_end = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let marked = boundary(to_end, at.end.saturating_sub(start));
        let (inside, tail) = to_end.split_at(marked);
        // Of a long line only what stands around the mistake.
        let length = head.chars().count();
        let skipped = length.saturating_sub(LONGEST_HEAD);
        let mut shown_head: String = head.chars().skip(skipped).collect();
        if skipped > 0 {
            shown_head.insert(0, '…');
        }
        let show = |text: &str, most| visible(&text.replace('\t', " "), most);
        let shown_head = show(&shown_head, usize::MAX);
        let inside = show(inside, LONGEST_TAIL);
        let mark = (shown_head.width(), inside.width().max(1));
        let shown = format!("{shown_head}{inside}{}", show(tail, LONGEST_TAIL));
        Place { line, column: length + 1, shown: shown.trim_end().to_owned(), mark }
    }

    /// The range in the file of a range within a string's value; `string` is where the string stands.
    /// Where the two cannot be matched, all of the string.
    pub(super) fn within(
        self,
        string: &Range<usize>,
        value: &str,
        at: &Range<usize>,
    ) -> Range<usize> {
        let raw = self.text.get(string.clone()).unwrap_or_default();
        let starts = Starts::of(raw);
        if starts.value != value {
            return string.clone();
        }
        let place = |n: usize| starts.at.get(n).map_or(string.end, |raw| string.start + raw);
        place(at.start)..place(at.end).max(place(at.start))
    }
}

/// The last place up to `at` at which the text may be split.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0)
}

/// Where each octet of a string's value comes from.
struct Starts {
    value: String,
    /// For each octet of the value, and for its end, the octet of the raw text.
    at: Vec<usize>,
}

impl Starts {
    /// Reads a TOML string with its quotation marks, of any of the four kinds.
    fn of(raw: &str) -> Self {
        let mark = ["'''", "\"\"\"", "'", "\""].into_iter().find(|m| raw.starts_with(m));
        let width = mark.map_or(0, str::len);
        let mut from = width;
        if width == 3 {
            // The line end after the opening marks is none of the value's.
            let body = raw.get(from..).unwrap_or_default();
            from += ["\r\n", "\n"].into_iter().find(|e| body.starts_with(e)).map_or(0, str::len);
        }
        let until = raw.len().saturating_sub(width).max(from);
        let mut starts = Self { value: String::new(), at: Vec::new() };
        let escapes = mark.is_some_and(|m| m.starts_with('"'));
        let mut at = from;
        while let Some(c) = raw.get(at..until).and_then(|rest| rest.chars().next()) {
            if c == '\\' && escapes {
                at += starts.escape(raw.get(at..until).unwrap_or_default(), at);
            } else {
                starts.push(c, at);
                at += c.len_utf8();
            }
        }
        starts.at.push(until);
        starts
    }

    fn push(&mut self, c: char, at: usize) {
        self.value.push(c);
        self.at.extend(std::iter::repeat_n(at, c.len_utf8()));
    }

    /// Reads an escape; returns its length. The string is known to be sound.
    fn escape(&mut self, text: &str, at: usize) -> usize {
        let kind = text.chars().nth(1).unwrap_or('\\');
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            // A backslash at the end of a line joins it with the next text.
            c if c.is_whitespace() => {
                return 1 + text.chars().skip(1).take_while(|c| c.is_whitespace()).count();
            }
            c => {
                let simple =
                    [('b', '\u{8}'), ('t', '\t'), ('n', '\n'), ('f', '\u{C}'), ('r', '\r')];
                let escape =
                    simple.into_iter().chain([('e', '\u{1B}')]).find(|(name, _)| *name == c);
                self.push(escape.map_or(c, |(_, it)| it), at);
                return 1 + c.len_utf8();
            }
        };
        let code = text.get(2..2 + digits).and_then(|d| u32::from_str_radix(d, 16).ok());
        self.push(code.and_then(char::from_u32).unwrap_or('\u{FFFD}'), at);
        2 + digits
    }
}

const LONGEST_HEAD: usize = 80;
const LONGEST_TAIL: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use toml::de::DeTable;
    use toml::de::DeValue;

    /// What the range of `part` in the value of `x` is in the file.
    fn found(text: &str, part: &str) -> (usize, usize, String) {
        let table = DeTable::parse(text).unwrap();
        let value = table.get_ref().get("x").unwrap();
        let DeValue::String(string) = value.get_ref() else { panic!("{text}") };
        let from = string.find(part).unwrap();
        let file = Text { file: "f", text };
        let at = file.within(&value.span(), string, &(from..from + part.len()));
        let marked = text.get(at.clone()).unwrap().to_owned();
        let place = file.place(&at);
        (place.line, place.column, marked)
    }

    #[test]
    fn finds_its_way_back_into_every_kind_of_string() {
        for (text, want) in [
            ("x = 'ab cd'", (1, 9, "cd")),
            ("x = \"a\\\"b cd\"", (1, 11, "cd")),
            ("x = \"\\u00e4\\\\ cd\"", (1, 15, "cd")),
            ("x = '''\nab\n  cd'''", (3, 3, "cd")),
            ("x = '''ab\ncd'''", (2, 1, "cd")),
            ("x = \"\"\"\nab \\\n   \n  cd\"\"\"", (4, 3, "cd")),
            ("y = 1\nx = 'ä cd'", (2, 8, "cd")),
        ] {
            let (line, column, marked) = found(text, "cd");
            assert_eq!((line, column, marked.as_str()), want, "{text:?}");
        }
        // Line ends of Windows, as far as they can be told.
        let (line, ..) = found("x = '''\r\nab\r\ncd'''", "cd");
        assert!(line == 3 || line == 1);
    }

    #[test]
    fn marks_what_is_wrong() {
        let text = "a = 1\n\tb = 日本 x\r\n";
        let file = Text { file: "f.toml", text };
        let at = text.find('x').unwrap();
        let mistake = file.mistake(at..at + 1, "no");
        assert_eq!(mistake.to_string(), "f.toml:2:9: no");
        let want = ["  2 |  b = 日本 x".to_owned(), "    |           ^".to_owned()];
        assert_eq!(mistake.excerpt(), Some(want));
        let long = format!("{}y{}", "x".repeat(500), "z".repeat(500));
        let mistake = Text { file: "f", text: &long }.mistake(500..501, "no");
        let [line, mark] = mistake.excerpt().unwrap();
        assert!(line.chars().count() < 160);
        assert_eq!(line.chars().nth(mark.chars().position(|c| c == '^').unwrap()), Some('y'));
    }

    #[test]
    fn any_range_has_a_place() {
        for at in [0..0, 99..100, 1..99, 1..2] {
            let place = Text { file: "f", text: "ä\nb" }.mistake(at, "x").place.unwrap();
            assert!(place.line >= 1 && place.column >= 1);
        }
    }
}
