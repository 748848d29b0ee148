//! The only way by which text gets into the page.

use std::fmt;
use std::fmt::Write as _;

/// Text for an element or a quoted attribute.
pub(super) struct Esc<'t>(pub(super) &'t str);

impl fmt::Display for Esc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in self.0.split_inclusive(['&', '<', '>', '"', '\'']) {
            let mut plain = piece.chars();
            let entity = match plain.next_back() {
                Some('&') => "&amp;",
                Some('<') => "&lt;",
                Some('>') => "&gt;",
                Some('"') => "&quot;",
                Some('\'') => "&#39;",
                Some(other) => {
                    f.write_str(plain.as_str())?;
                    f.write_char(other)?;
                    continue;
                }
                None => continue,
            };
            f.write_str(plain.as_str())?;
            f.write_str(entity)?;
        }
        Ok(())
    }
}

/// The first `most` characters, with a sign that more follow.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_opens_a_tag_or_ends_an_attribute() {
        let shown = Esc("a<script>&\"'é]]>b").to_string();
        assert_eq!(shown, "a&lt;script&gt;&amp;&quot;&#39;é]]&gt;b");
        assert_eq!(Esc("").to_string(), "");
        assert_eq!(cut("añb", 2), "añ…");
        assert_eq!(cut("añ", 2), "añ");
    }
}
