//! Conversations that are over, kept for the report at the end. Where they are bounded, or memory runs short,
//! those without a fault go first, the oldest before the others; totals go on counting them.

use std::collections::VecDeque;

use crate::report::view::Conversation;
use crate::report::view::Note;
use crate::report::view::Summary;
use crate::rules::Severity;

/// What is kept.
#[derive(Debug)]
pub(super) struct Ended {
    faulty: VecDeque<Conversation>,
    others: VecDeque<Conversation>,
    /// How many of each kind are kept.
    most: usize,
    left_out: Summary,
}

impl Ended {
    /// Keeps up to `most` with faults, and as many without: the newest.
    pub(super) fn new(most: usize) -> Self {
        let (faulty, others) = (VecDeque::new(), VecDeque::new());
        Self { faulty, others, most, left_out: Summary::default() }
    }

    /// Keeps one more.
    pub(super) fn add(&mut self, c: Conversation) {
        let faulty = c.worst() == Some(Severity::Fault);
        let list = if faulty { &mut self.faulty } else { &mut self.others };
        list.push_back(c);
        if list.len() > self.most
            && let Some(oldest) = list.pop_front()
        {
            self.left_out.add(&oldest);
        }
    }

    /// Makes room: lets go of the older half of those without a fault; where there are few, of the others.
    pub(super) fn shed(&mut self) {
        let list = if self.others.len() >= FEW { &mut self.others } else { &mut self.faulty };
        let half = list.len().div_ceil(2);
        for c in list.drain(..half) {
            self.left_out.add(&c);
        }
        list.shrink_to_fit();
    }

    /// All that are kept, totals of those that are not, and a note where there are such.
    pub(super) fn take(self) -> (Vec<Conversation>, Summary, Option<Note>) {
        let left_out = self.left_out;
        let note = (left_out.conversations > 0).then(|| {
            let text = format!(
                "{} conversations are counted but not told one by one, to keep within memory: the oldest, \
                 those without a fault first",
                left_out.conversations
            );
            Note::new("conversations-left-out", &text)
        });
        let all = self.faulty.into_iter().chain(self.others).collect();
        (all, left_out, note)
    }
}

/// Below this, letting go of conversations without a fault frees next to nothing.
const FEW: usize = 64;
