//! How captures are read for an analysis: which of them are of one point, and one point from end to end.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::memory;
use super::parallel;
use super::progress::Progress;
use crate::base::frame::Frame;
use crate::capture;
use crate::capture::CaptureError;
use crate::capture::timeline::Input;
use crate::capture::timeline::Shown;
use crate::capture::timeline::Sieve;
use crate::capture::timeline::Timeline;
use crate::capture::timeline::Worth;
use crate::link::Gate;
use crate::link::Passes;
use crate::pipeline::Analyzer;
use crate::pipeline::stations;
use crate::pipeline::stations::Scan;

/// Inputs sorted by capture point. One input, or one among them that can be read only once, is one timeline.
pub(super) fn points(
    inputs: &[(u32, Input)],
    ports: &[u16],
    processors: usize,
) -> Vec<Vec<(u32, Input)>> {
    let files: Vec<_> = inputs
        .iter()
        .filter_map(|(_, i)| match i {
            Input::File(path) if !i.is_read_once() => Some(path),
            _ => None,
        })
        .collect();
    if files.len() < 2 || files.len() < inputs.len() {
        return vec![inputs.to_vec()];
    }
    let prints = parallel::each(files, processors, |path| {
        let mut scan = Scan::new(ports);
        // What cannot be read any more is said when the capture is read for good.
        if let Ok(mut source) = capture::open(path, 0) {
            let _ = source.pass(usize::MAX, &mut |frame| {
                if scan.push(frame) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            });
        }
        scan.finish()
    });
    let chosen = |n: usize| inputs.get(n).cloned();
    stations::group(&prints).iter().map(|p| p.iter().filter_map(|&n| chosen(n)).collect()).collect()
}

/// Leaves out what no analysis would look at.
pub(super) fn sieve(ports: &[u16]) -> Sieve {
    let gate = Gate::new(ports);
    Arc::new(move |frame: &Frame<'_>| match gate.judge(frame) {
        Passes::Yes => Worth::Kept,
        Passes::WithLearnedPorts => Worth::Later,
        Passes::No => Worth::Nothing,
    })
}

/// What is done after a frame that brought news.
pub(super) type Do<'d> = &'d mut dyn FnMut(&mut Analyzer) -> io::Result<()>;
/// Makes room now and then, where memory runs short; returns whether conversations were closed for that.
pub(super) type MakeRoom<'d> = &'d mut dyn FnMut(&mut Analyzer) -> bool;

/// Reads the captures of one point to their ends; returns what failed in the middle.
pub(super) fn read_through(
    timeline: &mut Timeline,
    analyzer: &mut Analyzer,
    progress: &Mutex<&mut Progress>,
    after_frame: Do<'_>,
    make_room: MakeRoom<'_>,
) -> io::Result<Vec<CaptureError>> {
    let (mut failed, mut octets, mut wide) = (Vec::new(), 0, false);
    let mut more = true;
    while more {
        let (mut frames, mut written) = (0, Ok(()));
        let passed = timeline.pass(memory::EVERY, &mut |shown| {
            frames += 1;
            match shown {
                Shown::Frame(frame) => analyzer.push(frame),
                Shown::Time(at) => analyzer.tick(at),
            }
            if analyzer.has_news() {
                written = after_frame(analyzer);
            }
            if written.is_ok() && wide == analyzer.has_learned_ports() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        written?;
        if analyzer.has_learned_ports() {
            wide = true;
            timeline.widen();
        }
        match passed {
            Ok(goes_on) => more = goes_on,
            Err(e) => failed.push(e),
        }
        for _ in 0..memory::ROUNDS {
            if !make_room(analyzer) {
                break;
            }
            after_frame(analyzer)?;
        }
        let read = timeline.octets_read();
        let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.more(frames, read.saturating_sub(octets));
        octets = read;
    }
    // Where a file says when capturing ended, silence counts up to then.
    if let Some(until) = timeline.facts().iter().filter_map(|(_, f)| f.until).max() {
        analyzer.tick(until);
    }
    Ok(failed)
}
