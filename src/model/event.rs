//! The timeline: what a person would write down while watching.

use std::ops::Deref;

use crate::base::addr::Dir;
use crate::base::frame::Mark;

/// Which protocol an event belongs to, for filters and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// TCP of the control connection.
    Tcp,
    /// A PPTP control message.
    Control,
    /// LCP.
    Lcp,
    /// PAP, CHAP or EAP.
    Authentication,
    /// CCP.
    Ccp,
    /// IPCP, IPV6CP and the other network control protocols.
    Network,
    /// First user data of a direction.
    Data,
    /// An ICMP error.
    Icmp,
    /// Something that fits nowhere else.
    Other,
}

/// One event.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// When and where.
    pub mark: Mark,
    /// Which way; an ICMP error is shown as sent to its receiver.
    pub dir: Dir,
    /// Index of the call, where the event belongs to one.
    pub call: Option<u8>,
    /// Protocol.
    pub kind: Kind,
    /// Name of the message in the specification's words: `LCP Configure-Request`.
    pub label: &'static str,
    /// Where its words stand in the timeline's text.
    words: (u32, u32),
}

impl Event {
    /// An event without words.
    #[must_use]
    pub const fn new(
        mark: Mark,
        dir: Dir,
        call: Option<u8>,
        kind: Kind,
        label: &'static str,
    ) -> Self {
        Self { mark, dir, call, kind, label, words: (0, 0) }
    }
}

/// Events in capture order, with their words in one text: there are dozens in each conversation, and an
/// allocation for each would be most of what a conversation costs.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    events: Vec<Event>,
    text: String,
}

impl Timeline {
    /// Adds an event; `words`: identifier and fields that matter.
    pub fn push(&mut self, mut event: Event, words: &str) {
        let from = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let length = u32::try_from(words.len()).unwrap_or(u32::MAX);
        self.text.push_str(words);
        event.words = (from, length);
        self.events.push(event);
    }

    /// Identifier and fields that matter, of an event of this timeline. May come from a peer: make it
    /// visible before printing.
    #[must_use]
    pub fn words(&self, event: &Event) -> &str {
        let (from, length) = (event.words.0 as usize, event.words.1 as usize);
        self.text.get(from..from + length).unwrap_or_default()
    }

    /// Turns the directions of all events.
    pub(super) fn flip(&mut self) {
        for event in &mut self.events {
            event.dir = event.dir.flip();
        }
    }
}

impl Deref for Timeline {
    type Target = [Event];

    fn deref(&self) -> &[Event] {
        &self.events
    }
}
