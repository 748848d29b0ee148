//! `--annotate`: the captures as they were, with the findings as comments on the frames that prove them.

use std::collections::BTreeMap;
use std::io;
use std::io::Write;

use super::CliError;
use super::output;
use super::plan::Analyze;
use super::progress::Progress;
use crate::base::frame::Frame;
use crate::capture::CaptureFacts;
use crate::capture::timeline::Input;
use crate::capture::timeline::Timeline;
use crate::capture::write::PcapngWriter;
use crate::report::view::Conversation;
use crate::report::view::Finding;
use crate::report::view::View;

/// Comments by capture and frame.
type Comments = BTreeMap<(u32, u64), String>;

/// Reads the captures once more and writes them to `path`; returns how many frames have a comment.
pub(super) fn write(
    plan: &Analyze,
    path: &std::path::Path,
    inputs: &[(u32, Input)],
    view: &View,
    processors: usize,
) -> Result<usize, CliError> {
    let comments = comments(view);
    let mut progress = Progress::new(&plan.inputs, plan.quiet);
    let written = output::replace(path, |out| {
        let mut writer = PcapngWriter::with_comment(out, &summary(view))?;
        copy(&mut Timeline::open(inputs, processors).0, &comments, &mut progress, &mut writer)?;
        writer.finish(None).map(|_| ())
    });
    progress.finish();
    let name = || path.display().to_string();
    written.map_err(|e| CliError::File { name: name(), reason: e.to_string() })?;
    Ok(comments.len())
}

fn copy<W: Write>(
    timeline: &mut Timeline,
    comments: &Comments,
    progress: &mut Progress,
    writer: &mut PcapngWriter<W>,
) -> io::Result<()> {
    let mut facts: BTreeMap<u32, CaptureFacts> = BTreeMap::new();
    loop {
        progress.frame(timeline);
        let (data, head) = match timeline.next_frame() {
            Ok(Some(frame)) => (frame.data.to_vec(), Frame { data: &[], ..frame }),
            Ok(None) => return Ok(()),
            // The analysis has told it.
            Err(_) => continue,
        };
        let capture = head.frame.capture();
        let known = facts.get(&capture).map_or(0, |f| f.interfaces.len());
        // Interfaces become known on the way.
        if known <= head.interface as usize {
            let of = timeline.facts().iter().find(|(index, _)| *index == capture);
            facts.insert(capture, of.map(|(_, f)| f.clone()).unwrap_or_default());
        }
        let Some(facts) = facts.get(&capture) else { continue };
        let comment = comments.get(&(capture, head.frame.number())).map_or("", String::as_str);
        writer.commented(&Frame { data: &data, ..head }, facts, comment)?;
    }
}

/// What each frame proves, a line for each finding.
fn comments(view: &View) -> Comments {
    let mut comments = Comments::new();
    for finding in view.all_findings() {
        for e in &finding.evidence {
            let text = comments.entry((e.capture, e.frame)).or_default();
            let mark = if e.culprit { ", the culprit" } else { "" };
            let line = format!("{}{mark}: {}", tag(finding), e.text);
            if text.len() + line.len() < LONGEST && !text.lines().any(|l| l == line) {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&line);
            }
        }
    }
    comments
}

/// The verdicts, for the head of the file.
fn summary(view: &View) -> String {
    let mut lines: Vec<String> = view.conversations.iter().take(LISTED).map(verdict).collect();
    if let Some(more) = view.conversations.len().checked_sub(LISTED).filter(|n| *n > 0) {
        lines.push(format!("and {more} conversations more"));
    }
    lines.extend(view.findings.iter().map(|f| format!("together: {}: {}", tag(f), f.summary)));
    // A character has four octets at most.
    lines.join("\n").chars().take(LONGEST / 4).collect()
}

fn verdict(c: &Conversation) -> String {
    let ends = format!("#{} {} → {}", c.id, c.client.address, c.server.address);
    match c.primary_finding() {
        Some(f) => {
            format!("{ends}: {} at {}: {}: {}", c.outcome.name(), c.stage.name(), tag(f), f.summary)
        }
        None => format!("{ends}: {} at {}", c.outcome.name(), c.stage.name()),
    }
}

fn tag(f: &Finding) -> String {
    format!("{} {} ({})", f.rule, f.name, f.certainty.name())
}

/// Octets of a comment, far below what an option holds.
const LONGEST: usize = 16_000;
/// Conversations in the head of the file.
const LISTED: usize = 50;
