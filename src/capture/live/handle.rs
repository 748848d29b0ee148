//! One open handle of libpcap: how it is set up, read and waited for.

use std::os::fd::AsFd as _;
use std::time::Duration;

use libpcap::{Active, Capture, Linktype, Precision, Stat};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::devices::Target;
use super::{ANY, LiveError, Settings, filter, link_type};
use crate::base::frame::LinkType;
use crate::base::time::Timestamp;

/// An interface that is listened on.
pub(super) struct Handle {
    capture: Capture<Active>,
    pub(super) link: LinkType,
    pub(super) snap_length: u32,
}

/// What is known of a frame besides its octets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) at: Timestamp,
    pub(super) original_len: u32,
}

/// What a look at the buffer gave.
pub(super) enum Read {
    Frame(Head),
    Nothing,
    Failed(String),
}

/// How waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    Ready,
    TimeOver,
    Interrupted,
}

impl Handle {
    pub(super) fn open(target: &Target, settings: &Settings) -> Result<Self, LiveError> {
        let any = target.name == ANY;
        let mut opened = activate(target, settings, settings.promiscuous && !any);
        // Some devices cannot listen to others' frames and refuse to try.
        if settings.promiscuous && matches!(opened, Err(LiveError::Other { .. })) {
            opened = activate(target, settings, false).or(opened);
        }
        let mut capture = opened?;
        let other = |e: &libpcap::Error| explain(target, &reason(e));
        if any && capture.list_datalinks().is_ok_and(|all| all.contains(&COOKED_V2)) {
            // It names the interface of each frame. Where it cannot be had, the first version does.
            let _ = capture.set_datalink(COOKED_V2);
        }
        let dlt = capture.get_datalink().0;
        let link = link_type::of_handle(dlt).ok_or_else(|| LiveError::Other {
            interface: target.name.clone(),
            reason: format!("frames of a kind that is not known (link type {dlt})"),
        })?;
        let users = settings.filter.as_deref().map(str::trim).filter(|f| !f.is_empty());
        if let Some(text) = users {
            // Alone first: the reason of an error is then about the user's own words.
            capture.compile(text, true).map_err(|e| LiveError::FilterSyntax {
                text: text.to_owned(),
                reason: reason(&e),
            })?;
        }
        if let Some(text) = filter::both(filter::relevant(link, &settings.ports), users) {
            capture.filter(&text, true).map_err(|e| other(&e))?;
        }
        let capture = capture.setnonblock().map_err(|e| other(&e))?;
        Ok(Self { capture, link, snap_length: snap_length(settings) })
    }

    /// Takes a frame out of the buffer into `octets`, if one is there.
    pub(super) fn read(&mut self, octets: &mut Vec<u8>) -> Read {
        match self.capture.next_packet() {
            Ok(packet) => {
                octets.clear();
                octets.extend_from_slice(packet.data);
                let time = packet.header.ts;
                #[allow(clippy::useless_conversion)] // Narrower on some systems.
                let (seconds, fraction) = (i64::from(time.tv_sec), i64::from(time.tv_usec));
                let nanos = u32::try_from(fraction.saturating_mul(TICK)).unwrap_or_default();
                let at = Timestamp::from_parts(seconds, nanos);
                Read::Frame(Head { at, original_len: packet.header.len })
            }
            Err(libpcap::Error::TimeoutExpired | libpcap::Error::NoMorePackets) => Read::Nothing,
            Err(e) => Read::Failed(reason(&e)),
        }
    }

    /// Waits until there may be something to read.
    pub(super) fn wait(&self, time: Duration) -> Waited {
        wait_for(&mut [PollFd::new(self.capture.as_fd(), PollFlags::POLLIN)], time)
    }

    /// libpcap's counters since the handle was opened. They wrap around.
    pub(super) fn counters(&mut self) -> Option<Stat> {
        self.capture.stats().ok()
    }
}

/// Sleeps, but for a signal.
pub(super) fn pause(time: Duration) -> Waited {
    wait_for(&mut [], time)
}

/// libpcap's own words, in one line.
pub(super) fn reason(e: &libpcap::Error) -> String {
    let text = match e {
        libpcap::Error::PcapError(text) => text.clone(),
        e => e.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn wait_for(fds: &mut [PollFd<'_>], time: Duration) -> Waited {
    let time = PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX);
    match poll(fds, time) {
        Ok(0) => Waited::TimeOver,
        Err(Errno::EINTR) => Waited::Interrupted,
        // Of any other error, reading will tell what is wrong.
        Ok(_) | Err(_) => Waited::Ready,
    }
}

fn activate(
    target: &Target,
    settings: &Settings,
    promiscuous: bool,
) -> Result<Capture<Active>, LiveError> {
    let buffer = i32::try_from(settings.buffer).unwrap_or(i32::MAX);
    let snap_length = i32::try_from(snap_length(settings)).unwrap_or(i32::MAX);
    let opened = Capture::from_device(target.name.as_str()).and_then(|capture| {
        capture
            .promisc(promiscuous)
            .snaplen(snap_length)
            .buffer_size(buffer)
            .timeout(DELAY)
            .immediate_mode(IMMEDIATE)
            .precision(PRECISION)
            .open()
    });
    opened.map_err(|e| explain(target, &reason(&e)))
}

fn snap_length(settings: &Settings) -> u32 {
    match settings.snap_length {
        0 => LONGEST,
        n => n.min(LONGEST),
    }
}

/// The crate drops libpcap's error number, so the text has to tell, together with a look at the interface.
fn explain(target: &Target, reason: &str) -> LiveError {
    let interface = target.name.clone();
    let said = reason.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| said.contains(w));
    if has(&["permi", "cap_net_raw", "not allowed"]) {
        let program = std::env::current_exe()
            .map_or_else(|_| "/path/to/pptp-diag".to_owned(), |path| path.display().to_string());
        return LiveError::NoPermission { interface, program };
    }
    if has(&["not up", "is down"]) {
        return LiveError::InterfaceDown { interface };
    }
    if has(&["no such device"]) {
        return LiveError::NoSuchInterface { name: interface, known: Vec::new(), nearest: None };
    }
    LiveError::Other { interface, reason: reason.to_owned() }
}

const COOKED_V2: Linktype = Linktype(276);
/// libpcap's own bound.
const LONGEST: u32 = 262_144;
/// How long the kernel may gather frames before it wakes us, milliseconds.
const DELAY: i32 = 50;
/// On Linux, handing out each frame at once means a ring of slots, each as large as the longest frame: 64 MiB
/// hold 256 frames of any size. Without it frames are packed, and come at most [`DELAY`] later.
const IMMEDIATE: bool = !cfg!(target_os = "linux");
/// Nanoseconds are had everywhere on Linux; elsewhere libpcap may silently stay with microseconds.
const PRECISION: Precision =
    if cfg!(target_os = "linux") { Precision::Nano } else { Precision::Micro };
/// Nanoseconds of a unit of the fraction.
const TICK: i64 = if cfg!(target_os = "linux") { 1 } else { 1000 };
