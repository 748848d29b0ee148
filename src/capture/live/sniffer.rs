//! Listens on an interface, also when it goes and comes back.

use std::time::Duration;

use super::devices::{Presence, Target};
use super::handle::{self, Handle, Head, Read, Waited};
use super::{Drops, Heard, LiveError, Settings};
use crate::base::frame::{Frame, LinkType};
use crate::capture::CaptureFacts;
use crate::capture::reader::Tally;

/// Listens on an interface.
pub struct Sniffer {
    settings: Settings,
    target: Target,
    /// `None` while the interface does not exist. The handle of one that is down is kept: it goes on
    /// when the interface is up, without any rights.
    handle: Option<Handle>,
    gone: bool,
    /// A frame that told that the interface is back; `octets` holds it.
    held: Option<Head>,
    octets: Vec<u8>,
    /// Errors since the last frame.
    failures: u32,
    retry: Retry,
    tally: Tally,
    /// Index of the interface in the facts, and its link type.
    interface: (u32, LinkType),
    /// Counters of this handle at the last look.
    counted: (u32, u32, u32),
    drops: Drops,
}

/// What became of waiting, before anything is lent.
enum News {
    Frame(Head),
    Quiet,
    Gone,
    Back,
}

impl Sniffer {
    /// Starts to listen.
    pub fn open(settings: &Settings) -> Result<Self, LiveError> {
        let target = Target::find(&settings.interface)?;
        let handle = Handle::open(&target, settings)?;
        let mut tally = Tally::new(&target.name, 0);
        tally.set_format("live");
        tally.snap_length(handle.snap_length);
        let index = tally.interface(handle.link, target.name.clone(), handle.snap_length);
        Ok(Self {
            settings: settings.clone(),
            target,
            interface: (index, handle.link),
            handle: Some(handle),
            gone: false,
            held: None,
            octets: Vec::new(),
            failures: 0,
            retry: Retry::default(),
            tally,
            counted: (0, 0, 0),
            drops: Drops::default(),
        })
    }

    /// The next frame, or what became of waiting for one for about `wait`. Errors are final.
    pub fn next(&mut self, wait: Duration) -> Result<Heard<'_>, LiveError> {
        Ok(match self.hear(wait)? {
            News::Frame(head) => Heard::Frame(self.lend(head)),
            News::Quiet => Heard::Quiet,
            News::Gone => Heard::Gone,
            News::Back => Heard::Back,
        })
    }

    /// What is known so far.
    #[must_use]
    pub fn facts(&self) -> &CaptureFacts {
        self.tally.facts()
    }

    /// Frames that came and frames that were lost; losses are noted in the facts as well.
    pub fn drops(&mut self) -> Drops {
        if let Some(now) = self.handle.as_mut().and_then(Handle::counters) {
            let now = (now.received, now.dropped, now.if_dropped);
            let more = |now: u32, before: u32| u64::from(now.wrapping_sub(before));
            self.drops.received += more(now.0, self.counted.0);
            self.drops.dropped_kernel += more(now.1, self.counted.1);
            self.drops.dropped_interface += more(now.2, self.counted.2);
            self.counted = now;
        }
        let Drops { received, dropped_kernel, dropped_interface } = self.drops;
        if dropped_kernel + dropped_interface > 0 {
            self.tally.note_anew(
                "dropped",
                format!(
                    "{dropped_kernel} of {received} frames were lost because the buffer was full, \
                     {dropped_interface} by the card: what is missing may be among them; give it a larger \
                     buffer or a narrower filter"
                ),
            );
        }
        self.drops
    }

    fn hear(&mut self, wait: Duration) -> Result<News, LiveError> {
        if let Some(head) = self.held.take() {
            return Ok(News::Frame(head));
        }
        let Some(handle) = &mut self.handle else { return self.reopen(wait) };
        let mut read = handle.read(&mut self.octets);
        if matches!(read, Read::Nothing) {
            match handle.wait(wait) {
                Waited::Interrupted => return Ok(News::Quiet),
                Waited::TimeOver => {}
                Waited::Ready => {
                    read = handle.read(&mut self.octets);
                    if matches!(read, Read::Nothing) {
                        // Woken for nothing. Were that to go on, it would take a whole processor.
                        handle::pause(wait.min(BREATH));
                    }
                }
            }
        }
        match read {
            Read::Frame(head) if self.gone => {
                self.gone = false;
                self.held = Some(head);
                Ok(News::Back)
            }
            Read::Frame(head) => Ok(News::Frame(head)),
            Read::Nothing => Ok(self.look()),
            Read::Failed(reason) => self.failed(reason, wait),
        }
    }

    /// Looks whether the interface came or went.
    fn look(&mut self) -> News {
        let up = match self.target.presence() {
            Presence::Up => true,
            Presence::Down => false,
            Presence::Absent => {
                self.drops();
                self.handle = None;
                self.counted = (0, 0, 0);
                self.retry = Retry::default();
                false
            }
        };
        match (self.gone, up) {
            (false, false) => {
                self.gone = true;
                News::Gone
            }
            (true, true) => {
                self.gone = false;
                News::Back
            }
            _ => News::Quiet,
        }
    }

    /// An error of an interface that is not gone is one only if it goes on: it may have been down just now.
    fn failed(&mut self, reason: String, wait: Duration) -> Result<News, LiveError> {
        let news = self.look();
        if self.target.is_renamed() {
            // libpcap asks for the old name, and says so until a frame comes.
            handle::pause(wait);
            return Ok(news);
        }
        self.failures += 1;
        if self.gone || self.failures <= FAILURES {
            handle::pause(wait.min(BREATH));
            return Ok(news);
        }
        Err(LiveError::Other { interface: self.target.name.clone(), reason })
    }

    /// Tries to open an interface that was removed, at growing intervals.
    fn reopen(&mut self, wait: Duration) -> Result<News, LiveError> {
        if !self.retry.is_due(wait) {
            return Ok(News::Quiet);
        }
        let Some(target) = self.target.anew() else { return Ok(News::Quiet) };
        match Handle::open(&target, &self.settings) {
            Ok(handle) => {
                if handle.link != self.interface.1 {
                    let (link, snap_length) = (handle.link, handle.snap_length);
                    let index = self.tally.interface(link, target.name.clone(), snap_length);
                    self.interface = (index, link);
                }
                self.handle = Some(handle);
                self.target = target;
                self.failures = 0;
                self.gone = false;
                Ok(News::Back)
            }
            Err(LiveError::NoPermission { interface, .. }) => {
                Err(LiveError::NotReopened { interface })
            }
            // It is not ready, or gone again.
            Err(LiveError::InterfaceDown { .. } | LiveError::NoSuchInterface { .. }) => {
                Ok(News::Quiet)
            }
            Err(e) => Err(e),
        }
    }

    fn lend(&mut self, head: Head) -> Frame<'_> {
        self.failures = 0;
        let (interface, link) = self.interface;
        let Head { at, original_len } = head;
        let frame = self.tally.count(at, link, self.octets.len(), original_len);
        Frame { at, frame, interface, link, original_len, data: &self.octets }
    }
}

/// When to try again. It counts what it slept: there is no clock here.
struct Retry {
    interval: Duration,
    slept: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { interval: FIRST_RETRY, slept: Duration::ZERO }
    }
}

impl Retry {
    /// Sleeps for what is left of the interval, `wait` at most; whether it is over.
    fn is_due(&mut self, wait: Duration) -> bool {
        let nap = wait.min(self.interval.saturating_sub(self.slept));
        if handle::pause(nap) == Waited::Interrupted {
            return false;
        }
        self.slept += nap;
        let due = self.slept >= self.interval;
        if due {
            *self = Self { interval: (2 * self.interval).min(LAST_RETRY), slept: Duration::ZERO };
        }
        due
    }
}

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(1);
const BREATH: Duration = Duration::from_millis(10);
/// Errors in a row of an interface that is up.
const FAILURES: u32 = 3;
