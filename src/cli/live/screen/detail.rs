//! All of one conversation, as the report tells it, to be read page by page.

use std::rc::Rc;

use ratatui::text::Line;

use super::ink::Ink;
use crate::report::style::Style;
use crate::report::text;
use crate::report::view::Conversation;

/// A conversation that is read.
#[derive(Debug)]
pub(super) struct Detail {
    pub(super) id: u32,
    /// As it was when it was taken.
    pub(super) whole: Option<Rc<Conversation>>,
    /// First line on the screen.
    scroll: usize,
    lines: Vec<Line<'static>>,
    /// For how many columns the lines are.
    columns: usize,
    /// Lines on the screen.
    height: usize,
}

impl Detail {
    pub(super) fn new(id: u32) -> Self {
        Self { id, whole: None, scroll: 0, lines: Vec::new(), columns: 0, height: 1 }
    }

    /// Takes it as it is now.
    pub(super) fn set(&mut self, whole: Rc<Conversation>) {
        self.whole = Some(whole);
        self.columns = 0;
    }

    /// Whether this is what it holds.
    pub(super) fn holds(&self, whole: &Rc<Conversation>) -> bool {
        self.whole.as_ref().is_some_and(|held| Rc::ptr_eq(held, whole))
    }

    /// The lines for a part of the screen, and where they stand: first, last, of all.
    pub(super) fn page(
        &mut self,
        columns: usize,
        height: usize,
        style: Style,
    ) -> (&[Line<'static>], [usize; 3]) {
        if columns != self.columns {
            self.columns = columns;
            self.lines = match &self.whole {
                Some(c) => rendered(c, columns, style),
                None => vec![Line::from("it is not kept any more")],
            };
        }
        self.height = height.max(1);
        self.scroll = self.scroll.min(self.furthest());
        let end = self.lines.len().min(self.scroll + height);
        let place = [(self.scroll + 1).min(end), end, self.lines.len()];
        (self.lines.get(self.scroll..end).unwrap_or_default(), place)
    }

    /// By so many lines.
    pub(super) fn scroll(&mut self, lines: isize) {
        self.scroll = self.scroll.saturating_add_signed(lines).min(self.furthest());
    }

    /// By so many pages, one line of the last one kept.
    pub(super) fn turn(&mut self, pages: isize) {
        let page = isize::try_from(self.height.saturating_sub(1).max(1)).unwrap_or(1);
        self.scroll(page.saturating_mul(pages));
    }

    /// To the ladder of messages.
    pub(super) fn messages(&mut self) {
        let at = self.lines.iter().rposition(|line| line.to_string().trim() == "Messages");
        self.scroll = at.unwrap_or(self.scroll).min(self.furthest());
    }

    fn furthest(&self) -> usize {
        self.lines.len().saturating_sub(self.height)
    }
}

fn rendered(c: &Conversation, columns: usize, style: Style) -> Vec<Line<'static>> {
    let style = Style { width: columns, verbose: true, ..style };
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _ = text::one(c, &style, &mut out);
    Ink::lines(&String::from_utf8_lossy(&out), columns)
}
