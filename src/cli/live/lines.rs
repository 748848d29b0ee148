//! A line, or an object, for each event: for pipes, journals and log stores. Every one is handed on at once.

use std::io;
use std::io::Write;

use super::session::Session;
use super::show::Show;
use super::show::Wish;
use crate::report::event::Event;
use crate::report::ndjson;
use crate::report::style::Style;
use crate::report::view::Conversation;
use crate::report::view::View;

/// Writes events as they come.
pub(super) enum Lines<'o> {
    /// Text.
    Text(&'o mut dyn Write, Style),
    /// ndjson; whether conversations follow as soon as they are over, so that the whole is a report.
    Objects(ndjson::Stream<&'o mut dyn Write>, bool),
}

impl<'o> Lines<'o> {
    pub(super) fn text(out: &'o mut dyn Write, style: Style) -> Self {
        Self::Text(out, style)
    }

    pub(super) fn objects(out: &'o mut dyn Write, whole: bool) -> Self {
        Self::Objects(ndjson::Stream::new(out), whole)
    }

    /// Writes what is known at the end.
    pub(super) fn finish(self, view: &View) -> io::Result<()> {
        let Self::Objects(mut stream, true) = self else { return Ok(()) };
        for c in &view.conversations {
            stream.conversation(c)?;
        }
        stream.finish(&view.captures, &view.findings, &view.notes)?.flush()
    }
}

impl Show for Lines<'_> {
    fn event(&mut self, event: &Event, _: Option<&Conversation>) -> io::Result<()> {
        match self {
            Self::Text(out, style) => {
                event.text(style, out)?;
                out.flush()
            }
            Self::Objects(stream, _) => {
                stream.event(event)?;
                stream.flush()
            }
        }
    }

    fn closed(&mut self, conversation: &Conversation) -> io::Result<()> {
        match self {
            Self::Objects(stream, true) => {
                stream.conversation(conversation)?;
                stream.flush()
            }
            _ => Ok(()),
        }
    }

    fn beat(&mut self, _: &mut Session<'_>) -> io::Result<Wish> {
        Ok(Wish::GoOn)
    }
}
