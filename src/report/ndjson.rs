//! The report as one JSON object a line: captures, conversations, findings about the captures as a whole,
//! and at the end the totals. The fields are those of the JSON report (schema 1); `type` tells what a
//! line is.

use std::io;

use serde::Serialize;

use super::view::Capture;
use super::view::Conversation;
use super::view::Finding;
use super::view::Note;
use super::view::Program;
use super::view::Summary;
use super::view::View;

/// Writes the whole report.
pub fn render(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    for c in &view.captures {
        line(&Line::Capture(c), out)?;
    }
    for c in &view.conversations {
        line(&Line::Conversation(c), out)?;
    }
    for f in &view.findings {
        line(&Line::Finding(f), out)?;
    }
    let totals = Totals {
        schema: view.schema,
        program: view.program,
        notes: &view.notes,
        summary: view.summary,
    };
    line(&Line::Summary(totals), out)
}

fn line(line: &Line<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'v> {
    Capture(&'v Capture),
    Conversation(&'v Conversation),
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
        assert_eq!(types, ["capture", "conversation", "conversation", "summary"]);
        assert!(text.lines().all(|l| l.starts_with("{\"type\":\"")));
        assert_eq!(lines[3]["failed"], 1);
        assert_eq!(lines[3]["schema"], 1);
        assert_eq!(lines[1]["client"]["address"], "192.0.2.10");
    }
}
