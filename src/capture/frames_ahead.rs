//! Frames that a thread of its own reads, unpacks and sifts, while those of other captures are merged and
//! analysed. They come in batches, which go back empty.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::{io, thread};

use super::open::Apart;
use super::{CaptureError, CaptureFacts, Source};
use crate::base::frame::{Frame, FrameRef, LinkType};
use crate::base::time::Timestamp;

/// What a [`Sieve`] makes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// It is of use.
    Kept,
    /// It may be of use after [`Timeline::widen`](super::timeline::Timeline::widen).
    Later,
    /// It never is: its time alone matters.
    Nothing,
}

/// Judges a frame by itself, on any thread.
pub type Sieve = Arc<dyn Fn(&Frame<'_>) -> Worth + Send + Sync>;

/// The frames of one capture, from a thread.
pub(super) struct FramesAhead {
    full: Receiver<Batch>,
    empty: Sender<Batch>,
    batch: Batch,
    /// The entry that comes next, and where its octets begin.
    entry: usize,
    octet: usize,
    /// The batch before, from which a frame may be lent.
    before: Batch,
    facts: CaptureFacts,
    octets_read: u64,
    over: bool,
}

/// A run of frames, and what is known of the capture behind them.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    /// Those of all frames that may be of use.
    octets: Vec<u8>,
    octets_read: u64,
    end: Option<Box<(CaptureFacts, Option<CaptureError>)>>,
}

#[derive(Clone, Copy)]
struct Entry {
    head: Head,
    length: usize,
    worth: Worth,
}

/// A frame without its octets.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) at: Timestamp,
    frame: FrameRef,
    interface: u32,
    link: LinkType,
    original_len: u32,
}

impl Head {
    pub(super) const fn of(frame: &Frame<'_>) -> Self {
        let Frame { at, frame, interface, link, original_len, .. } = *frame;
        Self { at, frame, interface, link, original_len }
    }

    pub(super) const fn with(self, data: &[u8]) -> Frame<'_> {
        let Self { at, frame, interface, link, original_len } = self;
        Frame { at, frame, interface, link, original_len, data }
    }
}

/// Where the octets of a frame are.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    from: usize,
    to: usize,
    /// The batch has no further frame.
    last: bool,
}

impl FramesAhead {
    /// Starts the thread, which opens the file. `facts` are what is known of it so far. `None`: the system has
    /// no thread to give.
    pub(super) fn start(
        path: PathBuf,
        index: u32,
        facts: CaptureFacts,
        sieve: Sieve,
    ) -> Option<Self> {
        let (to_reader, full) = mpsc::channel();
        let (empty, to_fill) = mpsc::channel::<Batch>();
        let known = facts.clone();
        let read = move || {
            let mut source = match super::open::open(&path, index, Apart::Unpacking) {
                Ok(source) => source,
                Err(e) => {
                    let end = Some(Box::new((facts, Some(e))));
                    let _ = to_reader.send(Batch { end, ..Batch::default() });
                    return;
                }
            };
            while let Ok(mut batch) = to_fill.recv() {
                let error = batch.fill(&mut *source, &sieve);
                batch.octets_read = source.octets_read();
                let goes_on = matches!(error, Ok(true));
                if !goes_on {
                    batch.end = Some(Box::new((source.facts().clone(), error.err())));
                }
                if to_reader.send(batch).is_err() || !goes_on {
                    return;
                }
            }
        };
        thread::Builder::new().name("read".to_owned()).spawn(read).ok()?;
        for _ in 0..BATCHES {
            let _ = empty.send(Batch::default());
        }
        Some(Self {
            full,
            empty,
            batch: Batch::default(),
            entry: 0,
            octet: 0,
            before: Batch::default(),
            facts: known,
            octets_read: 0,
            over: false,
        })
    }

    /// What is known of the capture: all, once the last frame was taken.
    pub(super) const fn facts(&self) -> &CaptureFacts {
        &self.facts
    }

    /// Octets read so far.
    pub(super) const fn octets_read(&self) -> u64 {
        self.octets_read
    }

    /// Time of the next frame; waits for it. `None` at the end.
    pub(super) fn next_at(&mut self) -> Result<Option<Timestamp>, CaptureError> {
        loop {
            if let Some(entry) = self.batch.entries.get(self.entry) {
                return Ok(Some(entry.head.at));
            }
            if let Some(end) = self.batch.end.take() {
                let (facts, error) = *end;
                (self.facts, self.over) = (facts, true);
                return error.map_or(Ok(None), Err);
            }
            if self.over {
                return Ok(None);
            }
            let Ok(batch) = self.full.recv() else {
                let source = io::Error::other("the thread that reads it ended unexpectedly");
                self.over = true;
                return Err(CaptureError::Io { name: self.facts.name.clone(), source });
            };
            self.octets_read = batch.octets_read;
            let done = std::mem::replace(&mut self.batch, batch);
            let free = std::mem::replace(&mut self.before, done);
            (self.entry, self.octet) = (0, 0);
            // It has none at the start, and none are needed at the end.
            let _ = self.empty.send(free.emptied());
        }
    }

    /// Takes the next frame, if there is one.
    pub(super) fn take(&mut self) -> Option<(Head, Worth, Place)> {
        let Entry { head, length, worth } = *self.batch.entries.get(self.entry)?;
        self.entry += 1;
        let last = self.entry == self.batch.entries.len();
        let place = Place { from: self.octet, to: self.octet + length, last };
        self.octet = place.to;
        Some((head, worth, place))
    }

    /// The octets of the frame that was taken last, also after [`next_at`](Self::next_at).
    pub(super) fn octets(&self, place: &Place) -> &[u8] {
        // Behind the last frame of a batch the next one has moved up, unless there was none.
        let batch = if place.last && self.entry == 0 { &self.before } else { &self.batch };
        batch.octets.get(place.from..place.to).unwrap_or_default()
    }
}

impl Batch {
    /// Takes in frames of `source`; returns whether there may be more.
    fn fill(&mut self, source: &mut dyn Source, sieve: &Sieve) -> Result<bool, CaptureError> {
        let Self { entries, octets, .. } = self;
        source.pass(FRAMES, &mut |frame| {
            let worth = sieve(frame);
            let length = if worth == Worth::Nothing { 0 } else { frame.data.len() };
            octets.extend_from_slice(frame.data.get(..length).unwrap_or_default());
            entries.push(Entry { head: Head::of(frame), length, worth });
            if octets.len() < OCTETS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }

    /// The same for other frames. What grew to hold one large frame is let go of.
    fn emptied(mut self) -> Self {
        self.entries.clear();
        self.octets.clear();
        self.octets.shrink_to(2 * OCTETS);
        self
    }
}

/// Frames of a batch.
const FRAMES: usize = 2048;
/// Octets after which a batch is full.
const OCTETS: usize = 128 << 10;
/// Batches that are read ahead.
const BATCHES: usize = 2;
