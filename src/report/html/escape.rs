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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_opens_a_tag_or_ends_an_attribute() {
        let shown = Esc("a<script>&\"'é]]>b").to_string();
        assert_eq!(shown, "a&lt;script&gt;&amp;&quot;&#39;é]]&gt;b");
        assert_eq!(Esc("").to_string(), "");
    }
}
