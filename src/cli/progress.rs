//! Progress on a terminal, for captures that take longer than a second; on standard error, never in pipes.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::capture::timeline::Timeline;

/// Shows nothing until a second has passed.
pub(super) struct Progress {
    /// `None`: not wanted.
    started: Option<Instant>,
    bar: Option<ProgressBar>,
    /// Octets of all files, where all are files.
    total: Option<u64>,
    /// Octets of captures whose timelines are read to the end.
    before: u64,
    frames: u64,
}

impl Progress {
    /// For these captures; `quiet`: show nothing.
    #[allow(clippy::disallowed_methods)] // The clock of the user who waits, not of the capture.
    pub(super) fn new(paths: &[PathBuf], quiet: bool) -> Self {
        let wanted = !quiet && std::io::stderr().is_terminal();
        let sizes = paths
            .iter()
            .map(|p| std::fs::metadata(p).ok().filter(std::fs::Metadata::is_file).map(|m| m.len()));
        let total: Option<u64> = sizes.sum();
        Self { started: wanted.then(Instant::now), bar: None, total, before: 0, frames: 0 }
    }

    /// Counts a frame; now and then moves the bar to where `timeline` stands.
    pub(super) fn frame(&mut self, timeline: &Timeline) {
        self.frames += 1;
        if self.frames.is_multiple_of(EVERY) {
            self.show(timeline.octets_read());
        }
    }

    /// The next timeline begins.
    pub(super) fn next(&mut self, timeline: &Timeline) {
        self.before += timeline.octets_read();
    }

    fn show(&mut self, octets: u64) {
        let Some(started) = self.started else { return };
        if started.elapsed() < PATIENCE {
            return;
        }
        let total = self.total;
        let bar = self.bar.get_or_insert_with(|| bar(total).with_elapsed(started.elapsed()));
        bar.set_position(self.before + octets);
    }

    /// Takes the bar away.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let bar = match total {
        Some(octets) => ProgressBar::new(octets),
        None => ProgressBar::no_length(),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(
        "{bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
    );
    bar.set_style(style.ok().filter(|_| total.is_some()).unwrap_or_else(rate));
    bar
}

fn rate() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {bytes} read, {bytes_per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// How long nothing is shown.
const PATIENCE: Duration = Duration::from_secs(1);
/// Frames between two looks at the clock.
const EVERY: u64 = 65_536;
