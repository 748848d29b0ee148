//! The report as one JSON object a line, for streams and log stores. The fields are those of the JSON report
//! (schema 1); `type` tells what a line is.
//!
//! Lines come in this order, those of the type `event` between them: of a live capture only, as things
//! happen ([`Event`]).
//!
//! 1. `conversation`: each as soon as it is over, so one that ends early stands before one that began
//!    before it; those that are open at the end of the captures come then, by number, but those with a
//!    refused log-on last. Nothing in a line changes later: what its verdict takes of other conversations
//!    (the next try of a refused client) was waited for.
//! 2. `finding`: about the captures as a whole; known only at the end.
//! 3. `capture`: in the order of their indexes, the first is 0. Their facts are complete only at the end.
//! 4. `summary`: totals, and what limits the analysis. Without it a stream is not whole.

use std::io;

use serde::Serialize;

use super::event::Event;
use super::view::Capture;
use super::view::Conversation;
use super::view::Finding;
use super::view::Note;
use super::view::PROGRAM;
use super::view::Program;
use super::view::SCHEMA;
use super::view::Summary;
use super::view::View;

/// Writes the whole report, conversations in the order in which the view has them.
pub fn render(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let mut stream = Stream::new(out);
    for c in &view.conversations {
        stream.conversation(c)?;
    }
    stream.finish(&view.captures, &view.findings, &view.notes).map(drop)
}

/// A report that is written while the captures are read. It keeps totals alone.
pub struct Stream<W> {
    out: W,
    summary: Summary,
}

impl<W: io::Write> Stream<W> {
    /// A report without a line.
    pub fn new(out: W) -> Self {
        Self { out, summary: Summary::default() }
    }

    /// Writes a conversation that is over.
    pub fn conversation(&mut self, c: &Conversation) -> io::Result<()> {
        self.summary.add(c);
        self.line(&Line::Conversation(c))
    }

    /// Writes a piece of news.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        self.line(&Line::Event(event))
    }

    /// Hands on what is written so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Writes what is known at the end, and gives back where it was written.
    pub fn finish(
        mut self,
        captures: &[Capture],
        findings: &[Finding],
        notes: &[Note],
    ) -> io::Result<W> {
        for f in findings {
            self.summary.count(f);
            self.line(&Line::Finding(f))?;
        }
        for c in captures {
            self.line(&Line::Capture(c))?;
        }
        let summary = self.summary;
        self.line(&Line::Summary(Totals { schema: SCHEMA, program: PROGRAM, notes, summary }))?;
        Ok(self.out)
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'v> {
    Capture(&'v Capture),
    Conversation(&'v Conversation),
    Event(&'v Event),
    Finding(&'v Finding),
    Summary(Totals<'v>),
}

/// What the report says besides.
#[derive(Serialize)]
struct Totals<'v> {
    schema: u32,
    program: Program,
    notes: &'v [Note],
    #[serde(flatten)]
    summary: Summary,
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::conversation::Outcome;
    use crate::report::view::Settings;
    use crate::report::view::tests::conversation;
    use crate::report::view::tests::report;

    #[test]
    fn a_line_for_each_and_its_type_first() {
        let all =
            [conversation(1, Outcome::Failed, &["a"]), conversation(2, Outcome::Connected, &["b"])];
        let mut out = Vec::new();
        render(&report(&all, &Settings::default()), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let types: Vec<_> = lines.iter().map(|l| l["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["conversation", "conversation", "capture", "summary"]);
        assert!(text.lines().all(|l| l.starts_with("{\"type\":\"")));
        assert_eq!(lines[3]["failed"], 1);
        assert_eq!(lines[3]["schema"], 1);
        assert_eq!(lines[0]["client"]["address"], "192.0.2.10");
    }
}
