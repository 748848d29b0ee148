//! Lines on a page of fixed width: wrapping, hanging indents, columns.

use std::io;

use unicode_width::UnicodeWidthChar;
use unicode_width::UnicodeWidthStr;

use super::style::Paint;
use super::style::Style;

/// A page under construction.
pub(super) struct Page<'a> {
    out: &'a mut dyn io::Write,
    pub(super) style: &'a Style,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut dyn io::Write, style: &'a Style) -> Self {
        Self { out, style }
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// A line as it is, however wide: commands and filters are to be copied whole.
    pub(super) fn verbatim(&mut self, indent: usize, text: &str) -> io::Result<()> {
        let text = self.style.plain(text);
        writeln!(self.out, "{:indent$}{text}", "")
    }

    /// A heading.
    pub(super) fn heading(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.hang(&" ".repeat(indent), text, Paint::Heading)
    }

    /// Wrapped text.
    pub(super) fn text(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.hang(&" ".repeat(indent), text, Paint::Plain)
    }

    /// Wrapped text after `lead`; further lines are indented by the width of `lead`. Trailing blanks of
    /// an empty text are left out.
    pub(super) fn hang(&mut self, lead: &str, text: &str, paint: Paint) -> io::Result<()> {
        let style = *self.style;
        let lead = style.plain(lead);
        let indent = width(&lead);
        let room = style.measure().saturating_sub(indent).max(NARROWEST);
        let lines = wrap(&style.plain(text), room);
        if lines.is_empty() {
            return writeln!(self.out, "{}", lead.trim_end());
        }
        for (n, line) in lines.iter().enumerate() {
            let shown = style.paint(paint, line);
            match n {
                0 => writeln!(self.out, "{lead}{shown}")?,
                _ => writeln!(self.out, "{:indent$}{shown}", "")?,
            }
        }
        Ok(())
    }

    /// Pieces with their own colours on one line, wrapped between pieces only.
    pub(super) fn pieces(
        &mut self,
        indent: usize,
        gap: usize,
        pieces: &[(Paint, String)],
    ) -> io::Result<()> {
        let style = *self.style;
        let mut used = indent;
        write!(self.out, "{:indent$}", "")?;
        for (n, (paint, piece)) in pieces.iter().enumerate() {
            let piece = style.plain(piece);
            let more = width(&piece);
            if n > 0 {
                if used + gap + more > style.measure() {
                    write!(self.out, "\n{:indent$}", "")?;
                    used = indent;
                } else {
                    write!(self.out, "{:gap$}", "")?;
                    used += gap;
                }
            }
            used += more;
            write!(self.out, "{}", style.paint(*paint, &piece))?;
        }
        self.blank()
    }
}

/// The first `most` characters, with a sign that more follow.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Columns that a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text in at least `columns` columns, blanks after it.
pub(super) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{:1$}", "", columns.saturating_sub(width(text)))
}

/// A text in at least `columns` columns, blanks before it.
pub(super) fn pad_left(text: &str, columns: usize) -> String {
    format!("{:1$}{text}", "", columns.saturating_sub(width(text)))
}

/// Lines of at most `columns` columns, broken at blanks; a longer word is cut.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let more = width(word);
        if used > 0 && used + 1 + more <= columns {
            line.push(' ');
            line.push_str(word);
            used += 1 + more;
            continue;
        }
        if used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for c in word.chars() {
            let step = c.width().unwrap_or(0);
            if used > 0 && used + step > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += step;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// `1,234 frames`, `1 frame`.
pub(super) fn count(n: u64, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {noun}{s}", grouped(n))
}

/// A number with its thousands parted.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Text beside a wide lead still gets this many columns.
const NARROWEST: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_blanks_and_cuts_long_words() {
        assert_eq!(wrap("ab cd  ef", 5), ["ab cd", "ef"]);
        assert_eq!(wrap("abcdefg h", 3), ["abc", "def", "g h"]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert!(wrap("", 5).is_empty());
        assert!(wrap("   ", 5).is_empty());
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(cut("añb", 2), "añ…");
        assert_eq!(cut("añ", 2), "añ");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1, "frame"), "1 frame");
        assert_eq!(count(1_234_567, "frame"), "1,234,567 frames");
        assert_eq!(count(0, "frame"), "0 frames");
        assert_eq!(grouped(999), "999");
    }

    #[test]
    fn hangs_under_the_lead() {
        let style = Style { width: 40, ..Style::default() };
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, &style);
        page.hang("  1. ", "aaaa bbbb cccc dddd eeee ffff gggg hhhh", Paint::Plain).unwrap();
        page.hang("  - ", "", Paint::Plain).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "  1. aaaa bbbb cccc dddd eeee ffff gggg\n     hhhh\n  -\n");
    }

    #[test]
    fn pieces_wrap_between_pieces() {
        let style = Style { width: 40, ..Style::default() };
        let mut out = Vec::new();
        let piece = |n: usize| (Paint::Plain, "x".repeat(n));
        Page::new(&mut out, &style).pieces(2, 2, &[piece(20), piece(10), piece(10)]).unwrap();
        let lines: Vec<_> = String::from_utf8(out).unwrap().lines().map(str::len).collect();
        assert_eq!(lines, [34, 12]);
    }
}
