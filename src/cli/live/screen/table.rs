//! The table of conversations: which columns there is room for, and a line for each row.

use ratatui::style::Style as Look;
use ratatui::text::Line;
use ratatui::text::Span as Piece;

use super::ink::Ink;
use super::ink::ago;
use super::row::Row;
use crate::base::time::Timestamp;
use crate::model::conversation::Stage;
use crate::report::width;

/// Widths of the columns; 0: no room for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    gap: usize,
    number: usize,
    health: usize,
    stage: usize,
    user: usize,
    client: usize,
    server: usize,
    age: usize,
    idle: usize,
    cause: usize,
}

impl Columns {
    /// For so many columns and the rows that are to be seen.
    pub(super) fn new(columns: usize, rows: &[&Row]) -> Self {
        let longest = |text: &dyn Fn(&Row) -> usize, least: usize, most: usize| {
            rows.iter().map(|row| text(row)).max().unwrap_or(0).clamp(least, most.max(least))
        };
        let roomy = columns >= ROOMY;
        let wide = columns >= WIDE;
        let most_user = if roomy {
            20
        } else if columns >= 72 {
            10
        } else {
            0
        };
        let address = if roomy { 39 } else { 15 };
        let user = &|row: &Row| row.user.as_deref().map_or(0, width);
        let mut c = Self {
            gap: if roomy { 2 } else { 1 },
            number: longest(&|row| row.id.to_string().len(), 2, 10),
            health: 7,
            stage: if roomy { 14 } else { 9 },
            user: if most_user == 0 { 0 } else { longest(user, 4, most_user) },
            client: longest(&|row| width(&row.client), 9, address),
            server: if wide { longest(&|row| width(&row.server), 9, address) } else { 0 },
            age: if wide { 4 } else { 0 },
            idle: if roomy { 10 } else { 5 },
            cause: 0,
        };
        c.cause = columns.saturating_sub(c.used());
        c
    }

    fn used(&self) -> usize {
        let all = [
            self.number,
            self.health,
            self.stage,
            self.user,
            self.client,
            self.server,
            self.age,
            self.idle,
        ];
        SIGN + all.into_iter().filter(|w| *w > 0).map(|w| w + self.gap).sum::<usize>()
    }

    /// The line above the rows.
    pub(super) fn head(&self, ink: Ink) -> Line<'static> {
        let cells = [
            (self.number, "#"),
            (self.health, "health"),
            (self.stage, "stage"),
            (self.user, "user"),
            (self.client, "client"),
            (self.server, "server"),
            (self.age, "age"),
            (self.idle, "idle"),
            (self.cause, "cause"),
        ];
        let cells = cells.map(|(room, text)| {
            let text = if room == self.number || text == "age" {
                right(text, room)
            } else {
                text.to_owned()
            };
            (room, text, Ink::quiet())
        });
        self.line("", &cells, ink, Look::new())
    }

    /// A row.
    pub(super) fn row(&self, row: &Row, chosen: bool, now: Timestamp, ink: Ink) -> Line<'static> {
        let base = if row.ended { Ink::quiet() } else { Look::new() };
        let idle = now - row.newest;
        let idle = match (row.ended, self.idle > 5) {
            (true, true) => format!("ended {}", ago(idle)),
            (true, false) => "ended".to_owned(),
            (false, _) => ago(idle),
        };
        let until = if row.ended { row.newest } else { now };
        let stage = match row.stage {
            Stage::Authentication if self.stage < 14 => "auth",
            stage => stage.name(),
        };
        let cause = match &row.cause {
            // Where there is room for more than a name, the sentence says more.
            Some(c) if self.cause >= 60 => format!("{} {}", c.rule, c.summary),
            Some(c) => c.label.clone(),
            None => String::new(),
        };
        let client = ink.fit_end(&row.client, self.client);
        let server = ink.fit_end(&row.server, self.server);
        let cells = [
            (self.number, right(&row.id.to_string(), self.number), base),
            (self.health, row.health.word().to_owned(), ink.health(row.health)),
            (self.stage, stage.to_owned(), base),
            (self.user, row.user.clone().unwrap_or_else(|| "-".to_owned()), base),
            (self.client, client, base),
            (self.server, server, base),
            (self.age, right(&ago(until - row.started), self.age), base),
            (self.idle, idle, base),
            (self.cause, cause, base),
        ];
        self.line(if chosen { "▸" } else { "" }, &cells, ink, base)
    }

    fn line(
        &self,
        sign: &str,
        cells: &[(usize, String, Look)],
        ink: Ink,
        base: Look,
    ) -> Line<'static> {
        let mut pieces = vec![Piece::styled(ink.fit(sign, SIGN), base)];
        let shown = cells.iter().filter(|(room, ..)| *room > 0);
        for (n, (room, text, look)) in shown.enumerate() {
            if n > 0 {
                pieces.push(Piece::styled(" ".repeat(self.gap), base));
            }
            pieces.push(Piece::styled(ink.fit(text, *room), *look));
        }
        Line::from(pieces)
    }
}

fn right(text: &str, columns: usize) -> String {
    format!("{text:>columns$}")
}

/// Columns of the sign of the chosen row.
const SIGN: usize = 2;
/// From so many columns on the server has its own, and so has the age.
const WIDE: usize = 110;
/// From so many on nothing need be cut.
const ROOMY: usize = 140;
