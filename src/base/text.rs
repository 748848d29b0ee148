//! Text from the wire made fit for people: nothing that a peer sends may steer a terminal.

use std::fmt::Write as _;

/// Bytes as text: valid UTF-8 is kept, every other byte becomes `\xNN`. Not yet safe to print: pass
/// the result through [`visible`] on its way out.
#[must_use]
pub fn lossy(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for b in chunk.invalid() {
            let _ = write!(out, "\\x{b:02X}");
        }
    }
    out
}

/// Replaces control characters, line breaks, and characters that reorder or hide text (Unicode
/// bidirectional controls, zero-width characters) by visible escapes, and cuts at `max` characters.
#[must_use]
pub fn visible(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, c) in text.chars().enumerate() {
        if n == max {
            out.push('…');
            break;
        }
        match c {
            '\u{0}'..='\u{1F}' | '\u{7F}'..='\u{9F}' => {
                let _ = write!(out, "\\x{:02X}", u32::from(c));
            }
            '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}' => {
                let _ = write!(out, "\\u{{{:X}}}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out
}

/// Lower-case hexadecimal, at most `max` bytes, `…` where more follow.
#[must_use]
pub fn hex(bytes: &[u8], max: usize) -> String {
    let mut out = String::with_capacity(2 * bytes.len().min(max) + 3);
    for b in bytes.iter().take(max) {
        let _ = write!(out, "{b:02x}");
    }
    if bytes.len() > max {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_steers_a_terminal() {
        assert_eq!(visible("a\u{1b}[31mb\r\n\u{202e}c", 99), "a\\x1B[31mb\\x0D\\x0A\\u{202E}c");
        assert_eq!(visible("Müller", 99), "Müller");
        assert_eq!(visible("abcdef", 3), "abc…");
    }

    #[test]
    fn keeps_bytes_that_are_not_text() {
        assert_eq!(lossy(b"al\xFFice\xC3\xA9"), "al\\xFFiceé");
        assert_eq!(hex(&[1, 0xAB, 3], 2), "01ab…");
    }
}
