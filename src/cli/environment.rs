//! What the process's surroundings say about its output. Read once, at the start.

use std::io;
use std::io::IsTerminal as _;

use super::args::Color;
use super::parallel;
use crate::report::style::Style;

/// Terminal, width, locale, and whose process it is.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    /// Standard output is a terminal.
    pub terminal: bool,
    /// Standard input and output are a terminal that can do more than lines: a full screen can be shown, and
    /// keys be read.
    pub interactive: bool,
    /// The terminal can show colours and nobody asked to have none.
    pub color: bool,
    /// The locale is UTF-8.
    pub unicode: bool,
    /// Columns, where `COLUMNS` or the terminal tells.
    pub width: Option<usize>,
    /// User and group that `sudo` was called by.
    pub sudo: Option<(u32, u32)>,
    /// Octets of memory in use, where the program's allocator counts them.
    pub allocated: fn() -> Option<u64>,
    /// Processors to use; the output is the same for any number.
    pub processors: usize,
    /// The process is this program's alone, and gives up what an analysis does not need.
    pub confine: bool,
}

impl Environment {
    /// Reads the environment of this process, which is not taken to be the program's own.
    #[must_use]
    pub fn read() -> Self {
        let terminal = io::stdout().is_terminal();
        let no_color = text("NO_COLOR").is_some();
        let dumb = text("TERM").is_some_and(|t| t == "dumb");
        let columns = text("COLUMNS").and_then(|c| c.trim().parse().ok()).filter(|n| *n > 0);
        let measured = || terminal_size::terminal_size().map(|(w, _)| usize::from(w.0));
        Self {
            terminal,
            interactive: terminal && io::stdin().is_terminal() && !dumb,
            color: terminal && !no_color && !dumb,
            unicode: is_utf8(["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(text).as_deref()),
            width: columns.or_else(|| terminal.then(measured).flatten()),
            confine: false,
            processors: parallel::processors(),
            sudo: number("SUDO_UID").zip(number("SUDO_GID")),
            allocated: || None,
        }
    }

    /// How text is to look there; `file`: it goes to a file, not to standard output.
    pub(super) fn style(&self, color: Color, file: bool, verbose: bool) -> Style {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => self.color && !file,
        };
        let width = self.width.unwrap_or(PIPE_WIDTH).clamp(NARROWEST, WIDEST);
        Style { color, width, unicode: self.unicode, verbose }
    }
}

/// The first of LC_ALL, LC_CTYPE and LANG decides (POSIX); systems without them speak UTF-8.
fn is_utf8(locale: Option<&str>) -> bool {
    match locale {
        Some(name) => {
            let name = name.to_ascii_lowercase();
            name.contains("utf-8") || name.contains("utf8")
        }
        None => cfg!(any(windows, target_os = "macos")),
    }
}

/// A variable that is set and not empty.
#[allow(clippy::disallowed_methods)] // This is the one place that reads the environment.
fn text(name: &str) -> Option<String> {
    std::env::var_os(name).map(|v| v.to_string_lossy().into_owned()).filter(|v| !v.is_empty())
}

fn number(name: &str) -> Option<u32> {
    text(name).and_then(|t| t.parse().ok())
}

/// Where nothing tells the width.
const PIPE_WIDTH: usize = 100;
const NARROWEST: usize = 40;
const WIDEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales() {
        assert!(is_utf8(Some("de_DE.UTF-8")));
        assert!(is_utf8(Some("C.utf8")));
        assert!(!is_utf8(Some("POSIX")));
        assert!(!is_utf8(Some("de_DE@euro")));
    }

    #[test]
    fn colour_only_where_wanted() {
        let there = Environment {
            terminal: true,
            interactive: true,
            color: true,
            unicode: true,
            width: Some(7),
            sudo: None,
            confine: false,
            processors: 1,
            allocated: || None,
        };
        assert!(there.style(Color::Auto, false, false).color);
        assert!(!there.style(Color::Auto, true, false).color);
        assert!(!there.style(Color::Never, false, false).color);
        assert!(there.style(Color::Always, true, false).color);
        assert_eq!(there.style(Color::Auto, false, false).width, 40);
    }
}
