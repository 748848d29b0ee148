//! Several captures as one timeline: merged by time, whatever the order of the arguments, so that a
//! conversation may begin in one file of a rotated capture and end in the next.
//!
//! Only files whose times overlap are open at once: of the others just the time of the first frame is known.

use std::io;
use std::path::PathBuf;

use super::{CaptureError, CaptureFacts, Source};
use crate::base::frame::{Frame, FrameRef, LinkType};
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
    /// Files not yet opened for good, latest first: time of the first frame, index, path.
    waiting: Vec<(Timestamp, usize, PathBuf)>,
    /// Facts of each capture with its index in the report.
    facts: Vec<(u32, CaptureFacts)>,
    failed: Vec<CaptureError>,
    /// Octets of captures that are read to the end.
    done: u64,
}

struct Slot {
    capture: usize,
    source: Box<dyn Source>,
    /// The next frame; its octets are in `octets`.
    next: Option<Head>,
    octets: Vec<u8>,
    /// The octets that are lent.
    spare: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Head {
    at: Timestamp,
    frame: FrameRef,
    interface: u32,
    link: LinkType,
    original_len: u32,
}

impl Timeline {
    /// Looks into every input, each with its index in the report. Inputs that cannot be read are left out
    /// and their reasons returned.
    #[must_use]
    pub fn open(inputs: &[(u32, Input)]) -> (Self, Vec<CaptureError>) {
        let mut timeline = Self {
            active: Vec::new(),
            waiting: Vec::new(),
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
        timeline.waiting.sort_by(|a, b| b.cmp(a));
        (timeline, errors)
    }

    fn add(&mut self, index: u32, input: &Input, alone: bool) -> Result<(), CaptureError> {
        let capture = self.facts.len();
        match input {
            Input::Standard => {
                let source = super::read(Box::new(io::stdin()), "-", index)?;
                self.facts.push((index, source.facts().clone()));
                self.active.push(Slot::new(capture, source, !alone)?);
            }
            Input::File(path) => {
                let source = super::open(path, index)?;
                if alone || input.is_read_once() {
                    self.facts.push((index, source.facts().clone()));
                    self.active.push(Slot::new(capture, source, !alone)?);
                } else {
                    let slot = Slot::new(capture, source, true)?;
                    self.facts.push((index, slot.source.facts().clone()));
                    // A file without frames has no place in time: it is opened first and ends at once.
                    let first = slot.next.map_or(Timestamp(i64::MIN), |h| h.at);
                    self.waiting.push((first, capture, path.clone()));
                }
            }
        }
        Ok(())
    }

    /// The next frame by time; `None` at the end of all. A capture that fails in the middle is left there:
    /// its error is returned once, and the next call goes on with the others.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        if let Some(e) = self.failed.pop() {
            return Err(e);
        }
        if self.waiting.is_empty()
            && self.active.len() == 1
            && self.active.iter().all(|s| s.next.is_none())
        {
            // One capture, nothing to compare with: lend from its window, copy nothing.
            let Some(slot) = self.active.first_mut() else { return Ok(None) };
            return slot.source.next_frame();
        }
        loop {
            let earliest = self
                .active
                .iter()
                .enumerate()
                .filter_map(|(n, s)| s.next.map(|h| (h.at, s.capture, n)))
                .min();
            let due = self
                .waiting
                .last()
                .is_some_and(|(first, ..)| earliest.is_none_or(|(at, ..)| *first <= at));
            if due {
                self.wake()?;
                continue;
            }
            let Some((_, _, n)) = earliest else { return Ok(None) };
            return Ok(self.lend(n));
        }
    }

    fn lend(&mut self, n: usize) -> Option<Frame<'_>> {
        let slot = self.active.get_mut(n)?;
        let head = slot.next.take()?;
        // The frame after it moves up before this one is lent, so two buffers take turns.
        std::mem::swap(&mut slot.octets, &mut slot.spare);
        if let Err(e) = slot.advance() {
            self.failed.push(e);
        }
        Some(Frame {
            at: head.at,
            frame: head.frame,
            interface: head.interface,
            link: head.link,
            original_len: head.original_len,
            data: &slot.spare,
        })
    }

    fn wake(&mut self) -> Result<(), CaptureError> {
        let Some((_, capture, path)) = self.waiting.pop() else { return Ok(()) };
        self.retire();
        let index = self.facts.get(capture).map_or(0, |(index, _)| *index);
        let source = super::open(&path, index)?;
        self.active.push(Slot::new(capture, source, true)?);
        Ok(())
    }

    /// Closes captures that are read to the end, and keeps their facts.
    fn retire(&mut self) {
        let facts = &mut self.facts;
        let done = &mut self.done;
        self.active.retain(|s| {
            if let Some((_, f)) = facts.get_mut(s.capture).filter(|_| s.next.is_none()) {
                f.clone_from(s.source.facts());
                *done += s.source.octets_read();
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
                f.clone_from(s.source.facts());
            }
        }
        &self.facts
    }
}

impl Timeline {
    /// Octets read from all inputs so far ([`Source::octets_read`]).
    #[must_use]
    pub fn octets_read(&self) -> u64 {
        self.done + self.active.iter().map(|s| s.source.octets_read()).sum::<u64>()
    }
}

impl Slot {
    /// `ahead`: read the first frame at once, to know its time.
    fn new(capture: usize, source: Box<dyn Source>, ahead: bool) -> Result<Self, CaptureError> {
        let mut slot = Self { capture, source, next: None, octets: Vec::new(), spare: Vec::new() };
        if ahead {
            slot.advance()?;
        }
        Ok(slot)
    }

    fn advance(&mut self) -> Result<(), CaptureError> {
        self.next = None;
        if let Some(f) = self.source.next_frame()? {
            self.octets.clear();
            self.octets.extend_from_slice(f.data);
            let Frame { at, frame, interface, link, original_len, .. } = f;
            self.next = Some(Head { at, frame, interface, link, original_len });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pcap of frames at these milliseconds, each with its number as its only octet.
    fn file(name: &str, times: &[i64]) -> PathBuf {
        let mut out = Vec::new();
        for word in [0xA1B2_C3D4_u32, 0x0004_0002, 0, 0, 65535, 1] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        for (n, ms) in times.iter().enumerate() {
            let (s, us) = (ms / 1000, (ms % 1000) * 1000);
            for word in [u32::try_from(s).unwrap(), u32::try_from(us).unwrap(), 1, 1] {
                out.extend_from_slice(&word.to_le_bytes());
            }
            out.push(u8::try_from(n).unwrap());
        }
        let path =
            std::env::temp_dir().join(format!("pptp-diag-{}-{name}.pcap", std::process::id()));
        std::fs::write(&path, out).unwrap();
        path
    }

    fn order(paths: &[&PathBuf]) -> Vec<(u32, u64, u8)> {
        let inputs: Vec<_> = (0..).zip(paths.iter().map(|p| Input::File((*p).clone()))).collect();
        let (mut timeline, errors) = Timeline::open(&inputs);
        assert!(errors.is_empty());
        let mut out = Vec::new();
        while let Some(f) = timeline.next_frame().unwrap() {
            out.push((f.frame.capture, f.frame.number, f.data[0]));
        }
        let frames: u64 = timeline.facts().iter().map(|(_, f)| f.frames).sum();
        assert_eq!(frames, out.len() as u64);
        out
    }

    #[test]
    fn merges_by_time_not_by_argument() {
        let late = file("late", &[5000, 6000]);
        let early = file("early", &[1000, 2000]);
        let across = file("across", &[1500, 5500, 7000]);
        let none = file("none", &[]);
        assert_eq!(order(&[&late, &early]), [(1, 1, 0), (1, 2, 1), (0, 1, 0), (0, 2, 1)]);
        assert_eq!(
            order(&[&late, &none, &early, &across]),
            [(2, 1, 0), (3, 1, 0), (2, 2, 1), (0, 1, 0), (3, 2, 1), (0, 2, 1), (3, 3, 2)]
        );
        assert_eq!(order(&[&early]), [(0, 1, 0), (0, 2, 1)]);
        for p in [late, early, across, none] {
            std::fs::remove_file(p).unwrap();
        }
    }

    #[test]
    fn an_unreadable_input_leaves_the_others() {
        let good = file("good", &[1000]);
        let inputs = [(0, Input::File("no such file".into())), (1, Input::File(good.clone()))];
        let (mut timeline, errors) = Timeline::open(&inputs);
        assert_eq!(errors.len(), 1);
        assert_eq!(timeline.next_frame().unwrap().unwrap().frame.capture, 1);
        assert!(timeline.next_frame().unwrap().is_none());
        std::fs::remove_file(good).unwrap();
    }
}
