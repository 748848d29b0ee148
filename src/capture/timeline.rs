//! Several captures as one timeline: merged by time, whatever the order of the arguments, so that a
//! conversation may begin in one file of a rotated capture and end in the next.
//!
//! Only files whose times overlap are open at once, and those that are due next: of the others just the time
//! of the first frame is known.
//!
//! Where there are processors for it, each file has a thread (`frames_ahead`) that reads and sifts it. What
//! comes out is the same, in the same order, for any number of threads.

use std::cmp::Reverse;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::frames_ahead::{FramesAhead, Head, Place};
pub use super::frames_ahead::{Sieve, Worth};
use super::open::Apart;
use super::{CaptureError, CaptureFacts, Source};
use crate::base::frame::Frame;
use crate::base::time::Timestamp;

/// Where a capture comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Standard,
}

impl Input {
    /// Whether it can be opened as a capture; what can be read only once is not touched.
    pub fn probe(&self) -> Result<(), CaptureError> {
        match self {
            Self::File(path) if !self.is_read_once() => super::open(path, 0).map(drop),
            _ => Ok(()),
        }
    }

    /// Whether what was read of it is gone: standard input, a pipe, a device.
    #[must_use]
    pub fn is_read_once(&self) -> bool {
        match self {
            Self::Standard => true,
            Self::File(path) => std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()),
        }
    }
}

/// Captures merged by the time of their frames.
pub struct Timeline {
    active: Vec<Slot>,
    /// Files whose turn has not come, latest first.
    waiting: Vec<Waiting>,
    processors: usize,
    sieve: Option<Sieve>,
    /// Whether frames count that are of use [later](Worth::Later) only.
    wide: bool,
    /// The capture whose turn it is, and up to which time and capture it stays so.
    turn: (usize, (Timestamp, usize)),
    /// Facts of each capture with its index in the report.
    facts: Vec<(u32, CaptureFacts)>,
    failed: Vec<CaptureError>,
    /// Octets of captures that are read to the end.
    done: u64,
}

/// What a timeline shows of a frame.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'f, 'd> {
    /// All.
    Frame(&'f Frame<'d>),
    /// The time of one that is of no use.
    Time(Timestamp),
}

struct Waiting {
    /// Time of the first frame.
    first: Timestamp,
    capture: usize,
    path: PathBuf,
    /// Octets of the file.
    size: u64,
    started: Option<FramesAhead>,
}

struct Slot {
    capture: usize,
    /// Time of the next frame.
    next: Option<Timestamp>,
    feed: Feed,
}

enum Feed {
    Here(Box<Here>),
    Ahead(Box<FramesAhead>),
}

/// A capture that is read as frames are asked for.
struct Here {
    source: Box<dyn Source>,
    /// The next frame; its octets are in `octets`.
    next: Option<Head>,
    octets: Vec<u8>,
    /// The octets that are lent.
    spare: Vec<u8>,
}

impl Timeline {
    /// Looks into every input, each with its index in the report. Inputs that cannot be read are left out
    /// and their reasons returned. Where there are several `processors`, threads unpack.
    #[must_use]
    pub fn open(inputs: &[(u32, Input)], processors: usize) -> (Self, Vec<CaptureError>) {
        Self::begin(inputs, processors, None)
    }

    /// The same for [`pass`](Self::pass): of several files each has a thread that reads, and leaves out what
    /// does not pass `sieve`.
    #[must_use]
    pub fn sifted(
        inputs: &[(u32, Input)],
        processors: usize,
        sieve: Sieve,
    ) -> (Self, Vec<CaptureError>) {
        Self::begin(inputs, processors, Some(sieve).filter(|_| processors > 1))
    }

    fn begin(
        inputs: &[(u32, Input)],
        processors: usize,
        sieve: Option<Sieve>,
    ) -> (Self, Vec<CaptureError>) {
        let mut timeline = Self {
            active: Vec::new(),
            waiting: Vec::new(),
            processors,
            sieve,
            wide: false,
            turn: (0, (Timestamp(i64::MIN), 0)),
            facts: Vec::new(),
            failed: Vec::new(),
            done: 0,
        };
        let mut errors = Vec::new();
        for (index, input) in inputs {
            if let Err(e) = timeline.add(*index, input, inputs.len() == 1) {
                errors.push(e);
            }
        }
        timeline.waiting.sort_by_key(|w| Reverse(w.place()));
        (timeline, errors)
    }

    fn add(&mut self, index: u32, input: &Input, alone: bool) -> Result<(), CaptureError> {
        let capture = self.facts.len();
        match input {
            Input::Standard => {
                let source = super::read(Box::new(io::stdin()), "-", index)?;
                self.facts.push((index, source.facts().clone()));
                self.active.push(Slot::here(capture, source, !alone)?);
            }
            Input::File(path) => {
                let source = self.source(path, index)?;
                if alone || input.is_read_once() {
                    self.facts.push((index, source.facts().clone()));
                    self.active.push(Slot::here(capture, source, !alone)?);
                } else {
                    let slot = Slot::here(capture, source, true)?;
                    self.facts.push((index, slot.facts().clone()));
                    // A file without frames has no place in time: it is opened first and ends at once.
                    let first = slot.next.unwrap_or(Timestamp(i64::MIN));
                    let size = std::fs::metadata(path).map_or(0, |m| m.len());
                    let path = path.clone();
                    self.waiting.push(Waiting { first, capture, path, size, started: None });
                }
            }
        }
        Ok(())
    }

    /// The next frame by time; `None` at the end of all. A capture that fails in the middle is left there:
    /// its error is returned once, and the next call goes on with the others. What threads leave out is
    /// left out.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        if self.is_one() {
            // One capture, nothing to compare with: lend from its window, copy nothing.
            let Some(Feed::Here(here)) = self.active.first_mut().map(|s| &mut s.feed) else {
                return Ok(None);
            };
            return here.source.next_frame();
        }
        loop {
            if let Some(e) = self.failed.pop() {
                return Err(e);
            }
            let Some((n, taken)) = self.step()? else { return Ok(None) };
            if taken.is_of_use(self.wide) {
                return Ok(self.active.get(n).map(|slot| slot.lend(&taken)));
            }
        }
    }

    /// Shows up to `most` frames to `take`, fewer where it says so; returns whether there may be more. Errors
    /// are those of [`next_frame`](Self::next_frame).
    pub fn pass(
        &mut self,
        most: usize,
        take: &mut dyn FnMut(Shown<'_, '_>) -> ControlFlow<()>,
    ) -> Result<bool, CaptureError> {
        if self.is_one() {
            let Some(Feed::Here(here)) = self.active.first_mut().map(|s| &mut s.feed) else {
                return Ok(false);
            };
            return here.source.pass(most, &mut |frame| take(Shown::Frame(frame)));
        }
        for _ in 0..most {
            if let Some(e) = self.failed.pop() {
                return Err(e);
            }
            let Some((n, taken)) = self.step()? else { return Ok(false) };
            let flow = if taken.is_of_use(self.wide)
                && let Some(slot) = self.active.get(n)
            {
                take(Shown::Frame(&slot.lend(&taken)))
            } else {
                take(Shown::Time(taken.head.at))
            };
            if flow.is_break() {
                break;
            }
        }
        Ok(true)
    }

    /// From the next frame on those count as well that are of use [later](Worth::Later) only.
    pub fn widen(&mut self) {
        self.wide = true;
    }

    fn is_one(&self) -> bool {
        let plain = |s: &Slot| s.next.is_none() && matches!(s.feed, Feed::Here(_));
        self.active.len() == 1
            && self.waiting.is_empty()
            && self.failed.is_empty()
            && self.active.iter().all(plain)
    }

    /// Takes the next frame by time from the slot whose number it returns.
    fn step(&mut self) -> Result<Option<(usize, Next)>, CaptureError> {
        let (mut n, limit) = self.turn;
        let goes_on = |s: &Slot| s.next.is_some_and(|at| (at, s.capture) <= limit);
        if !self.active.get(n).is_some_and(goes_on) {
            match self.next_turn()? {
                Some(next) => n = next,
                None => return Ok(None),
            }
        }
        let Some(slot) = self.active.get_mut(n) else { return Ok(None) };
        let Some(taken) = slot.take() else { return Ok(None) };
        if let Err(e) = slot.advance() {
            self.failed.push(e);
        }
        Ok(Some((n, taken)))
    }

    /// Settles whose turn it is.
    fn next_turn(&mut self) -> Result<Option<usize>, CaptureError> {
        loop {
            let heads =
                self.active.iter().enumerate().filter_map(|(n, s)| Some((s.next?, s.capture, n)));
            let (mut first, mut second) = (None, None);
            for head in heads {
                if first.is_none_or(|f| head < f) {
                    (first, second) = (Some(head), first);
                } else if second.is_none_or(|s| head < s) {
                    second = Some(head);
                }
            }
            let due = self.waiting.last().map(|w| w.first);
            if due.is_some_and(|due| first.is_none_or(|(at, ..)| due <= at)) {
                self.wake()?;
                continue;
            }
            let Some((_, _, n)) = first else { return Ok(None) };
            // A file that waits comes before a frame of its time.
            let before_due = due.map(|at| (Timestamp(at.0.saturating_sub(1)), usize::MAX));
            let second = second.map(|(at, capture, _)| (at, capture));
            let limit = before_due.into_iter().chain(second).min();
            self.turn = (n, limit.unwrap_or((Timestamp(i64::MAX), usize::MAX)));
            return Ok(Some(n));
        }
    }

    fn wake(&mut self) -> Result<(), CaptureError> {
        self.turn = (0, (Timestamp(i64::MIN), 0));
        let Some(mut due) = self.waiting.pop() else { return Ok(()) };
        self.retire();
        self.start(&mut due);
        let mut waiting = std::mem::take(&mut self.waiting);
        for next in waiting.iter_mut().rev().take(self.processors) {
            self.start(next);
        }
        self.waiting = waiting;
        let slot = match due.started {
            Some(mut ahead) => {
                let next = ahead.next_at()?;
                Slot { capture: due.capture, next, feed: Feed::Ahead(Box::new(ahead)) }
            }
            None => {
                Slot::here(due.capture, self.source(&due.path, self.index(due.capture))?, true)?
            }
        };
        self.active.push(slot);
        Ok(())
    }

    /// Lets a thread read a file, if it is worth one.
    fn start(&self, file: &mut Waiting) {
        if let Some(sieve) = &self.sieve
            && file.started.is_none()
            && file.size >= WORTH_A_THREAD
            && self.active.len() < MOST_THREADS
            && let Some((index, facts)) = self.facts.get(file.capture)
        {
            let path = file.path.clone();
            file.started = FramesAhead::start(path, *index, facts.clone(), sieve.clone());
        }
    }

    fn source(&self, path: &Path, index: u32) -> Result<Box<dyn Source>, CaptureError> {
        let apart = if self.processors > 1 { Apart::Reading } else { Apart::Nothing };
        super::open::open(path, index, apart)
    }

    fn index(&self, capture: usize) -> u32 {
        self.facts.get(capture).map_or(0, |(index, _)| *index)
    }

    /// Closes captures that are read to the end, and keeps their facts.
    fn retire(&mut self) {
        let facts = &mut self.facts;
        let done = &mut self.done;
        self.active.retain(|s| {
            if let Some((_, f)) = facts.get_mut(s.capture).filter(|_| s.next.is_none()) {
                f.clone_from(s.facts());
                *done += s.octets_read();
            }
            s.next.is_some()
        });
    }

    /// Facts of all captures with their indexes, in the order of the arguments; complete after the last
    /// frame.
    #[must_use]
    pub fn facts(&mut self) -> &[(u32, CaptureFacts)] {
        for s in &self.active {
            if let Some((_, f)) = self.facts.get_mut(s.capture) {
                f.clone_from(s.facts());
            }
        }
        &self.facts
    }
}

impl Timeline {
    /// Octets read from all inputs so far ([`Source::octets_read`]).
    #[must_use]
    pub fn octets_read(&self) -> u64 {
        self.done + self.active.iter().map(Slot::octets_read).sum::<u64>()
    }
}

impl Waiting {
    fn place(&self) -> (Timestamp, usize) {
        (self.first, self.capture)
    }
}

/// A frame that was taken, without its octets.
struct Next {
    head: Head,
    worth: Worth,
    place: Place,
}

impl Next {
    fn is_of_use(&self, wide: bool) -> bool {
        match self.worth {
            Worth::Kept => true,
            Worth::Later => wide,
            Worth::Nothing => false,
        }
    }
}

impl Slot {
    /// A slot without a thread. `first`: read the first frame at once, to know its time.
    fn here(capture: usize, source: Box<dyn Source>, first: bool) -> Result<Self, CaptureError> {
        let here = Here { source, next: None, octets: Vec::new(), spare: Vec::new() };
        let mut slot = Self { capture, next: None, feed: Feed::Here(Box::new(here)) };
        if first {
            slot.advance()?;
        }
        Ok(slot)
    }

    fn facts(&self) -> &CaptureFacts {
        match &self.feed {
            Feed::Here(here) => here.source.facts(),
            Feed::Ahead(ahead) => ahead.facts(),
        }
    }

    fn octets_read(&self) -> u64 {
        match &self.feed {
            Feed::Here(here) => here.source.octets_read(),
            Feed::Ahead(ahead) => ahead.octets_read(),
        }
    }

    fn take(&mut self) -> Option<Next> {
        match &mut self.feed {
            Feed::Here(here) => {
                // The frame after it moves up before this one is lent, so two buffers take turns.
                std::mem::swap(&mut here.octets, &mut here.spare);
                let head = here.next.take()?;
                Some(Next { head, worth: Worth::Kept, place: Place::default() })
            }
            Feed::Ahead(ahead) => {
                let (head, worth, place) = ahead.take()?;
                Some(Next { head, worth, place })
            }
        }
    }

    /// Moves the frame after the one that was taken up.
    fn advance(&mut self) -> Result<(), CaptureError> {
        self.next = None;
        self.next = match &mut self.feed {
            Feed::Here(here) => here.advance()?,
            Feed::Ahead(ahead) => ahead.next_at()?,
        };
        Ok(())
    }

    /// The frame that was taken last.
    fn lend(&self, taken: &Next) -> Frame<'_> {
        taken.head.with(match &self.feed {
            Feed::Here(here) => &here.spare,
            Feed::Ahead(ahead) => ahead.octets(&taken.place),
        })
    }
}

impl Here {
    fn advance(&mut self) -> Result<Option<Timestamp>, CaptureError> {
        self.next = None;
        if let Some(f) = self.source.next_frame()? {
            self.octets.clear();
            self.octets.extend_from_slice(f.data);
            self.next = Some(Head::of(&f));
        }
        Ok(self.next.map(|head| head.at))
    }
}

/// Octets of a file that is worth a thread.
const WORTH_A_THREAD: u64 = 1 << 20;
/// Files that are read by threads at one time; of those that take more, some are read without.
const MOST_THREADS: usize = 16;

#[cfg(test)]
mod tests;
