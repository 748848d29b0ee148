//! What the user does: keys, and what they change. Knows nothing of a terminal.

use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyModifiers;

use super::board::Board;
use super::detail::Detail;
use super::list::List;
use crate::cli::live::show::Meters;
use crate::cli::live::show::Wish;
use crate::report::style::Style;

/// Everything on the screen.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) style: Style,
    /// What `--filter` says: the first suspect where nothing comes.
    pub(super) narrowed: Option<String>,
    pub(super) live: Board,
    pub(super) meters: Meters,
    /// What was known when the user asked for a pause.
    still: Option<(Board, Meters)>,
    pub(super) list: List,
    pub(super) detail: Option<Detail>,
    pub(super) help: bool,
    /// Keys go to the filter.
    pub(super) typing: bool,
    /// Rows of the table at the last look.
    pub(super) page: usize,
    /// The list must be arranged anew.
    pub(super) stale: bool,
}

impl Desk {
    pub(super) fn new(style: Style, narrowed: Option<String>) -> Self {
        Self {
            style,
            narrowed,
            live: Board::default(),
            meters: Meters::default(),
            still: None,
            list: List::default(),
            detail: None,
            help: false,
            typing: false,
            page: 1,
            stale: true,
        }
    }

    /// What is shown: of now, or of the moment of the pause.
    pub(super) fn board(&self) -> &Board {
        self.still.as_ref().map_or(&self.live, |(board, _)| board)
    }

    /// What is shown of the meters.
    pub(super) fn meters(&self) -> &Meters {
        self.still.as_ref().map_or(&self.meters, |(_, meters)| meters)
    }

    /// How many events came since the pause began.
    pub(super) fn missed(&self) -> Option<u64> {
        self.still.as_ref().map(|(board, _)| self.live.events() - board.events())
    }

    /// Puts the list in order, if anything changed.
    pub(super) fn arrange(&mut self) {
        if std::mem::take(&mut self.stale) {
            let board = self.still.as_ref().map_or(&self.live, |(board, _)| board);
            self.list.arrange(board);
        }
    }

    /// Takes a key.
    pub(super) fn press(&mut self, key: KeyEvent) -> Wish {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c' | 'd') => Wish::End,
                KeyCode::Char('u') if self.typing => {
                    self.list.filter.clear();
                    self.stale = true;
                    Wish::GoOn
                }
                _ => Wish::GoOn,
            };
        }
        if self.help {
            // Whatever key: the user wants to go on.
            self.help = false;
        } else if self.typing {
            self.type_in(key.code);
        } else if self.detail.is_some() {
            self.read(key.code);
        } else {
            return self.choose(key.code);
        }
        Wish::GoOn
    }

    fn type_in(&mut self, key: KeyCode) {
        match key {
            KeyCode::Char(c) if self.list.filter.chars().count() < LONGEST_FILTER => {
                self.list.filter.push(c);
            }
            KeyCode::Backspace => {
                self.typing = self.list.filter.pop().is_some();
            }
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.typing = false;
                self.list.filter.clear();
            }
            KeyCode::Up => self.list.step(-1),
            KeyCode::Down => self.list.step(1),
            _ => {}
        }
        self.stale = true;
    }

    fn read(&mut self, key: KeyCode) {
        let Some(detail) = &mut self.detail else { return };
        match key {
            KeyCode::Esc | KeyCode::Char('q') | KeyCode::Backspace | KeyCode::Left => {
                self.detail = None;
            }
            KeyCode::Up | KeyCode::Char('k') => detail.scroll(-1),
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Enter => detail.scroll(1),
            KeyCode::PageUp | KeyCode::Char('b') => detail.turn(-1),
            KeyCode::PageDown => detail.turn(1),
            KeyCode::Home | KeyCode::Char('g') => detail.scroll(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => detail.scroll(isize::MAX),
            KeyCode::Char('m') => detail.messages(),
            KeyCode::Char('p' | ' ') => self.pause(),
            KeyCode::Char('?' | 'h') => self.help = true,
            _ => {}
        }
    }

    fn choose(&mut self, key: KeyCode) -> Wish {
        let page = isize::try_from(self.page.max(1)).unwrap_or(1);
        match key {
            KeyCode::Char('q') => return Wish::End,
            KeyCode::Up | KeyCode::Char('k') => self.list.step(-1),
            KeyCode::Down | KeyCode::Char('j') => self.list.step(1),
            KeyCode::PageUp => self.list.step(-page),
            KeyCode::PageDown => self.list.step(page),
            KeyCode::Home | KeyCode::Char('g') => self.list.home(),
            KeyCode::End | KeyCode::Char('G') => self.list.step(isize::MAX),
            KeyCode::Enter | KeyCode::Right => self.detail = self.list.chosen().map(Detail::new),
            KeyCode::Char('/') => self.typing = true,
            KeyCode::Esc => {
                self.list.filter.clear();
                self.list.faults = false;
            }
            KeyCode::Char('f') => self.list.faults = !self.list.faults,
            KeyCode::Char('s') => self.list.sort = self.list.sort.next(),
            KeyCode::Char('p' | ' ') => self.pause(),
            KeyCode::Char('?' | 'h') | KeyCode::F(1) => self.help = true,
            _ => {}
        }
        self.stale |= matches!(key, KeyCode::Esc | KeyCode::Char('f' | 's'));
        Wish::GoOn
    }

    fn pause(&mut self) {
        self.still = match self.still.take() {
            Some(_) => None,
            None => Some((self.live.clone(), self.meters.clone())),
        };
        self.stale = true;
    }
}

const LONGEST_FILTER: usize = 60;
