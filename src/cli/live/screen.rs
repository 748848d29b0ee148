//! The full screen: all conversations at a glance, the newest events, and all of one conversation on a key.
//!
//! [`Board`](board) holds what is known, [`Desk`](desk) what the user does with it, `draw` how it
//! looks; only [`Terminal`](terminal) touches the terminal.

mod board;
mod desk;
mod detail;
mod draw;
mod ink;
mod list;
mod news;
mod row;
mod table;
mod terminal;
#[cfg(test)]
mod tests;

use std::io;
use std::rc::Rc;
use std::time::Duration;
use std::time::Instant;

use super::session::Session;
use super::show::Show;
use super::show::Wish;
use crate::report::event::Event;
use crate::report::style::Style;
use crate::report::view::Conversation;
use desk::Desk;
use terminal::Terminal;

/// Shows a live capture on the full screen.
pub(super) struct Screen {
    terminal: Terminal,
    desk: Desk,
    /// Something changed that is not on the screen yet.
    news: bool,
    drawn: Option<Instant>,
    /// When ages, meters and the conversation that is read were brought up to date.
    refreshed: Option<Instant>,
}

impl Screen {
    /// Takes the terminal over; it is given back when this is dropped. `narrowed`: what the user let through
    /// only. Must come before the process gives up the right to open files.
    pub(super) fn open(style: Style, narrowed: Option<String>) -> io::Result<Self> {
        let terminal = Terminal::take_over()?;
        let desk = Desk::new(style, narrowed);
        Ok(Self { terminal, desk, news: true, drawn: None, refreshed: None })
    }

    #[allow(clippy::disallowed_methods)] // The clock of the user who looks.
    fn turn(&mut self, session: &mut Session<'_>) -> io::Result<Wish> {
        let mut pressed = false;
        for _ in 0..KEYS {
            let Some(key) = self.terminal.key()? else { break };
            pressed = true;
            if self.desk.press(key) == Wish::End {
                return Ok(Wish::End);
            }
        }
        let now = Instant::now();
        let due = |last: Option<Instant>, pause| last.is_none_or(|last| now - last >= pause);
        let tick = due(self.refreshed, SECOND);
        if tick {
            self.refreshed = Some(now);
            self.desk.live.refresh(session.open());
            self.desk.stale = true;
        }
        self.desk.meters = session.meters();
        let many = self.desk.board().rows().nth(MANY).is_some();
        if self.news && due(self.drawn, if many { SECOND } else { DRAWN }) {
            self.desk.stale = true;
        }
        let resized = self.terminal.resized()?;
        if pressed || tick || resized || self.desk.stale {
            self.news &= !self.desk.stale;
            self.bring_detail(session, tick);
            self.terminal.draw(&mut self.desk)?;
            self.drawn = Some(now);
        }
        Ok(Wish::GoOn)
    }

    /// Brings the conversation that is read up to date.
    fn bring_detail(&mut self, session: &mut Session<'_>, tick: bool) {
        let paused = self.desk.missed().is_some();
        let Some(detail) = &mut self.desk.detail else { return };
        if detail.whole.is_some() && (paused || !tick) {
            return;
        }
        let closed = self.desk.live.row(detail.id).and_then(|row| row.whole.clone());
        let whole = closed.or_else(|| session.glimpse(detail.id).map(Rc::new));
        // One that is gone from the table stays as it was seen last.
        if let Some(whole) = whole.filter(|w| !detail.holds(w)) {
            detail.set(whole);
        }
    }
}

impl Show for Screen {
    fn event(&mut self, event: &Event, conversation: Option<&Conversation>) -> io::Result<()> {
        self.news = true;
        self.desk.live.hear(event, conversation);
        Ok(())
    }

    fn closed(&mut self, conversation: &Conversation) -> io::Result<()> {
        self.news = true;
        self.desk.live.close(conversation);
        Ok(())
    }

    fn messages(&self) -> bool {
        true
    }

    fn shed(&mut self) {
        self.desk.live.shed();
    }

    fn beat(&mut self, session: &mut Session<'_>) -> io::Result<Wish> {
        // Where the terminal is gone, the report may still go to a file.
        Ok(self.turn(session).unwrap_or(Wish::End))
    }
}

/// Keys taken at once: text that is pasted must not stop the capture.
const KEYS: usize = 64;
/// Between two drawings because of news, and because of ages.
const DRAWN: Duration = Duration::from_millis(125);
const SECOND: Duration = Duration::from_secs(1);
/// Beyond this many rows news can wait for the next second.
const MANY: usize = 5000;
