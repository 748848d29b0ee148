//! Progress on a terminal, for captures that take longer than a second; on standard error, never in pipes.

use std::fmt::Write;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::capture::timeline::Timeline;

/// Shows nothing until a second has passed.
pub(super) struct Progress {
    /// `None`: not wanted.
    started: Option<Instant>,
    bar: Option<ProgressBar>,
    /// Octets of all files, where all are files.
    total: Option<u64>,
    /// Octets that were counted one by one.
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

    /// Counts what was read since the last call: frames, and octets of their files.
    pub(super) fn more(&mut self, frames: u64, octets: u64) {
        let before = self.frames / EVERY;
        self.frames += frames;
        self.before += octets;
        if self.frames / EVERY > before {
            self.show(0);
        }
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
    let template = match total {
        Some(_) => "{bar:30} {bytes} of {total_bytes}, {pace}, {rest} left",
        None => "{spinner} {bytes} read, {pace}",
    };
    let style = ProgressStyle::with_template(template);
    bar.set_style(
        style
            .unwrap_or_else(|_| ProgressStyle::default_spinner())
            .with_key("pace", pace)
            .with_key("rest", rest),
    );
    bar
}

/// Octets per second since the beginning: indicatif's own figure takes the first second, in which nothing
/// was shown, for a leap.
fn pace(state: &ProgressState, out: &mut dyn Write) {
    let _ = write!(out, "{}/s", HumanBytes(each(state.pos(), state.elapsed().as_millis(), 1000)));
}

/// Time that is left at that pace.
fn rest(state: &ProgressState, out: &mut dyn Write) {
    let left = state.len().unwrap_or_default().saturating_sub(state.pos());
    let millis = each(left, u128::from(state.pos()), state.elapsed().as_millis());
    let _ = write!(out, "{} s", millis.div_ceil(1000));
}

/// `amount` × `by` / `of`.
fn each(amount: u64, of: u128, by: u128) -> u64 {
    u64::try_from(u128::from(amount) * by / of.max(1)).unwrap_or(u64::MAX)
}

/// How long nothing is shown.
const PATIENCE: Duration = Duration::from_secs(1);
/// Frames between two looks at the clock.
const EVERY: u64 = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pace_and_rest() {
        // 90 octets in 3,000 ms; 30 more at that pace.
        assert_eq!(each(90, 3000, 1000), 30);
        assert_eq!(each(30, 90, 3000), 1000);
        assert_eq!(each(1, 0, 1000), 1000);
    }
}
