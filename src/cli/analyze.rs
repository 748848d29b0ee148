//! The analysis of captures: read, diagnose, report.

use std::io;
use std::io::Write;
use std::path::Path;

use super::CliError;
use super::Status;
use super::output;
use super::plan;
use super::plan::Analyze;
use super::plan::Output;
use super::say;
use super::secrets;
use crate::capture;
use crate::capture::CaptureError;
use crate::capture::CaptureFacts;
use crate::capture::Source;
use crate::crypto::secret::Secrets;
use crate::link::LinkNote;
use crate::pipeline::Analysis;
use crate::pipeline::Analyzer;
use crate::pipeline::Diagnosed;
use crate::pipeline::Options;
use crate::report;
use crate::report::view;
use crate::report::view::Note;
use crate::report::view::View;

/// Runs the plan. Captures that cannot be read are named and left out; the others are analysed.
pub(super) fn run(
    plan: &Analyze,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, CliError> {
    let secrets = match &plan.secrets {
        Some(path) => secrets::read(path, plan.quiet, err)?,
        None => Secrets::default(),
    };
    let mut run = Run {
        settings: view::Settings {
            timeline: plan.style.verbose,
            secrets: plan.secrets.is_some(),
            filter: plan.filter.clone(),
        },
        analyzer: Analyzer::new(Options { ports: plan.ports.clone(), secrets }),
        captures: Vec::new(),
        conversations: Vec::new(),
    };
    let mut unreadable = false;
    for input in &plan.inputs {
        if let Err(e) = run.read(input) {
            unreadable = true;
            say(err, &e.to_string());
        }
    }
    if run.captures.is_empty() {
        return Ok(Status::Error);
    }
    if !plan.quiet {
        run.warn_of_damage(err);
    }
    let view = run.finish();
    write(&view, plan, out)?;
    let found = |least| view.all_findings().any(|f| f.severity >= least);
    Ok(match plan.fail_on {
        _ if unreadable => Status::Error,
        Some(least) if found(least) => Status::Findings,
        _ => Status::Clean,
    })
}

struct Run {
    settings: view::Settings,
    analyzer: Analyzer,
    captures: Vec<CaptureFacts>,
    /// Mirrors of what is over: the facts themselves need not be kept.
    conversations: Vec<view::Conversation>,
}

impl Run {
    /// Takes a capture in. What was read before an error stays.
    fn read(&mut self, input: &Path) -> Result<(), CaptureError> {
        let index = u32::try_from(self.captures.len()).unwrap_or(u32::MAX);
        let mut source = if plan::is_stream(input) {
            capture::read(Box::new(io::stdin()), "-", index)?
        } else {
            capture::open(input, index)?
        };
        let read = self.frames(&mut *source);
        self.captures.push(source.facts().clone());
        read
    }

    fn frames(&mut self, source: &mut dyn Source) -> Result<(), CaptureError> {
        let mut pushed: u32 = 0;
        while let Some(frame) = source.next_frame()? {
            self.analyzer.push(&frame);
            pushed = pushed.wrapping_add(1);
            if pushed.is_multiple_of(DRAIN_EVERY) {
                let Self { settings, analyzer, conversations, .. } = self;
                conversations.extend(analyzer.drain_closed().map(|d| mirror(&d, settings)));
            }
        }
        Ok(())
    }

    fn warn_of_damage(&self, err: &mut dyn Write) {
        for facts in &self.captures {
            for note in facts.notes.iter().filter(|n| DAMAGE.contains(&n.code)) {
                say(err, &format!("warning: {}: {}", facts.name, note.text));
            }
        }
    }

    fn finish(self) -> View {
        let Self { settings, analyzer, captures, mut conversations } = self;
        let Analysis { conversations: rest, notes, copies, evicted } = analyzer.finish();
        conversations.extend(rest.iter().map(|d| mirror(d, &settings)));
        let captures = captures.iter().zip(0..).map(|(facts, n)| {
            let of_links = notes.iter().filter(move |note| note.frame.capture == n);
            view::Capture::new(facts, of_links.map(link_note))
        });
        View::new(captures.collect(), conversations, run_notes(copies, evicted))
    }
}

fn mirror(d: &Diagnosed, settings: &view::Settings) -> view::Conversation {
    view::conversation(&d.conversation, &d.diagnosis, settings)
}

fn link_note(note: &LinkNote) -> Note {
    Note::new(note.code, &note.text)
}

fn run_notes(copies: u64, evicted: u64) -> Vec<Note> {
    let mut notes = Vec::new();
    if copies > 0 {
        let text = format!(
            "{copies} packets are in the capture twice (taken at two interfaces or hops); each is \
             counted once"
        );
        notes.push(Note::new("copies", &text));
    }
    if evicted > 0 {
        let text = format!(
            "{evicted} conversations were closed early because too many were open at one time; what \
             came after is a conversation of its own"
        );
        notes.push(Note::new("conversations-evicted", &text));
    }
    notes
}

fn write(view: &View, plan: &Analyze, out: &mut dyn Write) -> Result<(), CliError> {
    let render = |out: &mut dyn Write| report::render(plan.format, view, &plan.style, out);
    match &plan.output {
        Output::Nowhere => Ok(()),
        Output::Standard => render(out).map_err(CliError::Output),
        Output::File(path) => output::replace(path, render).map_err(|e| CliError::File {
            name: path.display().to_string(),
            reason: e.to_string(),
        }),
    }
}

/// Frames between two looks for conversations that are over.
const DRAIN_EVERY: u32 = 4096;
/// Notes of the readers that mean that a capture breaks off or is damaged.
const DAMAGE: [&str; 4] = ["cut-short", "damaged-block", "read-error", "record-too-large"];
