//! ndjson while the captures are read: a conversation is written as soon as it is over, and forgotten.

use std::io;
use std::io::Write;

use super::CliError;
use super::output::Unfinished;
use super::plan::Analyze;
use super::plan::Output;
use crate::report::Format;
use crate::report::ndjson;
use crate::report::view::Conversation;
use crate::report::view::View;
use crate::rules::Severity;

/// Whether the report of a plan can be written so. Other names and addresses, a choice, comments in the
/// captures and the telling of what was opened take all conversations at once; those of several capture
/// points are joined at the end.
pub(super) fn is_possible(plan: &Analyze, points: usize) -> bool {
    plan.format == Format::Ndjson
        && points == 1
        && !plan.redact
        && plan.selection.is_empty()
        && plan.annotate.is_none()
        && plan.decrypt.is_none()
}

/// A report that has begun.
pub(super) struct Stream<'o> {
    lines: ndjson::Stream<Target<'o>>,
    /// The worst of what was written.
    worst: Option<Severity>,
}

impl<'o> Stream<'o> {
    /// A report where the plan wants it.
    pub(super) fn begin(plan: &Analyze, out: &'o mut dyn Write) -> Result<Self, CliError> {
        let target = match &plan.output {
            Output::Nowhere => Target::Nowhere,
            Output::Standard => Target::Standard(out),
            Output::File(path) => {
                Target::File(Unfinished::begin(path).map_err(|e| failed(plan, e))?)
            }
        };
        Ok(Self { lines: ndjson::Stream::new(target), worst: None })
    }

    /// Writes a conversation that is over, and hands it on at once.
    pub(super) fn conversation(&mut self, c: &Conversation) -> io::Result<()> {
        self.worst = self.worst.max(c.worst());
        self.lines.conversation(c)?;
        self.lines.flush()
    }

    /// Writes the rest, of which `view` is; returns the worst finding of the whole report.
    pub(super) fn finish(mut self, view: &View) -> io::Result<Option<Severity>> {
        for c in &view.conversations {
            self.worst = self.worst.max(c.worst());
            self.lines.conversation(c)?;
        }
        let across = view.findings.iter().map(|f| f.severity).max();
        match self.lines.finish(&view.captures, &view.findings, &view.notes)? {
            Target::File(file) => file.finish()?,
            Target::Nowhere | Target::Standard(_) => {}
        }
        Ok(self.worst.max(across))
    }
}

/// Why the report of a plan is not written.
pub(super) fn failed(plan: &Analyze, error: io::Error) -> CliError {
    match &plan.output {
        Output::File(path) => {
            CliError::File { name: path.display().to_string(), reason: error.to_string() }
        }
        Output::Nowhere | Output::Standard => CliError::Output(error),
    }
}

/// Where lines go.
enum Target<'o> {
    Nowhere,
    Standard(&'o mut dyn Write),
    File(Unfinished),
}

impl Write for Target<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Nowhere => Ok(octets.len()),
            Self::Standard(out) => out.write(octets),
            Self::File(file) => file.write(octets),
        }
    }

    /// Somebody may wait at the other end; nobody sees a file before it is whole.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::Nowhere | Self::File(_) => Ok(()),
        }
    }
}
