//! Conversations that are over, kept for the report at the end: a bounded number, so that weeks fit. Of those
//! with faults and of those without the newest are kept.

use std::collections::VecDeque;

use crate::report::view::Conversation;
use crate::report::view::Note;
use crate::rules::Severity;

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Ended {
    faulty: VecDeque<Conversation>,
    others: VecDeque<Conversation>,
    left_out: u64,
}

impl Ended {
    /// Keeps one more.
    pub(super) fn add(&mut self, c: Conversation) {
        let faulty = c.worst() == Some(Severity::Fault);
        let list = if faulty { &mut self.faulty } else { &mut self.others };
        list.push_back(c);
        if list.len() > KEPT {
            list.pop_front();
            self.left_out += 1;
        }
    }

    /// Makes room: lets go of the older half.
    pub(super) fn shed(&mut self) {
        for list in [&mut self.others, &mut self.faulty] {
            let half = list.len() / 2;
            list.drain(..half);
            list.shrink_to_fit();
            self.left_out += u64::try_from(half).unwrap_or(u64::MAX);
        }
    }

    /// All that are kept, and a note where some are not.
    pub(super) fn take(&mut self) -> (Vec<Conversation>, Option<Note>) {
        let note = (self.left_out > 0).then(|| {
            let text = format!(
                "{} conversations that ended earlier are left out of this report; their events told of them",
                self.left_out
            );
            Note::new("conversations-left-out", &text)
        });
        let all = self.faulty.drain(..).chain(self.others.drain(..)).collect();
        (all, note)
    }
}

/// Of each kind.
const KEPT: usize = 5000;
