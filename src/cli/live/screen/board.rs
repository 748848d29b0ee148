//! What the screen knows: a row for each conversation that is open or ended not long ago, the newest events,
//! and counts. All of it is bounded, however long a capture runs.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::rc::Rc;

use super::news::Piece;
use super::row::Row;
use crate::base::time::Timestamp;
use crate::report::event::Event;
use crate::report::view::Conversation;

/// What the screen knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Board {
    rows: BTreeMap<u32, Row>,
    /// Those that are closed, the oldest first.
    closed: VecDeque<u32>,
    /// Messages that are kept of them.
    messages: usize,
    /// The newest first.
    news: VecDeque<Piece>,
    /// Events ever.
    events: u64,
    /// Conversations that are closed, ever, and those of them that failed.
    gone: u64,
    gone_failed: u64,
}

/// Conversations, ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) open: u64,
    pub(super) ended: u64,
    /// Of the ended ones.
    pub(super) failed: u64,
}

impl Board {
    /// Takes a piece of news.
    pub(super) fn hear(&mut self, event: &Event, c: Option<&Conversation>) {
        self.events += 1;
        if let Some(c) = c {
            self.rows.entry(c.id).or_insert_with(|| Row::new(c)).hear(event, c);
        }
        if let Some(piece) = Piece::of(event) {
            self.news.push_front(piece);
            self.news.truncate(NEWS);
        }
    }

    /// Takes a conversation of which nothing more will come.
    pub(super) fn close(&mut self, c: &Conversation) {
        let row = self.rows.entry(c.id).or_insert_with(|| Row::new(c));
        row.close(Rc::new(c.clone()));
        self.gone += 1;
        self.gone_failed += u64::from(row.failed());
        self.closed.push_back(c.id);
        self.messages += c.timeline.len();
        while self.closed.len() > CLOSED {
            self.forget_oldest();
        }
        let mut n = 0;
        while self.messages > MESSAGES
            && let Some(id) = self.closed.get(n)
        {
            let whole = self.rows.get_mut(id).and_then(|row| row.whole.as_mut());
            if let Some(whole) = whole.filter(|whole| !whole.timeline.is_empty()) {
                self.messages -= whole.timeline.len();
                Rc::make_mut(whole).timeline = Vec::new();
            }
            n += 1;
        }
    }

    /// Brings open conversations up to date: number, newest packet, whether the end was told.
    pub(super) fn refresh(&mut self, open: impl Iterator<Item = (u32, Timestamp, bool)>) {
        for (id, newest, ended) in open {
            if let Some(row) = self.rows.get_mut(&id) {
                row.newest = row.newest.max(newest);
                row.ended = ended;
            }
        }
    }

    /// Lets go of the older half of what is closed.
    pub(super) fn shed(&mut self) {
        for _ in 0..self.closed.len().div_ceil(2) {
            self.forget_oldest();
        }
    }

    pub(super) fn row(&self, id: u32) -> Option<&Row> {
        self.rows.get(&id)
    }

    /// In the order in which they began.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    /// The newest first.
    pub(super) fn news(&self) -> impl Iterator<Item = &Piece> {
        self.news.iter()
    }

    /// Events ever.
    pub(super) fn events(&self) -> u64 {
        self.events
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts { open: 0, ended: self.gone, failed: self.gone_failed };
        for row in self.rows.values().filter(|row| row.whole.is_none()) {
            counts.open += u64::from(!row.ended);
            counts.ended += u64::from(row.ended);
            counts.failed += u64::from(row.failed());
        }
        counts
    }

    fn forget_oldest(&mut self) {
        let Some(id) = self.closed.pop_front() else { return };
        if let Some(whole) = self.rows.remove(&id).and_then(|row| row.whole) {
            self.messages -= whole.timeline.len();
        }
    }
}

/// Conversations that stay in the table after their end.
const CLOSED: usize = 1000;
/// Messages kept of them, all together: some 20 MiB.
const MESSAGES: usize = 100_000;
/// Events to be read.
const NEWS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::live::screen::tests::mirror;
    use crate::cli::live::screen::tests::news_of;
    use crate::model::conversation::Outcome;
    use crate::report::event::What;

    #[test]
    fn what_is_kept_of_the_past_is_bounded() {
        let mut board = Board::default();
        for id in 1..=5000 {
            let c = mirror(id, Outcome::Failed, 200);
            board.hear(&news_of(&c, What::Began), Some(&c));
            board.close(&c);
        }
        let c = mirror(5001, Outcome::Unknown, 1);
        board.hear(&news_of(&c, What::Began), Some(&c));
        assert_eq!(board.rows().count(), CLOSED + 1);
        assert_eq!(board.news().count(), NEWS);
        assert_eq!(board.counts(), Counts { open: 1, ended: 5000, failed: 5000 });
        let kept = |row: &Row| row.whole.as_ref().map_or(0, |c| c.timeline.len());
        let messages: usize = board.rows().map(kept).sum();
        assert_eq!((messages, board.messages), (MESSAGES, MESSAGES));
        assert!(kept(board.row(5000).unwrap()) == 200 && kept(board.row(4001).unwrap()) == 0);
        board.shed();
        assert_eq!(board.rows().count(), CLOSED / 2 + 1);
        assert_eq!(board.events(), 5001);
    }

    #[test]
    fn a_conversation_that_goes_on_after_its_end_is_open_again() {
        let mut board = Board::default();
        let c = mirror(1, Outcome::Failed, 1);
        board.hear(&news_of(&c, What::Ended { primary: None }), Some(&c));
        assert_eq!(board.counts(), Counts { open: 0, ended: 1, failed: 1 });
        let later = Timestamp(i64::MAX);
        board.refresh([(1, later, false), (2, later, false)].into_iter());
        assert_eq!(board.counts(), Counts { open: 1, ended: 0, failed: 0 });
        assert_eq!(board.row(1).unwrap().newest, later);
    }
}
