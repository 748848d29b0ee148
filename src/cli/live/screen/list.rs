//! Which rows are shown, in which order, and which of them is chosen.

use std::cmp::Ordering;

use super::board::Board;
use super::row::Row;

/// The list of rows.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) sort: Sort,
    /// Only what somebody must do something about.
    pub(super) faults: bool,
    /// As typed.
    pub(super) filter: String,
    /// The row that is chosen; none: the first one, whichever that is.
    chosen: Option<u32>,
    ids: Vec<u32>,
    /// The first row on the screen.
    top: usize,
}

/// An order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    /// The worst first, of these the newest trouble.
    #[default]
    Trouble,
    /// The newest conversation first.
    Newest,
    Client,
    User,
    /// Silent longest, those that ended last.
    Idle,
}

impl Sort {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Trouble => "trouble",
            Self::Newest => "newest",
            Self::Client => "client",
            Self::User => "user",
            Self::Idle => "idle",
        }
    }

    pub(super) const fn next(self) -> Self {
        match self {
            Self::Trouble => Self::Newest,
            Self::Newest => Self::Client,
            Self::Client => Self::User,
            Self::User => Self::Idle,
            Self::Idle => Self::Trouble,
        }
    }

    fn order(self, a: &Row, b: &Row) -> Ordering {
        let newest = b.id.cmp(&a.id);
        match self {
            Self::Trouble => b.health.cmp(&a.health).then(b.since.cmp(&a.since)).then(newest),
            Self::Newest => newest,
            Self::Client => a.address.cmp(&b.address).then(newest),
            // Those without a name last.
            Self::User => {
                let none = a.user.is_none().cmp(&b.user.is_none());
                none.then_with(|| a.user.cmp(&b.user)).then(newest)
            }
            Self::Idle => a.ended.cmp(&b.ended).then(a.newest.cmp(&b.newest)).then(newest),
        }
    }
}

impl List {
    /// Chooses and sorts the rows anew.
    pub(super) fn arrange(&mut self, board: &Board) {
        let text = self.filter.to_lowercase();
        let kept = |row: &&Row| (!self.faults || row.health.is_bad()) && row.matches(&text);
        let mut rows: Vec<&Row> = board.rows().filter(kept).collect();
        rows.sort_unstable_by(|a, b| self.sort.order(a, b));
        self.ids = rows.into_iter().map(|row| row.id).collect();
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The chosen row.
    pub(super) fn chosen(&self) -> Option<u32> {
        self.ids.get(self.position()).copied()
    }

    /// Moves the choice by so many rows. At the upper end it stays with whatever is first.
    pub(super) fn step(&mut self, rows: isize) {
        let to = self.position().saturating_add_signed(rows).min(self.ids.len().saturating_sub(1));
        self.chosen = if to == 0 { None } else { self.ids.get(to).copied() };
    }

    /// Back to the first row.
    pub(super) fn home(&mut self) {
        self.chosen = None;
    }

    /// The rows for so many lines, the chosen one among them, and which of them that is.
    pub(super) fn window(&mut self, lines: usize) -> (&[u32], usize) {
        let at = self.position();
        let last = self.ids.len().saturating_sub(lines);
        self.top = self.top.min(at).max((at + 1).saturating_sub(lines)).min(last);
        let end = self.ids.len().min(self.top + lines);
        (self.ids.get(self.top..end).unwrap_or_default(), at - self.top)
    }

    /// How many rows are above the screen, and below it, at so many lines.
    pub(super) fn hidden(&self, lines: usize) -> (usize, usize) {
        (self.top, self.ids.len().saturating_sub(self.top + lines))
    }

    fn position(&self) -> usize {
        let Some(chosen) = self.chosen else { return 0 };
        self.ids.iter().position(|id| *id == chosen).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::live::screen::tests::board;

    fn ids(sort: Sort, change: impl Fn(&mut List)) -> Vec<u32> {
        let mut list = List { sort, ..List::default() };
        change(&mut list);
        list.arrange(&board());
        list.ids
    }

    #[test]
    fn orders() {
        assert_eq!(ids(Sort::Trouble, |_| ()), [4, 5, 2, 6, 3, 1]);
        assert_eq!(ids(Sort::Newest, |_| ()), [6, 5, 4, 3, 2, 1]);
        assert_eq!(ids(Sort::Client, |_| ()), [1, 2, 3, 4, 5, 6]);
        assert_eq!(ids(Sort::User, |_| ()), [1, 2, 4, 3, 6, 5]);
        assert_eq!(ids(Sort::Idle, |_| ()).last(), Some(&5));
        let mut sort = Sort::default();
        for _ in 0..5 {
            sort = sort.next();
        }
        assert_eq!(sort, Sort::default());
    }

    #[test]
    fn filters() {
        assert_eq!(ids(Sort::Newest, |l| l.filter = "ALICE".to_owned()), [1]);
        assert_eq!(ids(Sort::Newest, |l| l.filter = "pd0002".to_owned()), [4, 2]);
        assert_eq!(ids(Sort::Newest, |l| l.filter = "198.51.100.3".to_owned()), [3]);
        assert_eq!(ids(Sort::Newest, |l| l.faults = true), [5, 4]);
    }

    #[test]
    fn the_choice_stays_with_its_conversation_and_on_the_screen() {
        let board = board();
        let mut list = List { sort: Sort::Newest, ..List::default() };
        list.arrange(&board);
        assert_eq!(list.window(3), ([6, 5, 4].as_slice(), 0));
        list.step(3);
        assert_eq!(list.window(3), ([5, 4, 3].as_slice(), 2));
        list.sort = Sort::Client;
        list.arrange(&board);
        assert_eq!((list.chosen(), list.window(3)), (Some(3), ([2, 3, 4].as_slice(), 1)));
        list.step(99);
        assert_eq!((list.chosen(), list.hidden(3)), (Some(6), (1, 2)));
        assert_eq!(list.window(3), ([4, 5, 6].as_slice(), 2));
        list.filter = "nobody".to_owned();
        list.arrange(&board);
        assert_eq!((list.chosen(), list.window(3)), (None, ([].as_slice(), 0)));
        list.filter.clear();
        list.step(-99);
        list.arrange(&board);
        assert_eq!(list.chosen(), Some(1));
    }
}
