//! The terminal: taken over at the start, given back at the end, whatever happens.

use std::io;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::TerminalOptions;
use ratatui::Viewport;
use ratatui::crossterm::ExecutableCommand;
use ratatui::crossterm::event;
use ratatui::crossterm::event::Event;
use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyEventKind;
use ratatui::crossterm::terminal::EnterAlternateScreen;
use ratatui::layout::Rect;

use super::desk::Desk;
use super::draw;

/// The terminal of standard input and output.
///
/// Everything that it needs is open once it is taken over: after that no file is opened by name, but where
/// the size changes, and there a refusal does no harm.
pub(super) struct Terminal {
    inner: DefaultTerminal,
    area: Rect,
}

impl Terminal {
    /// Takes it over. A panic gives it back before its message is written.
    pub(super) fn take_over() -> io::Result<Self> {
        let area = size();
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        let taken = ratatui::try_init_with_options(options).and_then(|inner| {
            io::stdout().execute(EnterAlternateScreen)?;
            // The reader of keys opens what it needs when it is asked first.
            event::poll(Duration::ZERO)?;
            Ok(inner)
        });
        match taken {
            Ok(mut inner) => {
                inner.resize(area)?;
                Ok(Self { inner, area })
            }
            Err(e) => {
                let _ = ratatui::try_restore();
                Err(e)
            }
        }
    }

    /// The next key, if one was pressed. Does not wait.
    #[allow(clippy::unused_self)] // Keys come one by one only while the terminal is taken over.
    pub(super) fn key(&mut self) -> io::Result<Option<KeyEvent>> {
        while event::poll(Duration::ZERO)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => return Ok(Some(key)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Whether the size changed since the last look.
    pub(super) fn resized(&mut self) -> io::Result<bool> {
        let area = size();
        let changed = area != self.area;
        if changed {
            self.area = area;
            self.inner.resize(area)?;
        }
        Ok(changed)
    }

    pub(super) fn draw(&mut self, desk: &mut Desk) -> io::Result<()> {
        self.inner.draw(|frame| draw::draw(frame, desk)).map(drop)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.inner.show_cursor();
        let _ = ratatui::try_restore();
    }
}

fn size() -> Rect {
    let (width, height) =
        terminal_size::terminal_size().map_or((80, 24), |(width, height)| (width.0, height.0));
    Rect::new(0, 0, width, height)
}
