//! What a rule says, and what the engine makes of it.

use super::Certainty;
use super::Rule;
use super::Severity;
use crate::base::frame::FrameRef;
use crate::base::frame::Mark;

/// One frame that proves something.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The frame.
    pub mark: Mark,
    /// What it shows. May hold text from the wire.
    pub text: String,
    /// Whether this frame is the culprit, as against the frames that lead there.
    pub culprit: bool,
}

/// What a check returns when its fault is there.
#[derive(Clone, Debug)]
pub struct Hit {
    /// How sure.
    pub certainty: Certainty,
    /// One line about this case.
    pub summary: String,
    /// What happened here, with the numbers of this case; what is inferred is said to be.
    pub detail: String,
    /// Frames, in the order in which they should be read.
    pub evidence: Vec<Evidence>,
    /// Overrides the rule's severity.
    pub severity: Option<Severity>,
    /// A side said it in so many words (result code, Terminate text, ICMP): outranks a silence.
    pub explicit: bool,
    /// What this capture cannot decide, and where or how to capture instead.
    pub missing: Option<String>,
    /// What the user saw in this very case, where the packets tell; comes before the page's list.
    pub client_saw: Vec<String>,
    /// Numbers of the conversations that it takes, where it takes several.
    pub conversations: Vec<u32>,
}

impl Hit {
    /// A hit without evidence so far.
    #[must_use]
    pub fn new(certainty: Certainty, summary: impl Into<String>) -> Self {
        Self {
            certainty,
            summary: summary.into(),
            detail: String::new(),
            evidence: Vec::new(),
            severity: None,
            explicit: false,
            missing: None,
            client_saw: Vec::new(),
            conversations: Vec::new(),
        }
    }

    /// Names the conversations that it takes.
    #[must_use]
    pub fn in_conversations(mut self, ids: impl IntoIterator<Item = u32>) -> Self {
        self.conversations = ids.into_iter().collect();
        self.conversations.sort_unstable();
        self.conversations.dedup();
        self
    }

    /// Adds the paragraph of details.
    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = text.into();
        self
    }

    /// Adds a frame.
    #[must_use]
    pub fn frame(mut self, mark: Mark, text: impl Into<String>) -> Self {
        self.evidence.push(Evidence { mark, text: text.into(), culprit: false });
        self
    }

    /// Adds the frame that is to blame.
    #[must_use]
    pub fn culprit(mut self, mark: Mark, text: impl Into<String>) -> Self {
        self.evidence.push(Evidence { mark, text: text.into(), culprit: true });
        self
    }

    /// Adds a frame if there is one.
    #[must_use]
    pub fn frame_if(self, mark: Option<Mark>, text: impl Into<String>) -> Self {
        match mark {
            Some(m) => self.frame(m, text),
            None => self,
        }
    }

    /// Marks it as said by a side in so many words.
    #[must_use]
    pub fn explicit(mut self) -> Self {
        self.explicit = true;
        self
    }

    /// Says what is missing and where to capture instead.
    #[must_use]
    pub fn missing(mut self, text: impl Into<String>) -> Self {
        self.missing = Some(text.into());
        self
    }

    /// Says what the user saw, as the packets tell it.
    #[must_use]
    pub fn saw(mut self, text: impl Into<String>) -> Self {
        self.client_saw.push(text.into());
        self
    }
}

/// A rule that fired on a conversation.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// Severity.
    pub severity: Severity,
    /// Certainty.
    pub certainty: Certainty,
    /// One line.
    pub summary: String,
    /// Details of this case.
    pub detail: String,
    /// What the user saw in this very case; what users see in general, the fix and the sources are
    /// [`Rule::advice`].
    pub client_saw: Vec<String>,
    /// Proof.
    pub evidence: Vec<Evidence>,
    /// What the capture cannot decide.
    pub missing: Option<String>,
    /// Rules that fired too and are consequences of this one, or less specific views of it.
    pub explains: Vec<&'static str>,
    /// Numbers of the conversations that it takes, where it takes several.
    pub conversations: Vec<u32>,
    /// A side said it in so many words, as against a conclusion from silence.
    pub explicit: bool,
}

impl Finding {
    /// A Wireshark display filter for the evidence in one capture; empty without evidence there.
    #[must_use]
    pub fn filter(&self, capture: u32) -> String {
        let frames = self.evidence.iter().map(|e| e.mark.frame);
        display_filter(frames.filter(|f| f.capture() == capture).map(FrameRef::number))
    }
}

/// A Wireshark display filter for frames of one capture; empty for none.
#[must_use]
pub fn display_filter(frames: impl Iterator<Item = u64>) -> String {
    let mut frames: Vec<u64> = frames.collect();
    frames.sort_unstable();
    frames.dedup();
    if frames.is_empty() {
        return String::new();
    }
    let list: Vec<String> = frames.iter().map(u64::to_string).collect();
    format!("frame.number in {{{}}}", list.join(","))
}
