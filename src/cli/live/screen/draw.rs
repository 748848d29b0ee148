//! How the screen looks.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::style::Style as Look;
use ratatui::text::Line;
use ratatui::text::Span as Piece;

use super::desk::Desk;
use super::ink::Ink;
use super::ink::clock;
use super::news::Piece as News;
use super::row::Row;
use super::table::Columns;
use crate::report::grouped;
use crate::report::wrap;

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, desk: &mut Desk) {
    let area = frame.area();
    let mut page = Page {
        columns: usize::from(area.width),
        height: usize::from(area.height),
        at: 0,
        ink: Ink(desk.style),
        buffer: frame.buffer_mut(),
    };
    if page.columns < 60 || page.height < 10 {
        page.put("pptp-diag: this terminal is too small:", Ink::bold());
        page.put("60 columns and 10 lines at least.", Look::new());
        page.put("q ends with the report.", Look::new());
        return;
    }
    desk.arrange();
    header(&mut page, desk);
    if desk.help {
        help(&mut page);
    } else if desk.detail.is_some() {
        detail(&mut page, desk);
    } else {
        overview(&mut page, desk);
    }
    page.at = page.height - 1;
    footer(&mut page, desk);
}

/// The screen, filled from above.
struct Page<'b> {
    columns: usize,
    height: usize,
    /// The next line.
    at: usize,
    ink: Ink,
    buffer: &'b mut Buffer,
}

impl Page<'_> {
    /// Lines that are left above the footer.
    fn left(&self) -> usize {
        (self.height - 1).saturating_sub(self.at)
    }

    fn line(&mut self, line: &Line<'_>) {
        if let (Ok(y), Ok(columns)) = (u16::try_from(self.at), u16::try_from(self.columns))
            && self.at < self.height
        {
            self.buffer.set_line(0, y, line, columns);
        }
        self.at += 1;
    }

    fn put(&mut self, text: &str, look: Look) {
        let text = self.ink.fit(text, self.columns);
        self.line(&Line::styled(text, look));
    }

    fn rule(&mut self, text: &str) {
        let text = self.ink.rule(text, self.columns);
        self.line(&Line::styled(text, Ink::quiet()));
    }

    fn wrapped(&mut self, indent: &str, text: &str, most: usize, look: Look) {
        let text = self.ink.0.plain(text).into_owned();
        let room = self.columns - indent.len() - 1;
        let lines = wrap(&text, room);
        for (n, line) in lines.iter().take(most).enumerate() {
            // What is left out makes the last line too long, which `fit` shows.
            let cut = n + 1 == most && lines.len() > most;
            let line =
                if cut { self.ink.fit(&format!("{line} {text}"), room) } else { line.clone() };
            self.put(&format!("{indent}{line}"), look);
        }
    }
}

fn header(page: &mut Page<'_>, desk: &Desk) {
    let m = desk.meters();
    let counts = desk.board().counts();
    let mut first = vec![
        Piece::styled(format!(" {}", m.interface), Ink::bold()),
        Piece::raw(format!("  {} UTC  running {}", m.now.human(), clock(m.running))),
    ];
    if let Some(since) = m.gone {
        let text = format!("INTERFACE DOWN since {}", since.clock());
        first.extend([Piece::raw("  "), Piece::styled(text, page.ink.bad())]);
    }
    page.line(&Line::from(first));
    let lost = match m.dropped {
        0 => Piece::raw("0 lost"),
        n => Piece::styled(format!(" {} LOST ", grouped(n)), page.ink.bad().patch(Ink::reversed())),
    };
    let failed = if counts.failed > 0 { page.ink.bad() } else { Look::new() };
    let mut second = vec![
        Piece::raw(format!(" {} frames  ", grouped(m.frames))),
        lost,
        Piece::raw(format!("  {} open  {} ended, ", grouped(counts.open), grouped(counts.ended))),
        Piece::styled(format!("{} failed", grouped(counts.failed)), failed),
    ];
    if let Some(memory) = m.memory {
        second.push(Piece::raw(format!("  memory {} MiB", grouped(memory.div_ceil(1 << 20)))));
    }
    page.line(&Line::from(second));
}

fn overview(page: &mut Page<'_>, desk: &mut Desk) {
    let (news, chosen) = if page.height < 16 { (0, 0) } else { (page.left() / 3, 3) };
    let rows = page.left().saturating_sub(news + chosen);
    if desk.board().rows().next().is_none() {
        let end = page.at + rows + chosen;
        waiting(page, desk);
        page.at = end;
    } else {
        table(page, desk, rows);
        if chosen > 0 {
            selection(page, desk);
        }
    }
    if news > 0 {
        events(page, desk, news);
    }
}

fn table(page: &mut Page<'_>, desk: &mut Desk, lines: usize) {
    let end = page.at + lines;
    desk.page = lines - 1;
    let now = desk.meters().now;
    let (ids, at) = desk.list.window(lines - 1);
    let ids = ids.to_vec();
    let rows: Vec<&Row> = ids.iter().filter_map(|id| desk.board().row(*id)).collect();
    let columns = Columns::new(page.columns, &rows);
    page.line(&columns.head(page.ink));
    for (n, row) in rows.iter().enumerate() {
        let line = columns.row(row, n == at, now, page.ink);
        page.line(&if n == at { line.patch_style(Ink::reversed()) } else { line });
    }
    if rows.is_empty() {
        page.put("", Look::new());
        page.put("  Nothing fits the filter; Esc takes it away.", page.ink.doubt());
    }
    page.at = end;
}

/// What the narrow row of the table cannot say of the chosen conversation.
fn selection(page: &mut Page<'_>, desk: &Desk) {
    let end = page.at + 3;
    let (above, below) = desk.list.hidden(desk.page);
    let hidden = match (above, below) {
        (0, 0) => String::new(),
        _ => format!("{} of {} · ", desk.page.min(desk.list.len()), desk.list.len()),
    };
    if let Some(row) = desk.list.chosen().and_then(|id| desk.board().row(id)) {
        let user = row.user.as_ref().map_or_else(String::new, |u| format!(" · {u}"));
        page.rule(&format!("{hidden}#{} {} → {}{user}", row.id, row.client, row.server));
        let (text, look) = match &row.cause {
            Some(cause) => (cause.sentence(), page.ink.health(row.health)),
            None => (nothing_told(row), Look::new()),
        };
        page.wrapped(" ", &text, 2, look);
    } else {
        page.rule("");
    }
    page.at = end;
}

fn nothing_told(row: &Row) -> String {
    use super::row::Health;

    match (row.health, row.ended) {
        (Health::Failed, _) => "It failed, and no rule says why: Enter shows its messages.",
        (Health::Unclear, _) => "It ended before it could be told how it goes.",
        (_, true) => "It ended, and nothing was wrong.",
        (Health::Ok, _) => "Connected; nothing is wrong so far.",
        _ => "It is coming about; nothing is wrong so far.",
    }
    .to_owned()
}

fn events(page: &mut Page<'_>, desk: &Desk, lines: usize) {
    let end = page.at + lines;
    let bad_only = desk.list.faults;
    page.rule(if bad_only { "faults, the newest first" } else { "events, the newest first" });
    let kept = |n: &&News| !bad_only || n.tone == super::news::Tone::Bad;
    for news in desk.board().news().filter(kept).take(lines - 1) {
        let who = news.who.get(usize::from(page.columns >= 140)).map_or("", String::as_str);
        let gap = if who.is_empty() { "" } else { "  " };
        let text = format!(" {}  {who}{gap}{}", news.at.clock(), news.words);
        page.put(&text, page.ink.tone(news.tone));
    }
    page.at = end;
}

fn waiting(page: &mut Page<'_>, desk: &Desk) {
    let m = desk.meters();
    page.put("", Look::new());
    page.put(&format!("  waiting for PPTP on {} …", m.interface), Ink::bold());
    page.put("", Look::new());
    let came = match m.frames {
        0 => "Nothing came yet that could belong to it.".to_owned(),
        n => format!("{} frames came, but no PPTP conversation is in them.", grouped(n)),
    };
    page.wrapped("  ", &came, 2, Look::new());
    page.put("  If somebody dials and nothing shows:", Look::new());
    let mut checks = Vec::new();
    if let Some(filter) = &desk.narrowed {
        checks.push(format!("--filter '{filter}' may leave it out."));
    }
    checks.extend([
        format!(
            "Is {} on the way to the VPN server? `pptp-diag interfaces` lists all.",
            m.interface
        ),
        "On a mirror port: TCP port 1723 and GRE (protocol 47), both directions?".to_owned(),
        "A server that listens on another port than 1723: --port N.".to_owned(),
    ]);
    for text in checks {
        page.put(&format!("  - {text}"), Look::new());
    }
}

fn detail(page: &mut Page<'_>, desk: &mut Desk) {
    let style = desk.style;
    let lines = page.left() - 1;
    let columns = page.columns;
    let Some(detail) = &mut desk.detail else { return };
    let id = detail.id;
    let (shown, [first, last, all]) = detail.page(columns, lines, style);
    let shown = shown.to_vec();
    let row = desk.board().row(id);
    let state = if row.is_none_or(|row| row.ended) {
        "ended"
    } else {
        "goes on: what could be said if it ended now"
    };
    page.rule(&format!("#{id} {state} · lines {first} to {last} of {all}"));
    for line in &shown {
        page.line(line);
    }
}

fn help(page: &mut Page<'_>) {
    page.rule("keys");
    for (keys, what) in HELP {
        let line = Line::from(vec![
            Piece::styled(page.ink.fit(&format!("  {keys}"), 22), Ink::bold()),
            Piece::raw(page.ink.fit(what, page.columns - 22)),
        ]);
        page.line(&line);
    }
}

fn footer(page: &mut Page<'_>, desk: &Desk) {
    if desk.typing {
        let text = format!(" show only: {}_", desk.list.filter);
        let hint = "   Enter keeps it, Esc takes it away";
        return page.put(&format!("{text}{hint}"), Ink::reversed());
    }
    let mut pieces = Vec::new();
    if let Some(missed) = desk.missed() {
        let text = format!(" PAUSED, events meanwhile: {}; p goes on ", grouped(missed));
        pieces.push(Piece::styled(text, page.ink.doubt().patch(Ink::reversed())));
    }
    let mut narrowed = Vec::new();
    if desk.list.faults {
        narrowed.push("faults only".to_owned());
    }
    if !desk.list.filter.is_empty() {
        narrowed.push(format!("filter: {}", page.ink.fit(&desk.list.filter, 20).trim_end()));
    }
    if !narrowed.is_empty() && desk.detail.is_none() {
        let text = format!(" {} ({} shown) ", narrowed.join(", "), grouped(desk.list.len() as u64));
        pieces.push(Piece::styled(text, page.ink.doubt().patch(Ink::reversed())));
    }
    let sort = format!("s sort: {}", desk.list.sort.name());
    let keys: Vec<&str> = match (desk.help, desk.detail.is_some()) {
        (true, _) => vec!["any key: back"],
        (_, true) => {
            vec!["q back", "m messages", "arrows, PgUp, PgDn, Home, End", "p pause", "? help"]
        }
        _ => vec!["Enter detail", "q end", "? help", &sort, "/ filter", "f faults", "p pause"],
    };
    let mut used: usize = pieces.iter().map(Piece::width).sum();
    for key in keys {
        let text = format!(" {key} ");
        used += text.len();
        if used > page.columns {
            break;
        }
        pieces.push(Piece::styled(text, Ink::quiet()));
    }
    page.line(&Line::from(pieces));
}

const HELP: [(&str, &str); 17] = [
    ("Enter", "all of the chosen conversation: cause, fix, messages"),
    ("Up, Down, j, k", "choose a conversation; in the detail: scroll"),
    ("PgUp, PgDn", "a page up or down"),
    ("Home, End, g, G", "to the first, which is followed; to the last"),
    ("m", "in the detail: to the messages"),
    ("s", "sort by: trouble, newest, client, user, idle"),
    ("/", "show only rows with this text: address, user, rule"),
    ("f", "show faults only, or all again"),
    ("Esc", "take filters away; in the detail: back"),
    ("p, Space", "pause: the display stands still, the capture goes on"),
    ("q, Ctrl-C", "end, with the report; Ctrl-C once more leaves at once"),
    ("", ""),
    ("health", "what was found so far:"),
    ("  ok, dialing", "nothing wrong; connected, or coming about"),
    ("  warning", "it works, but somebody should look"),
    ("  FAULT, FAILED", "it fails: with its cause, or with none that is known"),
    ("  unclear", "ended before anything could be told"),
];
