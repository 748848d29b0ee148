//! Events for the lower pane: what somebody should see, each in a line.

use crate::base::time::Timestamp;
use crate::model::conversation::Stage;
use crate::report::event::Event;
use crate::report::event::What;
use crate::rules::Severity;

/// An event.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) at: Timestamp,
    pub(super) tone: Tone,
    /// Whose it is, in short and at length; empty where it is about the capture.
    pub(super) who: [String; 2],
    pub(super) words: String,
}

/// What it means for those who read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Quiet,
    Good,
    Doubt,
    Bad,
}

impl Piece {
    /// `None` where the table says it better: steps on the way.
    pub(super) fn of(event: &Event) -> Option<Self> {
        let of = event.conversation.as_ref();
        let tone = match &event.what {
            What::Began => Tone::Quiet,
            What::Reached if of.is_some_and(|c| c.stage == Stage::Connected.name()) => Tone::Good,
            What::Reached => return None,
            What::Found { finding, .. } => match finding.severity {
                Severity::Fault => Tone::Bad,
                Severity::Warning => Tone::Doubt,
                Severity::Notice => Tone::Quiet,
            },
            What::Withdrawn { .. } | What::Note { .. } => Tone::Doubt,
            What::Ended { .. } => Tone::Quiet,
        };
        let who = of.map_or_else(Default::default, |c| {
            let short = c.user.as_ref().unwrap_or(&c.client);
            let user = c.user.as_ref().map_or_else(String::new, |u| format!(" ({u})"));
            [format!("#{} {short}", c.id), format!("#{} {} → {}{user}", c.id, c.client, c.server)]
        });
        Some(Self { at: event.at(), tone, who, words: event.words() })
    }
}
