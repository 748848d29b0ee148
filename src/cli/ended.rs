//! Conversations that are over, kept for the report at the end.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use crate::report::Rank;
use crate::report::view::Conversation;
use crate::report::view::Note;
use crate::report::view::Rest;
use crate::report::view::Summary;
use crate::rules::Severity;

/// What is kept, and totals of what is not.
#[derive(Debug)]
pub(super) struct Ended {
    kept: Kept,
    left_out: Summary,
    rest: Rest,
}

#[derive(Debug)]
enum Kept {
    /// The newest. Where they are bounded, or memory runs short, those without a fault go first, the oldest
    /// before the others.
    Newest { faulty: Queue, others: Queue, most: usize, added: u64 },
    /// Those that a report tells in detail; the others are counted by the way they ended.
    Worst { kept: BTreeMap<Rank, Conversation>, most: usize },
}

/// Conversations, each with its place among all.
type Queue = VecDeque<(u64, Conversation)>;

/// What the report at the end is made of.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) conversations: Vec<Conversation>,
    /// Totals of those that are not among them.
    pub(super) left_out: Summary,
    /// Those of them of which a report tells how many ended in which way.
    pub(super) rest: Rest,
    /// What is to be said where some are told neither way.
    pub(super) note: Option<Note>,
}

impl Ended {
    /// Keeps up to `most` with faults, and as many without: the newest.
    pub(super) fn newest(most: usize) -> Self {
        let (faulty, others) = (VecDeque::new(), VecDeque::new());
        Self::of(Kept::Newest { faulty, others, most, added: 0 })
    }

    /// Keeps the `most` that a report begins with, and counts the others.
    pub(super) fn worst(most: usize) -> Self {
        Self::of(Kept::Worst { kept: BTreeMap::new(), most })
    }

    fn of(kept: Kept) -> Self {
        Self { kept, left_out: Summary::default(), rest: Rest::default() }
    }

    /// Takes one more.
    pub(super) fn add(&mut self, c: Conversation) {
        match &mut self.kept {
            Kept::Newest { faulty, others, most, added } => {
                *added += 1;
                let list = if c.worst() == Some(Severity::Fault) { faulty } else { others };
                list.push_back((*added, c));
                if list.len() > *most
                    && let Some((_, oldest)) = list.pop_front()
                {
                    self.left_out.add(&oldest);
                }
            }
            Kept::Worst { kept, most } => {
                kept.insert(Rank::of(&c), c);
                if kept.len() > *most
                    && let Some((_, least)) = kept.pop_last()
                {
                    self.count(&least);
                }
            }
        }
    }

    /// Counts one without keeping it, if that is what would become of it: its outline shows. Returns whether
    /// that was so; if not, add it.
    pub(super) fn counts(&mut self, outline: impl FnOnce() -> Conversation) -> bool {
        let Kept::Worst { kept, most } = &self.kept else { return false };
        let Some((least, _)) = kept.last_key_value().filter(|_| kept.len() >= *most) else {
            return false;
        };
        let outline = outline();
        let is_told = Rank::of(&outline) < *least;
        if !is_told {
            self.count(&outline);
        }
        !is_told
    }

    fn count(&mut self, c: &Conversation) {
        self.left_out.add(c);
        self.rest.add(c);
    }

    /// Makes room: lets go of the older half of those without a fault; where there are few, of the others.
    pub(super) fn shed(&mut self) {
        let Kept::Newest { faulty, others, .. } = &mut self.kept else { return };
        let list = if others.len() >= FEW { others } else { faulty };
        let half = list.len().div_ceil(2);
        for (_, c) in list.drain(..half) {
            self.left_out.add(&c);
        }
        list.shrink_to_fit();
    }

    /// All that are kept, in the order in which they came or the worst first, and what is to be said of the
    /// others.
    pub(super) fn take(self) -> Told {
        let Self { kept, left_out, rest } = self;
        let note = (left_out.conversations > 0 && rest.is_empty()).then(|| {
            let text = format!(
                "{} conversations are counted but not told one by one, to keep within memory: the oldest, \
                 those without a fault first",
                left_out.conversations
            );
            Note::new("conversations-left-out", &text)
        });
        let conversations = match kept {
            Kept::Newest { faulty, mut others, .. } => {
                others.extend(faulty);
                others.make_contiguous().sort_by_key(|(place, _)| *place);
                others.into_iter().map(|(_, c)| c).collect()
            }
            Kept::Worst { kept, .. } => kept.into_values().collect(),
        };
        Told { conversations, left_out, rest, note }
    }
}

/// Below this, letting go of conversations without a fault frees next to nothing.
const FEW: usize = 64;
