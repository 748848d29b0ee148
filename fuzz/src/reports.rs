//! What every report promises, whatever came over the wire: nothing in it steers a terminal, a browser or
//! another program.

use pptp_diag::report;
use pptp_diag::report::Format;
use pptp_diag::report::redact::redact;
use pptp_diag::report::style::Style;
use pptp_diag::report::view::View;

/// Writes the report of an input in all formats as it is, or redacted: the input's last octet chooses.
pub fn check(view: View, input: &[u8]) {
    match input.last() {
        Some(0..=31) => formats(&redact(view)),
        _ => formats(&view),
    }
}

fn formats(view: &View) {
    for format in Format::ALL {
        for style in styles().iter().take(if format == Format::Text { 2 } else { 1 }) {
            let mut out = Vec::new();
            report::render(format, view, style, &mut out).unwrap();
            let text = String::from_utf8(out).expect("reports are UTF-8");
            let name = format.name();
            assert!(text.ends_with('\n'), "{name}");
            // Style and script of a page are always the same.
            let text = match format {
                Format::Html => {
                    let body =
                        text.split_once("<body>").and_then(|(_, b)| b.rsplit_once("<script>"));
                    body.expect("a page has a body and ends with its script").0.to_owned()
                }
                _ => text,
            };
            let bad = text.chars().find(|c| steers(*c) && *c != '\n');
            assert!(bad.is_none(), "{name}: {bad:?}");
            match format {
                Format::Json => {
                    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
                    let told = whole["conversations"].as_array().map(Vec::len);
                    assert_eq!(told, Some(view.conversations.len()));
                }
                Format::Ndjson => {
                    for line in text.lines() {
                        let line: serde_json::Value = serde_json::from_str(line).unwrap();
                        assert!(line["type"].is_string());
                    }
                }
                Format::Html | Format::Markdown => {
                    let lower = text.to_ascii_lowercase();
                    for bad in ["<script", "</script", "<style", "javascript:"] {
                        assert!(!lower.contains(bad), "{name}: {bad}");
                    }
                }
                _ => {}
            }
        }
    }
}

/// Controls, and characters that reorder or hide others.
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}

fn styles() -> [Style; 2] {
    let wide = Style { color: false, width: 100, unicode: true, verbose: true };
    [wide, Style { width: 40, unicode: false, verbose: false, ..wide }]
}
