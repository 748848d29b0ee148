//! Who shows a live capture: lines, objects, or a full screen.

use std::io;

use super::session::Session;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::report::event::Event;
use crate::report::view::Conversation;

/// What the user wants now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nothing but to go on.
    GoOn,
    /// To end, with the report.
    End,
}

/// What can be read off a running capture.
#[derive(Clone, Debug, Default)]
pub(super) struct Meters {
    pub(super) interface: String,
    /// Since when the interface is away.
    pub(super) gone: Option<Timestamp>,
    /// Capture time.
    pub(super) now: Timestamp,
    pub(super) running: Span,
    pub(super) frames: u64,
    /// Packets lost before they could be read.
    pub(super) dropped: u64,
    /// Octets in use, where they are counted.
    pub(super) memory: Option<u64>,
}

/// Shows a live capture.
pub(super) trait Show {
    /// A piece of news; `conversation`: all of the one that it is about.
    fn event(&mut self, event: &Event, conversation: Option<&Conversation>) -> io::Result<()>;

    /// A conversation of which nothing more will come, with its messages where [`Show::messages`] says so.
    fn closed(&mut self, conversation: &Conversation) -> io::Result<()>;

    /// Whether the messages of conversations that are over are wanted.
    fn messages(&self) -> bool {
        false
    }

    /// Lets go of what can be spared: memory runs short.
    fn shed(&mut self) {}

    /// Called several times a second, whether there is news or not.
    fn beat(&mut self, session: &mut Session<'_>) -> io::Result<Wish>;
}
