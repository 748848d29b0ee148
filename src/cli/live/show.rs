//! Who shows a live capture: lines, objects, or a full screen.

use std::io;

use super::session::Session;
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

/// Shows a live capture.
pub(super) trait Show {
    /// A piece of news; `conversation`: all of the one that it is about.
    fn event(&mut self, event: &Event, conversation: Option<&Conversation>) -> io::Result<()>;

    /// A conversation of which nothing more will come.
    fn closed(&mut self, conversation: &Conversation) -> io::Result<()>;

    /// Called several times a second, whether there is news or not.
    fn beat(&mut self, session: &mut Session<'_>) -> io::Result<Wish>;
}
