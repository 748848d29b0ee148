//! The report as one JSON object (schema 1). Field names, their order and their values are a contract:
//! fields may be added, never renamed or taken away within a schema.

use std::io;

use super::view::View;

/// Writes the whole report, indented, with a newline at the end.
pub fn render(view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, view)?;
    out.write_all(b"\n")
}
