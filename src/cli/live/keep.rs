//! Keeps the packets that matter as pcapng files while they are analysed, so that a finding can be looked
//! into afterwards: [`Keep::place`] tells in which file a frame is, and its number there.
//!
//! A file grows in steps of whole blocks, at least every second: whoever opens it in the meantime reads
//! whole packets. When a file cannot be written any more (the disk is full), that is told once and the
//! analysis goes on without files.

mod file;
mod names;
mod places;
mod rotate;

use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use crate::base::frame::Frame;
use crate::base::limits;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::capture::CaptureFacts;
use crate::capture::write::PcapngWriter;
use crate::cli::CliError;
use crate::pipeline::extract::Extract;
use file::Blocks;
use names::Names;
use names::named;
use names::options;
use places::Places;
pub(in crate::cli) use rotate::Rotate;

/// What was asked for.
#[derive(Clone, Debug)]
pub(in crate::cli) struct KeepPlan {
    /// The file; with rotation the pattern of their names.
    pub(in crate::cli) path: PathBuf,
    /// When a new file is begun; `None`: one file holds all.
    pub(in crate::cli) rotate: Option<Rotate>,
    /// How many files stay, those of earlier runs included; the oldest are removed. Needs `rotate`.
    pub(in crate::cli) keep: Option<u32>,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Kept {
    /// It is in this file of the run (the first is 1), with this number there.
    In {
        /// Number of the file.
        file: u64,
        /// As Wireshark counts, from 1.
        number: u64,
    },
    /// It has nothing to do with PPTP.
    Irrelevant,
    /// Writing has stopped.
    Stopped,
}

/// Where a kept frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Place<'a> {
    /// The file.
    pub(in crate::cli) path: &'a Path,
    /// Its number there, from 1.
    pub(in crate::cli) number: u64,
}

/// The files of one run.
#[derive(Debug)]
pub(in crate::cli) struct Keep {
    plan: KeepPlan,
    extract: Extract,
    names: Names,
    /// `None` between two files, and when writing has stopped.
    current: Option<Current>,
    /// The newest files of this run with their numbers, oldest first.
    files: VecDeque<(u64, PathBuf)>,
    /// Files so far.
    begun: u64,
    places: Places,
    frames: u64,
    stopped: bool,
    /// That an old file could not be removed: to be told, and whether it was told.
    trouble: Option<io::Error>,
    troubled: bool,
}

/// The file that is being written.
#[derive(Debug)]
struct Current {
    number: u64,
    writer: PcapngWriter<Blocks>,
    /// Time of its first frame.
    began: Timestamp,
    /// Latest time of a frame.
    last: Timestamp,
    /// When it was flushed last, and how many frames it held.
    flushed: (Timestamp, u64),
}

impl Keep {
    /// Opens the first file at once, so that what is wrong with it is told before capturing begins. `ports`:
    /// control ports besides 1723; `facts`: the interface; `now`: capture time.
    pub(in crate::cli) fn open(
        plan: &KeepPlan,
        ports: &[u16],
        facts: &CaptureFacts,
        now: Timestamp,
    ) -> Result<Self, CliError> {
        let failed = |e: &io::Error| CliError::Usage(e.to_string());
        let mut keep = Self {
            names: Names::new(&plan.path),
            plan: plan.clone(),
            extract: Extract::new(ports),
            current: None,
            files: VecDeque::new(),
            begun: 0,
            places: Places::default(),
            frames: 0,
            stopped: false,
            trouble: None,
            troubled: false,
        };
        keep.begin(now, 0, facts).map_err(|e| failed(&e))?;
        keep.trouble.take().map_or(Ok(keep), |e| Err(failed(&e)))
    }

    /// Keeps the frame if it matters. Frames come in capture order, with numbers that rise. An error is to
    /// be told, and comes once; [`Keep::is_writing`] says whether frames are still kept.
    pub(in crate::cli) fn frame(
        &mut self,
        frame: &Frame<'_>,
        facts: &CaptureFacts,
    ) -> io::Result<Kept> {
        if self.stopped {
            return Ok(Kept::Stopped);
        }
        if !self.extract.keeps(frame) {
            return Ok(Kept::Irrelevant);
        }
        let kept = self.write(frame, facts);
        self.told(kept)
    }

    /// Lets time pass: flushes, and ends a file whose time is over. Errors as with [`Keep::frame`].
    pub(in crate::cli) fn tick(&mut self, now: Timestamp) -> io::Result<()> {
        let done = match &self.current {
            Some(current) if current.is_over(self.plan.rotate, now) => self.close(now),
            Some(current) if current.is_stale(now) => self.flush(now),
            None | Some(_) => Ok(()),
        };
        self.told(done)
    }

    /// Ends the last file; `until` is when capturing ended.
    pub(in crate::cli) fn finish(mut self, until: Timestamp) -> io::Result<()> {
        self.close(until).map_err(stop_note)
    }

    /// Where the frame with this number of the capture is. `None`: it was not kept, its file was removed,
    /// or it is too long ago.
    pub(in crate::cli) fn place(&self, frame_number: u64) -> Option<Place<'_>> {
        let (file, number) = self.places.find(frame_number)?;
        let (_, path) = self.files.iter().rev().find(|(n, _)| *n == file)?;
        Some(Place { path, number })
    }

    /// Whether frames are still kept.
    pub(in crate::cli) const fn is_writing(&self) -> bool {
        !self.stopped
    }

    /// Frames kept so far.
    pub(in crate::cli) const fn frames(&self) -> u64 {
        self.frames
    }

    fn write(&mut self, frame: &Frame<'_>, facts: &CaptureFacts) -> io::Result<Kept> {
        let rotate = self.plan.rotate;
        let full = |c: &Current| c.is_over(rotate, frame.at) || c.is_full(rotate, frame.data.len());
        if self.current.as_ref().is_some_and(full) {
            self.close(frame.at)?;
        }
        if self.current.is_none() {
            self.begin(frame.at, frame.frame.capture(), facts)?;
        }
        let Some(current) = &mut self.current else { return Ok(Kept::Stopped) };
        if current.writer.frames() == 0 {
            (current.began, current.last) = (frame.at, frame.at);
        }
        current.last = current.last.max(frame.at);
        current.writer.frame(frame, facts)?;
        let (file, number) = (current.number, current.writer.frames());
        let flush = current.writer.get_ref().waiting() >= WAITING || current.is_stale(frame.at);
        self.frames += 1;
        self.places.add(frame.frame.number(), file, number);
        if flush {
            self.flush(frame.at)?;
        }
        Ok(Kept::In { file, number })
    }

    fn begin(&mut self, at: Timestamp, capture: u32, facts: &CaptureFacts) -> io::Result<()> {
        let number = self.begun + 1;
        let (file, path) = match self.plan.rotate {
            Some(_) => self.names.create(at, number)?,
            None => (only(&self.plan.path)?, self.plan.path.clone()),
        };
        self.begun = number;
        if self.files.len() == limits::KEPT_FILES
            && let Some((forgotten, _)) = self.files.pop_front()
        {
            self.places.forget(forgotten);
        }
        self.files.push_back((number, path));
        let mut writer = PcapngWriter::new(Blocks::new(file))?;
        writer.interfaces_of(capture, facts)?;
        let flushed = (at, 0);
        self.current = Some(Current { number, writer, began: at, last: at, flushed });
        self.flush(at)?;
        self.remove_old();
        Ok(())
    }

    fn flush(&mut self, now: Timestamp) -> io::Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let done = current.writer.get_mut().flush();
        if let Err(e) = done {
            let number = current.number;
            self.places.cut(number, current.flushed.1);
            self.frames -= current.writer.frames() - current.flushed.1;
            self.current = None;
            let path = self.files.back().map_or(self.plan.path.as_path(), |(_, p)| p);
            return Err(named(path, &e));
        }
        current.flushed = (now, current.writer.frames());
        Ok(())
    }

    fn close(&mut self, until: Timestamp) -> io::Result<()> {
        self.flush(until)?;
        let Some(current) = self.current.take() else { return Ok(()) };
        current.writer.finish(Some(until.max(current.last))).map(drop)
    }

    /// Removes the oldest files but for as many as stay.
    fn remove_old(&mut self) {
        let (Some(keep), Some(_)) = (self.plan.keep, self.plan.rotate) else { return };
        let stay = usize::try_from(keep).unwrap_or(usize::MAX).max(1);
        if let Err(e) = self.try_remove_old(stay)
            && !self.troubled
        {
            self.troubled = true;
            self.trouble = Some(e);
        }
    }

    fn try_remove_old(&mut self, stay: usize) -> io::Result<()> {
        let existing = self.names.existing()?;
        // Where the clock was set back, the newest file does not have the last name.
        let own: BTreeSet<&PathBuf> = self.files.iter().map(|(_, path)| path).collect();
        let earlier = existing.iter().filter(|p| !own.contains(p));
        let mine = self.files.iter().map(|(_, path)| path).filter(|p| existing.contains(p));
        let ordered: Vec<PathBuf> = earlier.chain(mine).cloned().collect();
        let mut done = Ok(());
        for path in ordered.iter().take(ordered.len().saturating_sub(stay)) {
            match fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    done = Err(io::Error::new(
                        e.kind(),
                        format!("{}: {e}: old files are not removed", path.display()),
                    ));
                }
                _ => self.forget(path),
            }
        }
        done
    }

    fn forget(&mut self, path: &Path) {
        if let Some(at) = self.files.iter().position(|(_, p)| p == path)
            && let Some((number, _)) = self.files.remove(at)
        {
            self.places.forget(number);
        }
    }

    /// An error stops writing; trouble with old files does not.
    fn told<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        match done {
            Ok(done) => self.trouble.take().map_or(Ok(done), Err),
            Err(e) => {
                self.stopped = true;
                self.current = None;
                Err(stop_note(e))
            }
        }
    }
}

impl Current {
    fn is_over(&self, rotate: Option<Rotate>, now: Timestamp) -> bool {
        let Some(Rotate::Time(time)) = rotate else { return false };
        let time = Span(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX));
        self.writer.frames() > 0 && now - self.began >= time
    }

    fn is_full(&self, rotate: Option<Rotate>, octets: usize) -> bool {
        let Some(Rotate::Octets(most)) = rotate else { return false };
        let more = octets as u64 + FRAME_AND_END;
        self.writer.frames() > 0 && self.writer.get_ref().octets().saturating_add(more) > most
    }

    /// Whether a reader has waited long enough. A clock that was set back does not keep him waiting.
    fn is_stale(&self, now: Timestamp) -> bool {
        (now - self.flushed.0).abs() >= PATIENCE && self.writer.get_ref().waiting() > 0
    }
}

/// The one file of a run without rotation. What was kept before is never overwritten; a pipe or a device is
/// written to directly.
fn only(path: &Path) -> io::Result<File> {
    let taken = match options().create_new(true).open(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => options().open(path),
        done => return done.map_err(|e| named(path, &e)),
    };
    let file = taken.map_err(|e| named(path, &e))?;
    let metadata = file.metadata().map_err(|e| named(path, &e))?;
    if metadata.is_file() && metadata.len() > 0 {
        let text = "holds something already: name another file, or let --rotate number the files";
        return Err(named(path, &io::Error::new(io::ErrorKind::AlreadyExists, text)));
    }
    Ok(file)
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn stop_note(e: io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("{e}: no more packets are kept"))
}

/// How long frames wait until they are in the file.
const PATIENCE: Span = Span::from_secs(1);
/// Octets that wait at most.
const WAITING: usize = 256 << 10;
/// Octets around a frame, and of the block at the end of a file.
const FRAME_AND_END: u64 = 36 + 40;

#[cfg(test)]
mod tests;
