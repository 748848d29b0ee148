//! `extract`: only what matters to PPTP, ready to send to someone.

use std::io;
use std::io::Write;
use std::path::Path;

use super::CliError;
use super::Status;
use super::analyze;
use super::output;
use super::plan;
use super::plan::Extract as Plan;
use super::progress::Progress;
use super::say;
use crate::base::frame::Frame;
use crate::capture::CaptureFacts;
use crate::capture::timeline::Timeline;
use crate::capture::write::PcapngWriter;
use crate::pipeline::extract::Extract;

/// Runs the plan. Captures that cannot be read are named and left out.
pub(super) fn run(plan: &Plan, err: &mut dyn Write) -> Result<Status, CliError> {
    let (inputs, errors) = analyze::readable(&plan.inputs);
    let mut status = if errors.is_empty() { Status::Clean } else { Status::Error };
    for e in errors {
        say(err, &e.to_string());
    }
    if inputs.is_empty() {
        return Ok(Status::Error);
    }
    if analyze::points(&inputs, &plan.ports).len() > 1 {
        return Err(CliError::Usage(
            "these captures show the same traffic from different points: extract each of them by itself, \
             and give the extracts together to the analysis"
                .to_owned(),
        ));
    }
    let (mut timeline, errors) = Timeline::open(&inputs);
    for e in errors {
        status = Status::Error;
        say(err, &e.to_string());
    }
    let mut kept = 0;
    let mut failed = Vec::new();
    output::replace(&plan.output, |out| {
        let mut progress = Progress::new(&plan.inputs, plan.quiet);
        (kept, failed) = copy(&mut timeline, plan, &mut progress, out)?;
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

/// Copies the frames that matter; returns how many, and which captures failed in the middle.
fn copy(
    timeline: &mut Timeline,
    plan: &Plan,
    progress: &mut Progress,
    out: &mut dyn Write,
) -> io::Result<(u64, Vec<String>)> {
    let mut extract = Extract::new(&plan.ports);
    let mut writer = PcapngWriter::new(out)?;
    let mut failed = Vec::new();
    loop {
        let owned = match timeline.next_frame() {
            Ok(Some(frame)) => {
                progress.frame(&frame);
                if !extract.keeps(&frame) {
                    continue;
                }
                (frame.data.to_vec(), Frame { data: &[], ..frame })
            }
            Ok(None) => break,
            Err(e) => {
                failed.push(e.to_string());
                continue;
            }
        };
        let (data, head) = owned;
        let nothing = CaptureFacts::default();
        let facts = timeline.facts().iter().find(|(index, _)| *index == head.frame.capture);
        writer.frame(&Frame { data: &data, ..head }, facts.map_or(&nothing, |(_, f)| f))?;
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
    plan::inputs_make_sense(&plan.inputs)?;
    plan::output_makes_sense(&plan.output, &plan.inputs)
}
