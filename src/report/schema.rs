//! The JSON schema of the report, made from the types of [`super::view`] themselves: what `schema` prints
//! and what names, types and values the conditions of site rules are checked against.

use std::io;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::Value;

use super::event::Event;
use super::view::Conversation;
use super::view::View;

/// The schema of a whole report (JSON Schema 2020-12).
#[must_use]
pub fn report() -> Schema {
    settings().into_generator().into_root_schema_for::<View>()
}

/// The schema of one conversation, every type in its place instead of referred to.
#[must_use]
pub fn conversation() -> Value {
    let settings = settings().with(|s| s.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<Conversation>().to_value()
}

/// The schema of an event of a live capture, as a line of ndjson has it.
#[must_use]
pub fn event() -> Schema {
    let mut schema = settings().into_generator().into_root_schema_for::<Line>();
    schema.insert("title".to_owned(), "Event".into());
    schema
}

/// What `ndjson` puts in front of an event.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line {
    /// A line of `live -f ndjson` that tells what happens.
    #[allow(dead_code)] // Only its form matters.
    Event(Event),
}

/// Writes a schema, indented, with a newline at the end.
pub fn render(schema: &Schema, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, schema)?;
    out.write_all(b"\n")
}

/// What is written, not what would be accepted: a field that is always there is required.
fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().for_serialize()
}
