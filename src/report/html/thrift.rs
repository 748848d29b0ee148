//! What a page leaves out so that a browser opens it at once, however many conversations it has.

use std::collections::HashMap;
use std::collections::HashSet;

use crate::model::conversation::Outcome;
use crate::report::view::Conversation;
use crate::report::view::Finding;

/// Keeps account of what the page has told already.
pub(super) struct Thrift {
    /// Whether there are so many conversations that the page must save.
    many: bool,
    /// Messages that may still be drawn.
    drawable: usize,
    /// Charts that may still be drawn.
    charts: usize,
    /// Conversations with a section of their own.
    sections: HashSet<u32>,
    /// Conversation that told a rule's advice, by the advice.
    advice: HashMap<String, u32>,
}

/// What to do with the messages of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drawing {
    /// Draw them, in sight at once or folded away.
    Draw { open: bool },
    /// The page would become too large.
    TooMany,
    /// There is no trouble to be seen.
    Needless,
}

impl Thrift {
    /// For these conversations, in the order of the page.
    pub(super) fn new(ranked: &[&Conversation]) -> Self {
        let many = ranked.len() > FEW;
        let told = ranked.iter().filter(|c| !many || in_trouble(c)).take(TOLD);
        Self {
            many,
            drawable: DRAWN,
            charts: CHARTS,
            sections: told.map(|c| c.id).collect(),
            advice: HashMap::new(),
        }
    }

    /// Whether a conversation gets a section of its own; the others have their line in the table.
    pub(super) fn tells(&self, c: &Conversation) -> bool {
        self.sections.contains(&c.id)
    }

    /// Whether its messages are drawn; those that are count.
    pub(super) fn draws(&mut self, c: &Conversation) -> Drawing {
        if self.many && !in_trouble(c) {
            return Drawing::Needless;
        }
        match self.drawable.checked_sub(c.timeline.len().min(LONGEST)) {
            Some(left) => {
                self.drawable = left;
                Drawing::Draw { open: self.sections.len() <= OPEN && in_trouble(c) }
            }
            None => Drawing::TooMany,
        }
    }

    /// Whether a call of it gets a chart of its traffic; those that do count.
    pub(super) fn charts(&mut self, c: &Conversation) -> bool {
        if self.many && !in_trouble(c) {
            return false;
        }
        let left = self.charts.checked_sub(1);
        self.charts = left.unwrap_or(0);
        left.is_some()
    }

    /// The conversation that gave the same advice already, on a page that must save; else this one is
    /// remembered.
    pub(super) fn same_advice(&mut self, f: &Finding, conversation: u32) -> Option<u32> {
        if !self.many {
            return None;
        }
        let mut advice = f.rule.to_string();
        for text in f.fix.iter().map(|s| &s.text).chain(&f.client_sees).chain(&f.references) {
            advice.push('\n');
            advice.push_str(text);
        }
        let first = *self.advice.entry(advice).or_insert(conversation);
        (first != conversation).then_some(first)
    }
}

/// Whether it failed, is unknown, or has a finding beyond a notice.
pub(super) fn in_trouble(c: &Conversation) -> bool {
    c.outcome != Outcome::Connected || c.trouble().is_some()
}

/// Messages of one conversation that are drawn; of longer ones the first, the last and those of findings.
pub(super) const LONGEST: usize = 400;
/// Up to this many conversations are all told in full.
const FEW: usize = 50;
/// Conversations that have a section of their own.
const TOLD: usize = 600;
/// Messages drawn on the whole page, some 400 octets each.
const DRAWN: usize = 4000;
/// Charts on the whole page, up to some 4 KiB each.
const CHARTS: usize = 200;
/// Up to this many conversations show their messages at once.
const OPEN: usize = 3;
