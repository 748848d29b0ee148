//! Where kept frames are: frame number of the capture → file, and number in it.

use std::collections::VecDeque;

use crate::base::limits;

/// Remembers runs of frames; the oldest are forgotten first.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// In the order of frame numbers.
    runs: VecDeque<Run>,
}

/// Frames that follow each other in the capture as in the file.
#[derive(Debug)]
struct Run {
    /// Number of the first in the capture.
    live: u64,
    /// Number of the file.
    file: u64,
    /// Number of the first in the file.
    first: u64,
    frames: u64,
}

impl Places {
    /// Frame `live` of the capture is frame `number` of `file`. Numbers of the capture only rise.
    pub(super) fn add(&mut self, live: u64, file: u64, number: u64) {
        if let Some(run) = self.runs.back_mut() {
            let next = run.live + run.frames;
            if live == next && file == run.file && number == run.first + run.frames {
                run.frames += 1;
                return;
            }
            if live < next {
                return;
            }
        }
        if self.runs.len() == limits::KEPT_RUNS {
            self.runs.pop_front();
        }
        self.runs.push_back(Run { live, file, first: number, frames: 1 });
    }

    /// File, and number in it.
    pub(super) fn find(&self, live: u64) -> Option<(u64, u64)> {
        let behind = self.runs.partition_point(|r| r.live <= live);
        let run = self.runs.get(behind.checked_sub(1)?)?;
        let offset = live - run.live;
        (offset < run.frames).then_some((run.file, run.first + offset))
    }

    /// The file is gone.
    pub(super) fn forget(&mut self, file: u64) {
        self.runs.retain(|r| r.file != file);
    }

    /// The newest file ends after so many frames.
    pub(super) fn cut(&mut self, file: u64, frames: u64) {
        while let Some(run) = self.runs.back_mut().filter(|r| r.file == file) {
            run.frames = run.frames.min((frames + 1).saturating_sub(run.first));
            if run.frames > 0 {
                return;
            }
            self.runs.pop_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        let mut places = Places::default();
        for (live, file, number) in [(3, 1, 1), (4, 1, 2), (9, 1, 3), (10, 2, 1), (11, 2, 2)] {
            places.add(live, file, number);
        }
        places
    }

    #[test]
    fn every_frame_has_its_place() {
        let places = places();
        assert_eq!(places.runs.len(), 3);
        let found: Vec<_> = [2, 3, 4, 5, 8, 9, 10, 11, 12].map(|n| places.find(n)).into();
        let at = |file, number| Some((file, number));
        assert_eq!(
            found,
            [None, at(1, 1), at(1, 2), None, None, at(1, 3), at(2, 1), at(2, 2), None]
        );
        assert_eq!(Places::default().find(1), None);
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let mut places = places();
        places.forget(1);
        assert_eq!((places.find(3), places.find(9), places.find(10)), (None, None, Some((2, 1))));
        places.cut(2, 1);
        assert_eq!((places.find(10), places.find(11)), (Some((2, 1)), None));
        places.cut(2, 0);
        assert!(places.runs.is_empty());
    }

    #[test]
    fn memory_is_bounded_and_numbers_that_step_back_are_not_believed() {
        let mut places = Places::default();
        let runs = u64::try_from(limits::KEPT_RUNS).unwrap();
        for n in 0..runs + 10 {
            places.add(2 * n, 1, n + 1);
        }
        assert_eq!(places.runs.len(), limits::KEPT_RUNS);
        assert_eq!((places.find(18), places.find(20)), (None, Some((1, 11))));
        places.add(5, 1, 7);
        assert_eq!(places.runs.len(), limits::KEPT_RUNS);
    }
}
