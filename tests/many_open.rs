//! Very many conversations open at one time: each is told as if it came alone, half-open ones of a flood push
//! out none of them, and what was closed to make room begins nothing new.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BinaryHeap;

use pptp_diag::base::frame::Frame;
use pptp_diag::base::frame::FrameRef;
use pptp_diag::base::frame::LinkType;
use pptp_diag::base::limits;
use pptp_diag::base::time::Span;
use pptp_diag::base::time::Timestamp;
use pptp_diag::pipeline::Analyzer;
use pptp_diag::pipeline::Options;
use support::scenario;
use support::scenario::Packet;

/// An analysis in the course of a capture.
struct Run {
    analyzer: Analyzer,
    frames: u64,
    told: Told,
}

/// How often which verdict was given: stage, outcome, root cause.
type Told = BTreeMap<(&'static str, &'static str, Option<&'static str>), u32>;

impl Run {
    fn new() -> Self {
        let options = Options { lean: true, ..Options::default() };
        Self { analyzer: Analyzer::new(options), frames: 0, told: Told::new() }
    }

    /// Takes a frame of session number `session`.
    fn push(&mut self, packet: &Packet, late: Span, session: u32) {
        self.frames += 1;
        let data = moved(&packet.frame, session);
        self.analyzer.push(&Frame {
            at: packet.at + late,
            frame: FrameRef::new(0, self.frames),
            interface: 0,
            link: LinkType::ETHERNET,
            original_len: u32::try_from(data.len()).unwrap(),
            data: &data,
        });
        self.tell();
    }

    fn tell(&mut self) {
        while let Some(d) = self.analyzer.pop_closed() {
            let (c, cause) = (&d.conversation, d.diagnosis.primary().map(|f| f.rule.id));
            let verdict = (c.stage.name(), d.diagnosis.outcome.name(), cause);
            *self.told.entry(verdict).or_default() += 1;
        }
    }

    fn finish(mut self) -> Told {
        self.analyzer.end();
        self.tell();
        self.told
    }

    fn open(&self) -> usize {
        self.analyzer.open().count()
    }
}

fn compile(text: &str) -> Vec<Packet> {
    scenario::compile(text, "many_open.rs", 1)
}

fn sessions() -> Vec<Vec<Packet>> {
    let gone = "use connect\nuse link\nrtt 4\n\
        +0.01 < chap challenge id=1 name=pptpd\n+0.02 > chap response id=1 user=bob password=secret\n\
        +3 < chap challenge id=1 name=pptpd\n+0.5 > tcp fin\n+0.01 < tcp fin\n";
    [HEALTHY, "use refused\n", HEALTHY, gone, "use silent\n"].map(compile).into()
}

/// The frame with another client. The checksum is left to the network card.
fn moved(frame: &[u8], number: u32) -> Vec<u8> {
    let mut frame = frame.to_vec();
    let [_, b, c, d] = number.to_be_bytes();
    // The client of all scenarios stands in 192.0.2.0/24.
    for at in [SOURCE, DESTINATION] {
        if frame[at..at + 3] == [192, 0, 2] {
            frame[at..at + 4].copy_from_slice(&[10, b, c, d]);
        }
    }
    frame[CHECKSUM..CHECKSUM + 2].copy_from_slice(&[0, 0]);
    frame
}

/// Plays `many` sessions, one beginning `apart` after the other; returns the verdicts, and how many
/// conversations were open at one time.
fn play(many: u32, apart: Span) -> (Told, usize) {
    let templates = sessions();
    let mut run = Run::new();
    let late = |n: u32| Span(apart.0 * i64::from(n));
    let mut due: BinaryHeap<Reverse<(Timestamp, u32, usize)>> =
        (0..many).map(|n| Reverse((scenario::START + late(n), n, 0))).collect();
    let mut most = 0;
    while let Some(Reverse((_, number, index))) = due.pop() {
        let template = &templates[number as usize % templates.len()];
        run.push(&template[index], late(number), number);
        if let Some(next) = template.get(index + 1) {
            due.push(Reverse((next.at + late(number), number, index + 1)));
        }
        if run.frames.is_multiple_of(1024) {
            most = most.max(run.open());
        }
    }
    (run.finish(), most)
}

#[test]
fn sessions_at_one_time_are_told_as_one_after_the_other() {
    let (in_turn, few) = play(MANY, Span::from_secs(20));
    let (at_once, many) = play(MANY, Span(1_000_000));
    assert!(few < 100 && many > MANY as usize * 3 / 4, "{few} and {many} open");
    assert_eq!(at_once, in_turn);
    assert_eq!(at_once.values().sum::<u32>(), MANY);
}

#[test]
fn a_late_segment_of_a_closed_connection_begins_no_conversation() {
    let healthy = compile(HEALTHY);
    let mut run = Run::new();
    for packet in &healthy {
        run.push(packet, Span::ZERO, 1);
    }
    // Another client comes, so that the closed connection is let go of; then its last segments again.
    for packet in &healthy[..3] {
        run.push(packet, Span::from_secs(60), 2);
    }
    for packet in &healthy[healthy.len() - 4..] {
        run.push(packet, Span::from_secs(61), 1);
    }
    assert_eq!(run.open(), 2);
    assert_eq!(run.finish().values().sum::<u32>(), 2);
}

#[test]
fn what_was_closed_to_make_room_begins_nothing_new_for_a_while() {
    let healthy = compile(HEALTHY);
    let (begun, rest) = healthy.split_at(healthy.len() / 2);
    let mut run = Run::new();
    for packet in begun {
        for n in 0..80 {
            run.push(packet, Span(i64::from(n)), n);
        }
    }
    assert_eq!(run.analyzer.shed(), 10);
    for packet in rest {
        for n in 0..80 {
            run.push(packet, Span(i64::from(n)), n);
        }
    }
    assert_eq!(run.open(), 70);
    // What goes on for minutes is looked at again.
    let late = Span::from_secs(200);
    run.push(&healthy[0], late, 200);
    let data = begun.len() - 1;
    for n in 0..80 {
        run.push(&healthy[data], late, n);
    }
    let told = run.finish();
    assert_eq!(told.values().sum::<u32>(), 80 + 1 + 80, "{told:?}");
}

#[test]
fn a_flood_of_half_open_connections_pushes_out_no_session() {
    let healthy = compile(HEALTHY);
    let mut run = Run::new();
    for packet in &healthy[..SPOKEN] {
        for n in 0..1000 {
            run.push(packet, Span(i64::from(n)), n);
        }
    }
    let late = Span::from_secs(10);
    for n in 0..u32::try_from(limits::CONVERSATIONS + 10_000).unwrap() {
        run.push(&healthy[0], Span(late.0 + i64::from(n) * 1000), 10_000 + n);
    }
    assert!(run.analyzer.evicted() > 0 && run.open() <= limits::CONVERSATIONS);
    for packet in &healthy[SPOKEN..] {
        for n in 0..1000 {
            run.push(packet, late, n);
        }
    }
    let told = run.finish();
    assert_eq!(told.get(&("connected", "connected", None)), Some(&1000), "{told:?}");
}

const HEALTHY: &str = "use connect\nuse link\nuse chap\nuse network\nuse traffic\nuse hangup\n";
/// Frames up to the Start-Control-Connection-Reply.
const SPOKEN: usize = 5;
/// Sessions that are played once one after the other, once at one time.
const MANY: u32 = 2000;
/// In an Ethernet frame with IPv4.
const CHECKSUM: usize = 24;
const SOURCE: usize = 26;
const DESTINATION: usize = 30;
