//! Colours and signs for the screen, and text that fits. Colour never carries a meaning alone.

use ratatui::style::Color;
use ratatui::style::Modifier;
use ratatui::style::Style as Look;
use ratatui::text::Line;
use ratatui::text::Span as Piece;
use unicode_width::UnicodeWidthChar;

use super::news::Tone;
use super::row::Health;
use crate::base::time::Span;
use crate::report::style::Style;
use crate::report::width;

/// What the terminal can show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ink(pub(super) Style);

impl Ink {
    pub(super) fn bold() -> Look {
        Look::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn quiet() -> Look {
        Look::new().add_modifier(Modifier::DIM)
    }

    /// The chosen row, and what must not be missed.
    pub(super) fn reversed() -> Look {
        Look::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn bad(self) -> Look {
        self.coloured(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub(super) fn doubt(self) -> Look {
        self.coloured(Color::Yellow)
    }

    pub(super) fn good(self) -> Look {
        self.coloured(Color::Green)
    }

    pub(super) fn health(self, health: Health) -> Look {
        match health {
            Health::Ok => self.good(),
            Health::Dialing => Look::new(),
            Health::Unclear | Health::Warning => self.doubt(),
            Health::Failed | Health::Fault => self.bad(),
        }
    }

    pub(super) fn tone(self, tone: Tone) -> Look {
        match tone {
            Tone::Quiet => Look::new(),
            Tone::Good => self.good(),
            Tone::Doubt => self.doubt(),
            Tone::Bad => self.bad(),
        }
    }

    /// A text in exactly so many columns; `…` where it is cut.
    pub(super) fn fit(self, text: &str, columns: usize) -> String {
        let text = self.0.plain(text);
        let mut out = cut(&text, columns, if self.0.unicode { "…" } else { "~" });
        let room = columns.saturating_sub(width(&out));
        out.extend(std::iter::repeat_n(' ', room));
        out
    }

    /// The same, but of what is too long the end is kept: addresses differ there.
    pub(super) fn fit_end(self, text: &str, columns: usize) -> String {
        if width(text) <= columns || !text.is_ascii() {
            return self.fit(text, columns);
        }
        let sign = if self.0.unicode { "…" } else { "~" };
        let end = text.get(text.len() - columns.saturating_sub(1)..).unwrap_or_default();
        self.fit(&format!("{sign}{end}"), columns)
    }

    /// A rule across the screen with a text in it.
    pub(super) fn rule(self, text: &str, columns: usize) -> String {
        let text = if text.is_empty() { String::new() } else { format!(" {text} ") };
        let line = format!("──{text}{}", "─".repeat(columns));
        self.0
            .plain(&line)
            .chars()
            .scan(0, |used, c| {
                *used += c.width().unwrap_or(0);
                (*used <= columns).then_some(c)
            })
            .collect()
    }

    /// Text as the reports write it, its colours with it, as lines of at most so many columns.
    pub(super) fn lines(text: &str, columns: usize) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        let mut look = Look::new();
        for line in text.lines() {
            let mut pieces = Vec::new();
            let mut used = 0;
            for (n, part) in line.split("\x1b[").enumerate() {
                let part = match part.split_once('m').filter(|_| n > 0) {
                    Some((code, rest)) => {
                        look = painted(code);
                        rest
                    }
                    None => part,
                };
                let mut text = String::new();
                for c in part.chars() {
                    let more = c.width().unwrap_or(0);
                    if used + more > columns {
                        pieces.push(Piece::styled(std::mem::take(&mut text), look));
                        lines.push(Line::from(std::mem::take(&mut pieces)));
                        used = 0;
                    }
                    text.push(c);
                    used += more;
                }
                pieces.push(Piece::styled(text, look));
            }
            lines.push(Line::from(pieces));
        }
        lines
    }

    fn coloured(self, color: Color) -> Look {
        if self.0.color { Look::new().fg(color) } else { Look::new() }
    }
}

/// A time that has passed, in five columns: `12s`, `5m`, `3h`, `2d`.
pub(super) fn ago(span: Span) -> String {
    let seconds = span.0.max(0) / 1_000_000_000;
    match seconds {
        0..100 => format!("{seconds}s"),
        100..6000 => format!("{}m", seconds / 60),
        6000..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `1:02:03`.
pub(super) fn clock(span: Span) -> String {
    let seconds = span.0.max(0) / 1_000_000_000;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn cut(text: &str, columns: usize, sign: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let mut used = 0;
    let kept = text.chars().take_while(|c| {
        used += c.width().unwrap_or(0);
        used <= room
    });
    let kept: String = kept.collect();
    if columns == 0 { kept } else { kept + sign }
}

/// The codes that the reports use.
fn painted(code: &str) -> Look {
    let mut look = Look::new();
    for part in code.split(';') {
        look = match part {
            "1" => look.add_modifier(Modifier::BOLD),
            "2" => look.add_modifier(Modifier::DIM),
            "31" => look.fg(Color::Red),
            "32" => look.fg(Color::Green),
            "33" => look.fg(Color::Yellow),
            _ => look,
        };
    }
    look
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit() {
        let ink = Ink(Style::default());
        assert_eq!(ink.fit("abc", 5), "abc  ");
        assert_eq!(ink.fit("abcdef", 5), "abcd…");
        assert_eq!(ink.fit("日本語", 4), "日… ");
        assert_eq!(ink.fit("ab", 0), "");
        assert_eq!(ink.fit_end("2001:db8::1234", 6), "…:1234");
        assert_eq!(ink.rule("x", 6), "── x ─");
        let ascii = Ink(Style { unicode: false, ..Style::default() });
        assert_eq!(
            (ascii.fit("a → b", 4), ascii.rule("", 3)),
            ("a -~".to_owned(), "---".to_owned())
        );
    }

    #[test]
    fn times_are_short() {
        let texts = [0, 99, 100, 5999, 6000, 172_799, 172_800].map(|s| ago(Span::from_secs(s)));
        assert_eq!(texts, ["0s", "99s", "1m", "99m", "1h", "47h", "2d"]);
        assert_eq!(clock(Span::from_secs(3723)), "1:02:03");
    }

    #[test]
    fn colours_of_reports_become_colours_of_the_screen() {
        let lines = Ink::lines("ab\x1b[1;31mcd\x1b[0mef\n\nx", 3);
        let texts: Vec<String> = lines.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["abc", "def", "", "x"]);
        let red = Look::new().add_modifier(Modifier::BOLD).fg(Color::Red);
        assert_eq!(lines[0].spans[1].style, red);
        assert_eq!(lines[1].spans[0].style, red);
        assert_eq!(lines[1].spans[1].style, Look::new());
    }
}
