//! `extract`: only what matters to PPTP, ready to send to someone.

use std::borrow::Cow;
use std::io;
use std::io::Write;
use std::path::Path;

use super::CliError;
use super::Environment;
use super::Status;
use super::analyze;
use super::fence;
use super::output;
use super::plan;
use super::plan::Extract as Plan;
use super::progress::Progress;
use super::reading;
use super::say;
use crate::base::frame::Frame;
use crate::base::frame::LinkType;
use crate::capture::CaptureFacts;
use crate::capture::timeline::Input;
use crate::capture::timeline::Timeline;
use crate::capture::write::PcapngWriter;
use crate::pipeline::anonymize::Anonymizer;
use crate::pipeline::anonymize::Key;
use crate::pipeline::anonymize::Survey;
use crate::pipeline::extract::Extract;

/// Runs the plan. Captures that cannot be read are named and left out.
pub(super) fn run(
    plan: &Plan,
    environment: &Environment,
    err: &mut dyn Write,
) -> Result<Status, CliError> {
    let _ = fence::enclose(environment, &plan.inputs, [plan.output.as_path()]);
    let (inputs, errors) = analyze::readable(&plan.inputs);
    let mut status = if errors.is_empty() { Status::Clean } else { Status::Error };
    for e in errors {
        say(err, &e.to_string());
    }
    if inputs.is_empty() {
        return Ok(Status::Error);
    }
    if reading::points(&inputs, &plan.ports, environment.processors).len() > 1 {
        return Err(CliError::Usage(
            "these captures show the same traffic from different points: extract each of them by itself, \
             and give the extracts together to the analysis"
                .to_owned(),
        ));
    }
    let mut maker = if plan.anonymize {
        Maker::Anonymous(Box::new(survey(plan, &inputs, environment.processors)?))
    } else {
        Maker::Plain(Box::new(Extract::new(&plan.ports)))
    };
    let (mut timeline, errors) = Timeline::open(&inputs, environment.processors);
    for e in errors {
        status = Status::Error;
        say(err, &e.to_string());
    }
    let mut kept = 0;
    let mut failed = Vec::new();
    output::replace(&plan.output, |out| {
        let mut progress = Progress::new(&plan.inputs, plan.quiet);
        (kept, failed) = copy(&mut timeline, &mut maker, &mut progress, out)?;
        progress.finish();
        Ok(())
    })
    .map_err(|e| file_error(&plan.output, &e))?;
    for e in failed {
        status = Status::Error;
        say(err, &e);
    }
    for (_, facts) in timeline.facts() {
        analyze::warn_of_damage(facts, err);
    }
    let read: u64 = timeline.facts().iter().map(|(_, f)| f.frames).sum();
    if !plan.quiet {
        say(err, &format!("kept {kept} of {read} frames in {}", plan.output.display()));
        if kept == 0 {
            say(err, "there is no PPTP in it: see `pptp-diag FILE` for how to capture");
        }
    }
    Ok(status)
}

/// Makes what is written in the place of a frame.
enum Maker {
    /// The frame itself, where it matters.
    Plain(Box<Extract>),
    /// IP packets that may be shown.
    Anonymous(Box<Anonymizer>),
}

/// What is written: link type, length on the wire, octets.
type Record = (LinkType, u32, Vec<u8>);

impl Maker {
    fn records(&mut self, frame: &Frame<'_>) -> Vec<Record> {
        match self {
            Self::Plain(extract) => {
                let kept = extract.keeps(frame);
                let record = || (frame.link, frame.original_len, frame.data.to_vec());
                kept.then(record).into_iter().collect()
            }
            Self::Anonymous(anonymizer) => {
                let packets = anonymizer.packets(frame).into_iter();
                packets.map(|p| (LinkType::RAW, p.original_len, p.octets)).collect()
            }
        }
    }

    /// What is told of a capture: names of interfaces can be those of a machine.
    fn facts<'a>(&self, facts: Option<&'a CaptureFacts>) -> Cow<'a, CaptureFacts> {
        match (self, facts) {
            (Self::Plain(_), Some(facts)) => Cow::Borrowed(facts),
            _ => Cow::Owned(CaptureFacts {
                snap_length: facts.map_or(0, |f| f.snap_length),
                ..CaptureFacts::default()
            }),
        }
    }
}

/// The first look of `--anonymize`. What fails in it fails again in the second, which says so.
fn survey(plan: &Plan, inputs: &[(u32, Input)], processors: usize) -> Result<Anonymizer, CliError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|e| CliError::File {
        name: "random numbers of the system".to_owned(),
        reason: e.to_string(),
    })?;
    let mut survey = Survey::new(&plan.ports, Key::new(key));
    let (mut timeline, _) = Timeline::open(inputs, processors);
    let mut progress = Progress::new(&plan.inputs, plan.quiet);
    loop {
        progress.frame(&timeline);
        match timeline.next_frame() {
            Ok(Some(frame)) => survey.push(&frame),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    progress.finish();
    Ok(survey.finish(timeline.facts().iter().filter_map(|(_, f)| f.until).max()))
}

/// Copies the frames that matter; returns how many, and which captures failed in the middle.
fn copy(
    timeline: &mut Timeline,
    maker: &mut Maker,
    progress: &mut Progress,
    out: &mut dyn Write,
) -> io::Result<(u64, Vec<String>)> {
    let mut writer = PcapngWriter::new(out)?;
    let mut failed = Vec::new();
    loop {
        progress.frame(timeline);
        let (records, head) = match timeline.next_frame() {
            Ok(Some(frame)) => (maker.records(&frame), Frame { data: &[], ..frame }),
            Ok(None) => break,
            Err(e) => {
                failed.push(e.to_string());
                continue;
            }
        };
        if records.is_empty() {
            continue;
        }
        let facts = timeline.facts().iter().find(|(index, _)| *index == head.frame.capture());
        let facts = maker.facts(facts.map(|(_, f)| f));
        for (link, original_len, data) in &records {
            let frame = Frame { link: *link, original_len: *original_len, data, ..head };
            writer.frame(&frame, &facts)?;
        }
    }
    let kept = writer.frames();
    let until = timeline.facts().iter().filter_map(|(_, f)| f.until.max(f.last)).max();
    writer.finish(until)?;
    Ok((kept, failed))
}

fn file_error(path: &Path, e: &io::Error) -> CliError {
    CliError::File { name: path.display().to_string(), reason: e.to_string() }
}

/// Checks what was typed.
pub(super) fn check(plan: &Plan) -> Result<(), CliError> {
    if plan.anonymize {
        plan::read_twice(&plan.inputs, "--anonymize")?;
    }
    plan::inputs_make_sense(&plan.inputs)?;
    plan::output_makes_sense(&plan.output, &plan.inputs)
}
