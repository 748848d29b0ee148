//! What there is of live capture in a build without libpcap: the same names, and an error.

use std::convert::Infallible;
use std::time::Duration;

use super::{Drops, Heard, Interface, LiveError, Settings};
use crate::capture::CaptureFacts;

pub(super) fn interfaces() -> Result<Vec<Interface>, LiveError> {
    Err(LiveError::NotBuilt)
}

/// Listens on an interface. In this build there is none: [`open`](Self::open) always fails.
#[derive(Debug)]
pub struct Sniffer(Infallible);

impl Sniffer {
    /// Fails with [`LiveError::NotBuilt`].
    pub fn open(_settings: &Settings) -> Result<Self, LiveError> {
        Err(LiveError::NotBuilt)
    }

    /// The next frame, or what became of waiting for one.
    pub fn next(&mut self, _wait: Duration) -> Result<Heard<'_>, LiveError> {
        match self.0 {}
    }

    /// What is known so far.
    #[must_use]
    pub fn facts(&self) -> &CaptureFacts {
        match self.0 {}
    }

    /// Frames that came and frames that were lost.
    pub fn drops(&mut self) -> Drops {
        match self.0 {}
    }
}
