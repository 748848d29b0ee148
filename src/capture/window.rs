//! A window over an input of any length: records are lent from it, nothing is copied per record.
//!
//! Formats that keep a table of their records at the end need to jump: a [`Window`] over a file seeks,
//! one over a stream or a decompressor is [held](Window::hold) in memory first, within a bound.

use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::ahead::Ahead;
use super::decompress::{Decompressor, Fault};
use crate::base::limits;

/// Where the octets come from.
pub(super) enum Input {
    /// Standard input, or a reader of the caller's.
    Stream(Box<dyn Read + Send>),
    /// A regular file, which can seek.
    File(File),
    /// What a stream held, in memory.
    Held(Cursor<Vec<u8>>),
    /// Compressed data.
    Compressed(Box<Decompressor>),
    /// What a thread reads; its octets do not come by [`Read`].
    Ahead(Ahead),
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stream(stream) => stream.read(out),
            Self::File(file) => file.read(out),
            Self::Held(held) => held.read(out),
            Self::Compressed(decompressor) => decompressor.read(out),
            Self::Ahead(_) => Err(ErrorKind::Unsupported.into()),
        }
    }
}

impl Input {
    /// Why the octets ended, where they were compressed and did not end as they should.
    pub(super) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Compressed(decompressor) => decompressor.fault(),
            Self::Ahead(ahead) => ahead.fault(),
            Self::Stream(_) | Self::File(_) | Self::Held(_) => None,
        }
    }

    /// Whether all octets come from a file: reading never waits for anybody.
    pub(super) fn is_of_file(&self) -> bool {
        match self {
            Self::Compressed(decompressor) => decompressor.is_of_file(),
            Self::File(_) | Self::Held(_) => true,
            Self::Stream(_) | Self::Ahead(_) => false,
        }
    }
}

/// Octets that were read from an input so far; all clones are one count.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter(Arc<AtomicU64>);

impl Meter {
    fn add(&self, octets: usize) {
        self.0.fetch_add(octets as u64, Ordering::Relaxed);
    }

    /// The count.
    pub(super) fn octets(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Holds the part of the input that is being read. It starts at [`limits::READ_WINDOW`] octets and grows
/// only where one record is larger, and only as far as its octets really arrive.
pub(super) struct Window {
    input: Input,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    /// Whether a thread may yet read it.
    may_go_ahead: bool,
    /// Octets that the next read asks for at most: few behind a jump, more where reading goes on from there.
    step: usize,
    /// Offset in the input of the first octet of the buffer.
    base: u64,
    /// Why the data of a decompressor that is gone ended.
    fault: Option<Fault>,
    meter: Meter,
}

impl Window {
    /// Nothing is read before the first [`want`](Self::want).
    pub(super) fn new(input: Input) -> Self {
        Self::metered(input, Meter::default())
    }

    /// The same; what is read is counted by `meter`.
    pub(super) fn metered(input: Input, meter: Meter) -> Self {
        let buffer = vec![0; limits::READ_WINDOW];
        Self {
            input,
            buffer,
            start: 0,
            end: 0,
            at_end: false,
            may_go_ahead: false,
            step: limits::READ_WINDOW,
            base: 0,
            fault: None,
            meter,
        }
    }

    /// Lets a thread read a file that is not short, and unpack what is compressed.
    pub(super) fn let_go_ahead(&mut self) {
        self.may_go_ahead =
            matches!(self.input, Input::Compressed(_) | Input::File(_)) && self.is_of_file();
    }

    /// All octets at hand: at least `n`, or fewer where the input ends before that. `n` must come from a
    /// checked length.
    #[inline]
    pub(super) fn want(&mut self, n: usize) -> io::Result<&[u8]> {
        if self.end - self.start < n {
            self.refill(n)?;
        }
        Ok(self.bytes())
    }

    /// The octets at hand, without reading more.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Goes on behind the next `n` octets at hand.
    #[inline]
    pub(super) fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
    }

    /// Goes on behind the next `n` octets without holding them; returns how many were missing.
    pub(super) fn skip(&mut self, mut n: usize) -> io::Result<usize> {
        while n > 0 {
            let at_hand = self.want(1)?.len().min(n);
            if at_hand == 0 {
                break;
            }
            self.consume(at_hand);
            n -= at_hand;
        }
        Ok(n)
    }

    /// Makes the input one that [`go_to`](Self::go_to) works on, and returns its length in octets; `None`
    /// where a stream is longer than `limit`. To be called before anything is consumed.
    pub(super) fn hold(&mut self, limit: u64) -> io::Result<Option<u64>> {
        match &self.input {
            Input::File(file) => {
                // A thread does not jump.
                self.may_go_ahead = false;
                return Ok(Some(file.metadata()?.len()));
            }
            Input::Held(held) => return Ok(Some(held.get_ref().len() as u64)),
            Input::Stream(_) | Input::Compressed(_) | Input::Ahead(_) => {}
        }
        let mut held = self.bytes().to_vec();
        let more = self
            .input
            .by_ref()
            .take((limit + 1).saturating_sub(held.len() as u64))
            .read_to_end(&mut held)?;
        // From here on octets come from memory, some of them more than once.
        self.meter.add(more);
        self.meter = Meter::default();
        let length = held.len() as u64;
        if length > limit {
            return Ok(None);
        }
        self.fault = self.fault().cloned();
        self.input = Input::Held(Cursor::new(held));
        (self.start, self.end, self.base, self.at_end) = (0, 0, 0, false);
        Ok(Some(length))
    }

    /// Goes on at `offset`, which may lie behind the end. Needs an input that [`hold`](Self::hold) accepted.
    pub(super) fn go_to(&mut self, offset: u64) -> io::Result<()> {
        let inside = offset.checked_sub(self.base).and_then(|n| usize::try_from(n).ok());
        if let Some(start) = inside.filter(|&n| n <= self.end) {
            self.start = start;
            return Ok(());
        }
        match &mut self.input {
            Input::File(file) => file.seek(SeekFrom::Start(offset))?,
            Input::Held(held) => held.seek(SeekFrom::Start(offset))?,
            Input::Stream(_) | Input::Compressed(_) | Input::Ahead(_) => {
                return Err(ErrorKind::NotSeekable.into());
            }
        };
        (self.start, self.end, self.base, self.at_end) = (0, 0, offset, false);
        self.step = AFTER_JUMP;
        Ok(())
    }

    /// Why the input ended, where it was compressed and did not end as it should.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.input.fault().or(self.fault.as_ref())
    }

    /// Whether all octets come from a file.
    pub(super) fn is_of_file(&self) -> bool {
        self.input.is_of_file()
    }

    #[cold]
    fn refill(&mut self, n: usize) -> io::Result<()> {
        self.go_ahead();
        if let Input::Ahead(ahead) = &mut self.input {
            while self.end - self.start < n && !self.at_end {
                match ahead.next(&mut self.buffer, self.start..self.end)? {
                    Some(place) => {
                        self.meter.add(place.len() - (self.end - self.start));
                        (self.start, self.end) = (place.start, place.end);
                    }
                    None => self.at_end = true,
                }
            }
            return Ok(());
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.base += self.start as u64;
        self.start = 0;
        while self.end < n && !self.at_end {
            if self.end == self.buffer.len() {
                self.buffer.resize(n.min(2 * self.end), 0);
            }
            let room = self.buffer.len().min(self.end + self.step.max(n));
            match self.input.read(self.buffer.get_mut(self.end..room).unwrap_or_default()) {
                Ok(0) => self.at_end = true,
                Ok(got) => {
                    self.end += got;
                    self.step = limits::READ_WINDOW.min(2 * self.step);
                    self.meter.add(got);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn go_ahead(&mut self) {
        if !self.may_go_ahead || self.base + (self.end as u64) < WORTH_A_THREAD {
            return;
        }
        self.may_go_ahead = false;
        let input = std::mem::replace(&mut self.input, Input::Held(Cursor::default()));
        self.input = match Ahead::start(input) {
            Ok(ahead) => Input::Ahead(ahead),
            Err(input) => input,
        };
    }
}

/// Octets that are read first behind a jump. A table of records may jump to and fro for each of them.
const AFTER_JUMP: usize = 4 << 10;
/// Octets that come before a thread reads the rest.
const WORTH_A_THREAD: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one octet at a time, as a slow pipe does.
    struct Trickle(io::Cursor<Vec<u8>>);

    impl Read for Trickle {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let n = out.len().min(1);
            self.0.read(&mut out[..n])
        }
    }

    fn over(input: impl Read + Send + 'static) -> Window {
        Window::new(Input::Stream(Box::new(input)))
    }

    #[test]
    fn reads_no_further_than_asked() {
        let mut w = over(Trickle(io::Cursor::new(vec![1, 2, 3, 4])));
        assert_eq!(w.want(2).unwrap(), [1, 2]);
        w.consume(1);
        assert_eq!(w.want(2).unwrap(), [2, 3]);
        assert_eq!(w.want(9).unwrap(), [2, 3, 4]);
        w.consume(99);
        assert!(w.want(1).unwrap().is_empty());
    }

    #[test]
    fn grows_to_one_record_and_skips_without_growing() {
        let size = limits::READ_WINDOW + 10;
        let mut w = over(io::repeat(7).take(3 * size as u64));
        assert!(w.want(size).unwrap().len() >= size);
        assert!(w.buffer.len() == size);
        assert_eq!(w.skip(3 * size - 2).unwrap(), 0);
        assert_eq!(w.bytes(), [7, 7]);
        assert_eq!(w.skip(5).unwrap(), 3);
        assert!(w.buffer.len() == size);
    }

    #[test]
    fn jumps_in_what_it_holds() {
        let mut w = over(Trickle(io::Cursor::new((0..=255).collect())));
        assert_eq!(w.want(3).unwrap(), [0, 1, 2]);
        assert_eq!(w.go_to(200).unwrap_err().kind(), ErrorKind::NotSeekable);
        assert_eq!(w.hold(256).unwrap(), Some(256));
        for offset in [200_u8, 0, 255, 17] {
            w.go_to(offset.into()).unwrap();
            assert_eq!(w.want(1).unwrap()[0], offset);
        }
        w.go_to(256).unwrap();
        assert!(w.want(1).unwrap().is_empty());
        w.go_to(u64::MAX).unwrap();
        assert!(w.want(1).unwrap().is_empty());
        w.go_to(1).unwrap();
        assert_eq!(w.want(2).unwrap()[..2], [1, 2]);
    }

    #[test]
    fn what_is_held_was_read_once() {
        let meter = Meter::default();
        let input = Input::Stream(Box::new(Trickle(io::Cursor::new(vec![7; 90]))));
        let mut w = Window::metered(input, meter.clone());
        w.want(8).unwrap();
        w.hold(100).unwrap();
        for _ in 0..3 {
            w.go_to(95).unwrap();
            w.go_to(0).unwrap();
            w.want(90).unwrap();
        }
        assert_eq!(meter.octets(), 90);
    }

    #[test]
    fn a_thread_reads_a_file_that_is_not_short_unless_it_is_to_jump() {
        let octets: Vec<u8> = (0..3_000_000_u32).map(|n| (n * 7 % 251) as u8).collect();
        let path = std::env::temp_dir().join(format!("pptp-diag-window-{}", std::process::id()));
        std::fs::write(&path, &octets).unwrap();
        for (held, threaded) in [(false, true), (true, false)] {
            let meter = Meter::default();
            let mut w = Window::metered(Input::File(File::open(&path).unwrap()), meter.clone());
            w.let_go_ahead();
            if held {
                assert_eq!(w.hold(9).unwrap(), Some(3_000_000));
            }
            for expected in octets.chunks(1000) {
                assert_eq!(&w.want(1000).unwrap()[..1000], expected);
                w.consume(1000);
            }
            assert!(w.want(1).unwrap().is_empty());
            assert_eq!(matches!(w.input, Input::Ahead(_)), threaded);
            assert_eq!(meter.octets(), 3_000_000);
            assert_eq!(w.go_to(5).is_ok(), held);
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn holds_no_more_than_it_may() {
        let mut w = over(io::repeat(7));
        w.want(10).unwrap();
        assert_eq!(w.hold(1 << 20).unwrap(), None);
        assert_eq!(over(io::repeat(7).take(9)).hold(8).unwrap(), None);
        assert_eq!(over(io::repeat(7).take(8)).hold(8).unwrap(), Some(8));
    }
}
