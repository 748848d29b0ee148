//! Text that Markdown takes for text.

use std::fmt;
use std::fmt::Write as _;

/// Text within a line: what could begin emphasis, code, a link, a table cell, a tag or a block is escaped.
pub(super) struct Esc<'t>(pub(super) &'t str);

impl fmt::Display for Esc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.0.trim_start_matches(|c: char| c.is_ascii_digit());
        let list =
            number.len() < self.0.len() && [". ", ") "].iter().any(|m| number.starts_with(m));
        let mut rest = self.0.chars();
        let mut before = None;
        while let Some(c) = rest.next() {
            let first = before.is_none();
            match c {
                // Entities, since some readers take tags out before they look at backslashes.
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => write!(f, "\\{c}")?,
                '#' | '-' | '+' | '=' if first => write!(f, "\\{c}")?,
                '.' | ')' if list && is_list_mark(self.0, rest.as_str(), c) => write!(f, "\\{c}")?,
                // A bare address or a mention of a person would become a link.
                ':' if rest.as_str().starts_with("//") => f.write_str("\\:")?,
                '.' if before == Some('w') => f.write_str("\\.")?,
                '@' => f.write_str("&#64;")?,
                '\n' | '\r' => f.write_char(' ')?,
                c => f.write_char(c)?,
            }
            before = Some(c);
        }
        Ok(())
    }
}

/// Whether `mark`, before `rest`, is what follows the digits that begin the text.
fn is_list_mark(text: &str, rest: &str, mark: char) -> bool {
    let at = text.len() - rest.len() - mark.len_utf8();
    text.as_bytes().iter().take(at).all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        let cases = [
            ("a|b`c`*d*_e_[f](g)", "a\\|b\\`c\\`\\*d\\*\\_e\\_\\[f\\](g)"),
            ("<script>&lt;", "&lt;script&gt;&amp;lt;"),
            ("# x #y", "\\# x #y"),
            ("- x", "\\- x"),
            ("12. x 3.", "12\\. x 3."),
            ("192.0.2.1", "192.0.2.1"),
            ("http://x www.y @z", "http\\://x www\\.y &#64;z"),
            ("DOM\\al", "DOM\\\\al"),
            ("", ""),
        ];
        for (text, want) in cases {
            assert_eq!(Esc(text).to_string(), want);
        }
    }
}
