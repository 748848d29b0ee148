//! Analysis → text, JSON, HTML and Markdown.
//!
//! One mirror of the analysis, [`view::View`], and one file per format. Text that a peer sent is made
//! visible once, where the mirror is built; a format adds only the escaping of its own syntax. Everything
//! is written to an [`io::Write`]: this layer prints nothing itself.

pub mod event;
pub mod explain;
mod finding;
pub mod html;
pub mod json;
mod ladder;
mod layout;
pub mod lookup;
pub mod markdown;
pub mod ndjson;
mod overview;
pub mod redact;
pub mod schema;
pub mod style;
pub mod text;
mod verdict;
pub mod view;

use std::io;

use crate::report::style::Style;
use crate::report::view::View;
pub use layout::grouped;
pub use layout::width;
pub use layout::wrap;
pub use overview::Rank;

/// Conversations, the worst, that a text without `-v` holds in detail or one by one; it only counts the others.
pub const TEXT_HOLDS: usize =
    if text::DETAILED > overview::LISTED { text::DETAILED } else { overview::LISTED };

/// Form of the report. A new one is a variant here, its name in [`Format::ALL`], an arm in [`render`] and
/// a file beside this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// For a person at a terminal, or in a ticket.
    #[default]
    Text,
    /// The whole report as one JSON object, schema 1.
    Json,
    /// One JSON object a line, for streams and log stores.
    Ndjson,
    /// For a ticket.
    Markdown,
    /// For a browser, for print: one file.
    Html,
}

impl Format {
    /// Every format that can be asked for.
    pub const ALL: [Self; 5] = [Self::Text, Self::Json, Self::Ndjson, Self::Markdown, Self::Html];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Markdown => "md",
            Self::Html => "html",
        }
    }

    /// The format of that name, also by its long name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let name = if name == "markdown" { "md" } else { name };
        Self::ALL.into_iter().find(|f| f.name() == name)
    }

    /// Whether it shows the messages of conversations without being asked.
    #[must_use]
    pub const fn draws_messages(self) -> bool {
        matches!(self, Self::Html)
    }
}

/// Writes a whole report. `style` matters to text only.
pub fn render(
    format: Format,
    view: &View,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::render(view, style, out),
        Format::Json => json::render(view, out),
        Format::Ndjson => ndjson::render(view, out),
        Format::Markdown => markdown::render(view, out),
        Format::Html => html::render(view, out),
    }
}
