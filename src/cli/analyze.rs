//! The analysis of captures: read, diagnose, report.

use std::io::Write;

use super::CliError;
use super::Status;
use super::output;
use super::plan;
use super::plan::Analyze;
use super::plan::Output;
use super::say;
use super::secrets;
use crate::capture::CaptureError;
use crate::capture::timeline::Input;
use crate::capture::timeline::Timeline;
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
    let inputs: Vec<Input> = plan.inputs.iter().map(|path| plan::input(path)).collect();
    let (timeline, errors) = Timeline::open(&inputs);
    let mut unreadable = !errors.is_empty();
    for e in errors {
        say(err, &e.to_string());
    }
    let mut run = Run {
        settings: view::Settings {
            timeline: plan.style.verbose,
            secrets: plan.secrets.is_some(),
            filter: plan.filter.clone(),
        },
        analyzer: Analyzer::new(Options { ports: plan.ports.clone(), secrets }),
        timeline,
        conversations: Vec::new(),
    };
    if run.timeline.facts().is_empty() {
        return Ok(Status::Error);
    }
    while let Err(e) = run.frames() {
        unreadable = true;
        say(err, &e.to_string());
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
    timeline: Timeline,
    /// Mirrors of what is over: the facts themselves need not be kept.
    conversations: Vec<view::Conversation>,
}

impl Run {
    /// Reads on to the end, or to a capture that fails.
    fn frames(&mut self) -> Result<(), CaptureError> {
        let mut pushed: u32 = 0;
        while let Some(frame) = self.timeline.next_frame()? {
            self.analyzer.push(&frame);
            pushed = pushed.wrapping_add(1);
            if pushed.is_multiple_of(DRAIN_EVERY) {
                let Self { settings, analyzer, conversations, .. } = self;
                conversations.extend(analyzer.drain_closed().map(|d| mirror(&d, settings)));
            }
        }
        Ok(())
    }

    fn warn_of_damage(&mut self, err: &mut dyn Write) {
        for facts in self.timeline.facts() {
            for note in facts.notes.iter().filter(|n| DAMAGE.contains(&n.code)) {
                say(err, &format!("warning: {}: {}", facts.name, note.text));
            }
        }
    }

    fn finish(self) -> View {
        let Self { settings, analyzer, mut timeline, mut conversations } = self;
        let Analysis { conversations: rest, notes, copies, evicted } = analyzer.finish();
        conversations.extend(rest.iter().map(|d| mirror(d, &settings)));
        let captures = timeline.facts().iter().zip(0..).map(|(facts, n)| {
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
