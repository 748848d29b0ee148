//! The timeline: what a person would write down while watching.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Deref;
use std::ops::Range;

use super::negotiation::Opt;
use super::negotiation::OptList;
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
    words: Kept,
}

/// Identifier and fields that matter, of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words<'a> {
    /// As they are.
    Text(Cow<'a, str>),
    /// Of a packet of the LCP family: they are put into words when somebody asks for them.
    Packet {
        /// Its identifier.
        id: u8,
        /// Options of a Configure packet.
        options: OptList,
    },
}

impl<'a> From<&'a str> for Words<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Words<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

/// Where the words of an event stand in its timeline.
#[derive(Clone, Copy, Debug)]
enum Kept {
    /// In the text: first octet and length.
    Text(u32, u32),
    /// Identifier; among the options, the first and how many.
    Packet(u8, u32, u16),
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
        Self { mark, dir, call, kind, label, words: Kept::Text(0, 0) }
    }
}

/// Events in capture order, with their words in one text, and those of negotiations not yet in words: there are
/// dozens in each conversation, few of which are ever shown.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    events: Vec<Event>,
    text: String,
    options: Vec<Opt>,
}

impl Timeline {
    /// Adds an event with what it says.
    pub fn push<'a>(&mut self, mut event: Event, words: impl Into<Words<'a>>) {
        event.words = match words.into() {
            Words::Text(text) => {
                let from = short(self.text.len());
                self.text.push_str(&text);
                Kept::Text(from, short(text.len()))
            }
            Words::Packet { id, options } => {
                let from = short(self.options.len());
                self.options.extend_from_slice(&options);
                Kept::Packet(id, from, u16::try_from(options.len()).unwrap_or(u16::MAX))
            }
        };
        self.events.push(event);
    }

    /// Identifier and fields that matter, of an event of this timeline. May come from a peer: make it
    /// visible before printing.
    #[must_use]
    pub fn words(&self, event: &Event) -> Cow<'_, str> {
        match event.words {
            Kept::Text(from, length) => {
                Cow::Borrowed(self.text.get(range(from, length)).unwrap_or_default())
            }
            Kept::Packet(id, from, count) => {
                let options = self.options.get(range(from, count.into())).unwrap_or_default();
                let mut words = format!("id {id}");
                for option in options {
                    // Writing to a string cannot fail.
                    let _ = write!(words, ", {option}");
                }
                Cow::Owned(words)
            }
        }
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

fn short(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn range(from: u32, length: u32) -> Range<usize> {
    from as usize..from as usize + length as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_its_own_words() {
        let mut timeline = Timeline::default();
        let event = Event::new(Mark::default(), Dir::ToServer, None, Kind::Lcp, "LCP");
        let packet = |options: &[Opt]| Words::Packet { id: 7, options: options.into() };
        timeline.push(event, "first");
        timeline.push(event, packet(&[Opt::Mru(1400), Opt::Pfc]));
        timeline.push(event, packet(&[]));
        timeline.push(event, "");
        timeline.push(event, packet(&[Opt::Magic(5)]));
        timeline.push(event, "last".to_owned());
        let words: Vec<_> = timeline.iter().map(|e| timeline.words(e)).collect();
        assert_eq!(
            words,
            ["first", "id 7, MRU 1400, PFC", "id 7", "", "id 7, magic 00000005", "last"]
        );
        // One that was never added has none.
        assert_eq!(timeline.words(&event), "");
    }
}
