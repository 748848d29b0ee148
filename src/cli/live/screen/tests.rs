//! The screen as it looks, small and large; and conversations for these tests.

use std::path::Path;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyModifiers;

use super::*;
use crate::base::time::Span;
use crate::capture;
use crate::cli::live::show::Meters;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
use crate::pipeline::Analyzer;
use crate::pipeline::Options;
use crate::report::event::What;
use crate::report::view;
use crate::report::view::Settings;
use crate::report::view::tests as made;
use crate::rules::Severity;
use board::Board;

/// A conversation with so many messages.
pub(super) fn mirror(id: u32, outcome: Outcome, messages: usize) -> Conversation {
    let model = made::conversation(id, outcome, &vec!["x"; messages]);
    let settings = Settings { timeline: true, ..Settings::default() };
    let mut c = view::conversation(&model, &made::silent(&model), &settings);
    c.client.address = format!("198.51.100.{id}");
    c.shown.started = c.shown.started + Span::from_secs(i64::from(id));
    c
}

/// News of it, told at its end.
pub(super) fn news_of(c: &Conversation, what: What) -> Event {
    Event::of(c, c.shown.started + c.shown.duration, what)
}

/// Six conversations of every kind; the fourth is a recorded race.
pub(super) fn board() -> Board {
    let mut board = Board::default();
    for (id, outcome, user) in [
        (1, Outcome::Connected, Some("alice")),
        (2, Outcome::Connected, Some("bob")),
        (3, Outcome::Unknown, Some("dave")),
        (4, Outcome::Failed, Some("carol")),
        (5, Outcome::Failed, None),
        (6, Outcome::Unknown, None),
    ] {
        let mut c = mirror(id, outcome, 2);
        if let Some(call) = c.calls.last_mut() {
            call.authentication.user = user.map(str::to_owned);
        }
        if id == 6 {
            c.client.address = "198.51.100.10".to_owned();
        }
        if matches!(id, 2 | 4) {
            c.findings = race().findings;
            c.findings[0].severity = if id == 2 { Severity::Warning } else { Severity::Fault };
            c.stage = if id == 2 { Stage::Connected } else { Stage::Authentication };
        }
        board.hear(&news_of(&c, What::Began), Some(&c));
        if let Some(f) = c.findings.first() {
            let found = What::Found { finding: Box::new(f.clone()), kept: Vec::new() };
            board.hear(&news_of(&c, found), Some(&c));
        }
        if id == 5 {
            board.hear(&news_of(&c, What::Ended { primary: None }), Some(&c));
        }
    }
    board
}

/// The recorded race, all of it.
fn race() -> Conversation {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/recorded-race.pcap");
    let mut source = capture::open(&path, 0).unwrap();
    let mut analyzer = Analyzer::new(Options::default());
    while let Some(frame) = source.next_frame().unwrap() {
        analyzer.push(&frame);
    }
    let d = analyzer.finish().conversations.remove(0);
    let settings = Settings { timeline: true, ..Settings::default() };
    view::conversation(&d.conversation, &d.diagnosis, &settings)
}

fn desk(board: Board) -> Desk {
    let mut desk = Desk::new(Style::default(), Some("host 192.0.2.10".to_owned()));
    desk.live = board;
    desk.meters = Meters {
        interface: "eth0".to_owned(),
        gone: None,
        now: made::mark(1).at + Span::from_secs(40),
        running: Span::from_secs(3723),
        frames: 1234,
        dropped: 17,
        memory: Some(45 << 20),
    };
    desk
}

fn press(desk: &mut Desk, keys: &str) {
    for c in keys.chars() {
        let code = match c {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            c => KeyCode::Char(c),
        };
        assert_eq!(desk.press(KeyEvent::new(code, KeyModifiers::NONE)), Wish::GoOn);
    }
}

fn drawn(desk: &mut Desk, columns: u16, lines: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, lines)).unwrap();
    terminal.draw(|frame| draw::draw(frame, desk)).unwrap();
    terminal.backend().to_string()
}

/// Both sizes, one snapshot each.
fn check(name: &str, desk: &mut Desk) {
    for (columns, lines) in [(80, 24), (160, 50)] {
        let page = drawn(desk, columns, lines);
        insta::assert_snapshot!(format!("{name}_{columns}"), page);
    }
}

#[test]
fn empty() {
    check("empty", &mut desk(Board::default()));
}

#[test]
fn few_with_a_fault() {
    check("few", &mut desk(board()));
}

#[test]
fn a_detail() {
    let mut desk = desk(board());
    drawn(&mut desk, 80, 24);
    press(&mut desk, "\n");
    desk.detail.as_mut().unwrap().set(Rc::new(race()));
    check("detail", &mut desk);
    drawn(&mut desk, 80, 24);
    press(&mut desk, "m");
    let page = drawn(&mut desk, 80, 24);
    assert!(page.contains("  Messages") && page.contains("│─────▶│    TCP SYN"), "{page}");
    press(&mut desk, "q");
    assert!(desk.detail.is_none());
}

#[test]
fn help() {
    let mut desk = desk(board());
    press(&mut desk, "?");
    check("help", &mut desk);
    press(&mut desk, "q");
    assert!(!desk.help);
}

#[test]
fn a_filter() {
    let mut desk = desk(board());
    press(&mut desk, "/PD00");
    check("filter", &mut desk);
    press(&mut desk, "\n");
    assert!(drawn(&mut desk, 80, 24).contains("filter: PD00 (2 shown)"));
    press(&mut desk, "/x");
    assert!(drawn(&mut desk, 80, 24).contains("Nothing fits the filter"));
    press(&mut desk, "\u{1b}f");
    assert!(drawn(&mut desk, 80, 24).contains("faults only (2 shown)"));
}

#[test]
fn a_pause_stands_still_and_counts() {
    let mut desk = desk(board());
    let before = drawn(&mut desk, 80, 24);
    press(&mut desk, "p");
    let c = mirror(7, Outcome::Failed, 1);
    desk.live.hear(&news_of(&c, What::Began), Some(&c));
    desk.live.close(&c);
    desk.meters.frames += 1;
    let paused = drawn(&mut desk, 80, 24);
    assert!(paused.contains("PAUSED, events meanwhile: 1"), "{paused}");
    let body = |page: &str| page.lines().take(23).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&before), body(&paused));
    press(&mut desk, " ");
    assert!(drawn(&mut desk, 80, 24).contains("198.51.100.7"));
}

#[test]
fn nothing_but_ascii_where_nothing_else_can_be_shown_and_any_size() {
    let mut desk = desk(board());
    desk.style.unicode = false;
    drawn(&mut desk, 80, 24);
    press(&mut desk, "\n");
    desk.detail.as_mut().unwrap().set(Rc::new(race()));
    for keys in ["", "q", "?", "q/x", "\u{1b}"] {
        press(&mut desk, keys);
        let page = drawn(&mut desk, 100, 30);
        assert!(page.is_ascii(), "{page}");
        for (columns, lines) in [(1, 1), (59, 9), (60, 10), (61, 15), (72, 16), (300, 100)] {
            drawn(&mut desk, columns, lines);
        }
    }
    assert!(drawn(&mut desk, 59, 24).contains("too small"));
}

#[test]
fn colours_only_where_wanted() {
    use ratatui::style::Color;

    let coloured = |color| {
        let mut desk = desk(board());
        desk.style.color = color;
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw::draw(frame, &mut desk)).unwrap();
        let cells = terminal.backend().buffer().content();
        cells.iter().filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset).count()
    };
    assert_eq!(coloured(false), 0);
    assert!(coloured(true) > 20);
}

#[test]
fn control_c_ends_it_whatever_is_open() {
    for keys in ["", "\n", "?", "/x", "p"] {
        let mut desk = desk(board());
        drawn(&mut desk, 80, 24);
        press(&mut desk, keys);
        let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(desk.press(key), Wish::End);
    }
}

#[test]
fn ten_thousand_conversations_do_not_slow_it_down() {
    let mut board = Board::default();
    let c = mirror(1, Outcome::Unknown, 1);
    for id in 1..=10_000 {
        let c = Conversation { id, ..c.clone() };
        board.hear(&news_of(&c, What::Began), Some(&c));
    }
    let mut desk = desk(board);
    desk.list.sort = list::Sort::Client;
    #[allow(clippy::disallowed_methods)]
    let started = Instant::now();
    for _ in 0..10 {
        desk.stale = true;
        drawn(&mut desk, 200, 50);
    }
    assert!(started.elapsed() < Duration::from_secs(5));
}
