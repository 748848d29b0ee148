//! Events for the lower pane: what somebody should see, each in a line.

use crate::base::time::Timestamp;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
use crate::report::event::Event;
use crate::report::event::Of;
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
    /// `None` where the table says it better, or nobody must know at once: steps on the way, notices, and the
    /// end of what failed, for its cause was told.
    pub(super) fn of(event: &Event) -> Option<Self> {
        let of = event.conversation.as_ref();
        let tone = match &event.what {
            What::Began => Tone::Quiet,
            What::Reached if of.is_some_and(|c| c.stage == Stage::Connected.name()) => Tone::Good,
            What::Found { finding, .. } if finding.severity == Severity::Fault => Tone::Bad,
            What::Found { finding, .. } if finding.severity == Severity::Warning => Tone::Doubt,
            What::Withdrawn { .. } | What::Note { .. } => Tone::Doubt,
            What::Ended { primary } if primary.is_none() || is(of, Outcome::Connected) => {
                Tone::Quiet
            }
            What::Reached | What::Found { .. } | What::Ended { .. } => return None,
        };
        let who = of.map_or_else(Default::default, |c| {
            let short = c.user.as_ref().unwrap_or(&c.client);
            let user = c.user.as_ref().map_or_else(String::new, |u| format!(" ({u})"));
            [format!("#{} {short}", c.id), format!("#{} {} → {}{user}", c.id, c.client, c.server)]
        });
        Some(Self { at: event.at(), tone, who, words: event.words() })
    }
}

fn is(of: Option<&Of>, outcome: Outcome) -> bool {
    of.is_some_and(|c| c.outcome == outcome.name())
}
