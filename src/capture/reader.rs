//! What all file formats share: the [`Source`] around a format's record layout, and the facts and notes
//! that are gathered on the way.

use std::io;
use std::ops::ControlFlow;
use std::ops::Range;

use super::decompress::Fault;
use super::window::{Meter, Window};
use super::{CaptureError, CaptureFacts, CaptureNote, InterfaceFacts, Source};
use crate::base::frame::{Frame, FrameRef, LinkType};
use crate::base::limits;
use crate::base::time::{Span, Timestamp};

/// The record layout of one file format.
pub(super) trait Format: Send {
    /// Finds the next record at the start of the window and leaves it there.
    fn step(&mut self, window: &mut Window, tally: &mut Tally) -> io::Result<Step>;
}

/// What stands at the start of the window.
pub(super) enum Step {
    /// A whole record.
    Record(Record),
    /// The end of the input, or damage after which no record can be found, with what to say about it.
    End(Option<CaptureNote>),
}

/// A whole record in the window.
pub(super) struct Record {
    pub(super) at: Timestamp,
    /// Index in [`CaptureFacts::interfaces`]; 0 in formats that know one interface only.
    pub(super) interface: u32,
    pub(super) link: LinkType,
    /// Octets on the wire.
    pub(super) original_len: u32,
    /// Where in the window the frame stands.
    pub(super) data: Range<usize>,
    /// Octets that the record takes, headers and padding included.
    pub(super) size: usize,
}

/// A format's layout made a [`Source`].
pub(super) struct Reader<F> {
    format: F,
    window: Window,
    tally: Tally,
    /// Octets of the record that is lent at the moment.
    lent: usize,
    ended: bool,
}

impl<F: Format> Reader<F> {
    pub(super) fn new(format: F, window: Window, tally: Tally) -> Self {
        Self { format, window, tally, lent: 0, ended: false }
    }

    /// The fault of a decompressor comes first: it is why the format met the end where it did.
    fn end(&mut self, note: Option<CaptureNote>) {
        self.ended = true;
        let cut = match self.window.fault() {
            Some(Fault::Trailing(_)) | None => note,
            Some(_) => None,
        };
        let frames = self.tally.facts.frames;
        let fault = self.window.fault().map(|fault| match fault {
            Fault::Damaged(..) => {
                CaptureNote { code: "cut-short", text: format!("{fault} after frame {frames}") }
            }
            Fault::Trailing(_) => {
                CaptureNote { code: "trailing-octets", text: format!("{fault}: they are ignored") }
            }
            Fault::TooLarge(_) | Fault::NeedsMemory(_) => {
                let text = format!("{fault}: reading stops there, after frame {frames}");
                CaptureNote { code: "unpacks-too-large", text }
            }
        });
        self.tally.facts.notes.extend(cut.into_iter().chain(fault));
        self.tally.conclude();
    }
}

impl<F: Format> Reader<F> {
    /// The next record, which stands in the window until the next call.
    #[inline(always)]
    #[allow(clippy::inline_always)] // The innermost loop: a call costs as much as what is done in it.
    fn next_record(&mut self) -> Result<Option<(FrameRef, Record)>, CaptureError> {
        if self.ended {
            return Ok(None);
        }
        self.window.consume(std::mem::take(&mut self.lent));
        match self.format.step(&mut self.window, &mut self.tally) {
            Ok(Step::Record(record)) => {
                self.lent = record.size;
                let Record { at, link, original_len, ref data, .. } = record;
                let frame = self.tally.count(at, link, data.len(), original_len);
                Ok(Some((frame, record)))
            }
            Ok(Step::End(note)) => {
                self.end(note);
                Ok(None)
            }
            Err(source) => self.failed(source).map_or(Ok(None), Err),
        }
    }

    #[inline]
    fn lend(&self, frame: FrameRef, record: Record) -> Frame<'_> {
        let Record { at, interface, link, original_len, data, .. } = record;
        let data = self.window.bytes().get(data).unwrap_or_default();
        Frame { at, frame, interface, link, original_len, data }
    }

    /// Ends where the input cannot be read: with an error where nothing was, else with a note.
    #[cold]
    fn failed(&mut self, source: io::Error) -> Option<CaptureError> {
        let frames = self.tally.facts.frames;
        if frames == 0 {
            self.ended = true;
            return Some(self.tally.failed(source));
        }
        let text = format!("reading failed after frame {frames}: {source}");
        self.end(Some(CaptureNote { code: "read-error", text }));
        None
    }
}

impl<F: Format> Source for Reader<F> {
    fn next_frame(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        let Some((frame, record)) = self.next_record()? else { return Ok(None) };
        Ok(Some(self.lend(frame, record)))
    }

    fn pass(
        &mut self,
        most: usize,
        take: &mut dyn FnMut(&Frame<'_>) -> ControlFlow<()>,
    ) -> Result<bool, CaptureError> {
        for _ in 0..most {
            let Some((frame, record)) = self.next_record()? else { return Ok(false) };
            if take(&self.lend(frame, record)).is_break() {
                break;
            }
        }
        Ok(true)
    }

    fn facts(&self) -> &CaptureFacts {
        &self.tally.facts
    }

    fn octets_read(&self) -> u64 {
        self.tally.meter.octets()
    }
}

/// The facts of a capture while it is being read.
pub(super) struct Tally {
    facts: CaptureFacts,
    capture: u32,
    /// Longest frame that was cut: what the snap length was in effect.
    longest_cut: usize,
    stepped_back: bool,
    /// Link type of the newest frame, which is among those of the facts.
    newest_link: Option<LinkType>,
    meter: Meter,
}

impl Tally {
    pub(super) fn new(name: &str, capture: u32) -> Self {
        let facts = CaptureFacts { name: name.to_owned(), ..CaptureFacts::default() };
        Self {
            facts,
            capture,
            longest_cut: 0,
            stepped_back: false,
            newest_link: None,
            meter: Meter::default(),
        }
    }

    #[cfg(have_libpcap)]
    pub(super) const fn facts(&self) -> &CaptureFacts {
        &self.facts
    }

    pub(super) fn name(&self) -> &str {
        &self.facts.name
    }

    pub(super) fn set_format(&mut self, format: &'static str) {
        self.facts.format = format;
    }

    /// Takes note of an interface; returns its index in the facts.
    pub(super) fn interface(&mut self, link: LinkType, name: String, snap_length: u32) -> u32 {
        let index = u32::try_from(self.facts.interfaces.len()).unwrap_or(u32::MAX);
        if self.facts.interfaces.len() < limits::PCAPNG_INTERFACES {
            self.facts.interfaces.push(InterfaceFacts { link, name, snap_length });
        }
        index
    }

    /// The file says that capturing ended then.
    pub(super) fn lasted_until(&mut self, at: Timestamp) {
        self.facts.until = self.facts.until.max(Some(at));
    }

    /// What counts the octets of the file.
    pub(super) fn set_meter(&mut self, meter: Meter) {
        self.meter = meter;
    }

    pub(super) fn set_compression(&mut self, compression: &'static str) {
        self.facts.compression = Some(compression);
    }

    /// The error of a file that cannot be read at all.
    pub(super) fn refuse(&self, what: impl Into<String>) -> CaptureError {
        CaptureError::NotACapture { name: self.facts.name.clone(), what: what.into() }
    }

    /// The error of an input that cannot be read from.
    pub(super) fn failed(&self, source: io::Error) -> CaptureError {
        CaptureError::Io { name: self.facts.name.clone(), source }
    }

    /// Number of the record that is read next, from 1.
    pub(super) fn next_number(&self) -> u64 {
        self.facts.frames + 1
    }

    /// Time for a record that has none: that of the latest frame, so that the order stays.
    pub(super) fn latest(&self) -> Timestamp {
        self.facts.last.unwrap_or_default()
    }

    /// A snap length that the file states; 0 states none.
    pub(super) fn snap_length(&mut self, octets: u32) {
        let known = &mut self.facts.snap_length;
        if octets != 0 && (*known == 0 || octets < *known) {
            *known = octets;
        }
    }

    /// A packet record that cannot be used. It keeps its number.
    pub(super) fn skip_record(&mut self) {
        self.facts.frames += 1;
    }

    /// Adds a note, once per code.
    pub(super) fn note_once(&mut self, code: &'static str, text: impl FnOnce() -> String) {
        if self.facts.notes.iter().all(|n| n.code != code) {
            self.facts.notes.push(CaptureNote { code, text: text() });
        }
    }

    /// Adds a note, or puts another text in the place of the one with that code.
    #[cfg(have_libpcap)]
    pub(super) fn note_anew(&mut self, code: &'static str, text: String) {
        match self.facts.notes.iter_mut().find(|n| n.code == code) {
            Some(note) => note.text = text,
            None => self.facts.notes.push(CaptureNote { code, text }),
        }
    }

    /// A frame that is handed out: its number.
    #[inline]
    pub(super) fn count(
        &mut self,
        at: Timestamp,
        link: LinkType,
        captured: usize,
        original: u32,
    ) -> FrameRef {
        let facts = &mut self.facts;
        facts.frames += 1;
        let number = facts.frames;
        let whole = captured >= original as usize;
        // Of nearly all frames nothing is new but the time.
        if whole && self.newest_link == Some(link) && facts.last.is_some_and(|last| last <= at) {
            facts.last = Some(at);
        } else {
            self.count_unusual(at, link, (!whole).then_some(captured));
        }
        FrameRef::new(self.capture, number)
    }

    /// The facts of a frame that is the first, late, cut to so many octets, or of another link type.
    fn count_unusual(&mut self, at: Timestamp, link: LinkType, cut: Option<usize>) {
        let facts = &mut self.facts;
        self.newest_link = Some(link);
        facts.first = Some(facts.first.map_or(at, |t| t.min(at)));
        let latest = facts.last.map_or(at, |t| t.max(at));
        facts.last = Some(latest);
        if let Some(captured) = cut {
            facts.cut_frames += 1;
            self.longest_cut = self.longest_cut.max(captured);
        }
        if !facts.link_types.contains(&link) {
            facts.link_types.push(link);
        }
        if latest - at > STEP_BACK && !self.stepped_back {
            self.stepped_back = true;
            let number = facts.frames;
            let text = format!("frame {number} is {} older than a frame before it", latest - at);
            facts.notes.push(CaptureNote { code: "time-steps-back", text });
        }
    }

    fn conclude(&mut self) {
        let CaptureFacts { frames, cut_frames: cut, snap_length: stated, .. } = self.facts;
        if frames == 0 {
            self.note_once("no-frames", || "the capture holds no frames".to_owned());
        }
        if cut > 0 {
            let longest = self.longest_cut;
            let stated =
                if stated == 0 { String::new() } else { format!(", snap length {stated}") };
            self.note_once("snap-length", || {
                format!(
                    "{cut} of {frames} frames are cut, the longest of them to {longest} octets{stated}: \
                     what was cut away cannot be judged; capture with `-s 0`"
                )
            });
        }
    }
}

/// The note of a capture that ends inside a record.
pub(super) fn cut_short(number: u64, missing: usize) -> Step {
    let octets = if missing == 1 { "1 octet is" } else { &format!("{missing} octets are") };
    let text = format!("the capture breaks off inside frame {number}: {octets} missing");
    Step::End(Some(CaptureNote { code: "cut-short", text }))
}

/// The note of a record whose length cannot be believed.
pub(super) fn too_large(number: u64, octets: u32) -> Step {
    let text = format!(
        "the record of frame {number} claims {octets} octets: damage, reading stops before it"
    );
    Step::End(Some(CaptureNote { code: "record-too-large", text }))
}

/// How far times may go back before it is worth a note: interfaces and processors are merged with less.
const STEP_BACK: Span = Span::from_secs(1);
