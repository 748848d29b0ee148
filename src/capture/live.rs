//! Frames straight from the network interfaces of this machine, through libpcap.
//!
//! libpcap may be absent when the program is built (`build.rs` sets `have_libpcap`): then all this says
//! [`LiveError::NotBuilt`]. It is used nowhere but here; capture files are read without it.
//!
//! A [`Sniffer`] waits with poll(2), never inside libpcap: a read of an idle interface there may never
//! return. An interface that goes down, or away, is waited for.

#[cfg(not(have_libpcap))]
mod absent;
#[cfg(have_libpcap)]
mod devices;
mod error;
pub mod filter;
#[cfg(have_libpcap)]
mod handle;
#[cfg(have_libpcap)]
mod link_type;
#[cfg(have_libpcap)]
mod sniffer;

use std::net::IpAddr;

#[cfg(not(have_libpcap))]
use self::absent as source;
#[cfg(have_libpcap)]
use self::devices as source;

#[cfg(not(have_libpcap))]
pub use absent::Sniffer;
pub use error::LiveError;
#[cfg(have_libpcap)]
pub use sniffer::Sniffer;

use crate::base::frame::Frame;

/// The name under which libpcap has all interfaces at once (Linux only).
pub const ANY: &str = "any";

/// The interfaces that can be listened on: first those that are up and have addresses, in the order of
/// their numbers; [`ANY`] last. It needs no rights.
pub fn interfaces() -> Result<Vec<Interface>, LiveError> {
    source::interfaces()
}

/// A network interface. Its texts come from the system: make them visible before printing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// As `ip link` shows it.
    pub name: String,
    /// Number that the system gives it; `None` of [`ANY`].
    pub index: Option<u32>,
    /// What libpcap knows besides, may be empty.
    pub description: String,
    /// IPv4 and IPv6 addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether anything can come in.
    pub state: InterfaceState,
    /// The machine's way to itself.
    pub loopback: bool,
    /// Radio.
    pub wireless: bool,
}

/// Whether anything can come in on an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InterfaceState {
    /// Up, and the link is there.
    Running,
    /// Up, but without a cable, a network or a peer.
    Up,
    /// Switched off; listening on it fails until it is up.
    Down,
}

impl InterfaceState {
    /// `running`, `up` or `down`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// What to listen to, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Name of an interface, its number, or [`ANY`].
    pub interface: String,
    /// TCP control ports besides 1723.
    pub ports: Vec<u16>,
    /// A filter in the language of libpcap that frames must pass besides ours, see [`filter`].
    pub filter: Option<String>,
    /// Octets that the kernel may hold until they are read.
    pub buffer: u32,
    /// Octets that are taken of a frame; 0: all.
    pub snap_length: u32,
    /// Ask the card for frames to other machines too, as from a mirror port. Not possible on [`ANY`].
    pub promiscuous: bool,
}

impl Settings {
    /// Everything that can matter on an interface, whole, with a buffer of 64 MiB.
    #[must_use]
    pub fn new(interface: impl Into<String>) -> Self {
        Self {
            interface: interface.into(),
            ports: Vec::new(),
            filter: None,
            buffer: BUFFER,
            snap_length: 0,
            promiscuous: true,
        }
    }
}

/// What became of waiting.
#[derive(Debug)]
pub enum Heard<'a> {
    /// A frame; lent until the next call.
    Frame(Frame<'a>),
    /// Nothing in the time given, or a signal came.
    Quiet,
    /// The interface went down or away. It is waited for: go on calling.
    Gone,
    /// The interface is there again.
    Back,
}

/// Frames that came and frames that were lost, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// Frames that passed the filter.
    pub received: u64,
    /// Lost because the buffer was full: the machine, or this program, was too slow.
    pub dropped_kernel: u64,
    /// Lost by the card or its driver.
    pub dropped_interface: u64,
}

const BUFFER: u32 = 64 << 20;

#[cfg(test)]
impl Interface {
    /// One as tests have it; `lo` is the loopback.
    pub(crate) fn of_test(
        name: &str,
        index: Option<u32>,
        state: InterfaceState,
        addresses: &[&str],
    ) -> Self {
        Self {
            name: name.to_owned(),
            index,
            description: String::new(),
            addresses: addresses.iter().map(|a| a.parse().unwrap()).collect(),
            state,
            loopback: name == "lo",
            wireless: false,
        }
    }
}
