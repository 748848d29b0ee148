//! A live capture may last for weeks: what the analysis remembers of conversations that are over must not
//! grow with their number.
//!
//! Frames go through the analyser and the watch in this process, at the pace of their capture time, as the
//! command `live` does it. An allocator that counts says how much memory is in use.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::alloc::System;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::BinaryHeap;

use cap::Cap;
use pptp_diag::base::frame::Frame;
use pptp_diag::base::frame::FrameRef;
use pptp_diag::base::frame::LinkType;
use pptp_diag::base::time::Span;
use pptp_diag::base::time::Timestamp;
use pptp_diag::pipeline::Analyzer;
use pptp_diag::pipeline::Options;
use pptp_diag::pipeline::watch::News;
use pptp_diag::pipeline::watch::Watch;
use support::scenario;
use support::scenario::Packet;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// The loop of the command `live`, without an interface.
struct Listener {
    analyzer: Analyzer,
    watch: Watch,
    next: Timestamp,
    replenished: Timestamp,
    looked: Timestamp,
    /// Findings across conversations, each as often as it was seen.
    across: usize,
    frames: u64,
    /// Conversations over, by outcome and root cause.
    over: BTreeMap<(&'static str, Option<&'static str>), u64>,
}

impl Listener {
    fn new() -> Self {
        Self {
            analyzer: Analyzer::new(Options::default()),
            watch: Watch::default(),
            next: scenario::START,
            replenished: scenario::START,
            looked: scenario::START,
            across: 0,
            frames: 0,
            over: BTreeMap::new(),
        }
    }

    fn until(&mut self, now: Timestamp) {
        while self.next <= now {
            self.analyzer.tick(self.next);
            if self.next - self.replenished >= Span::from_secs(10) {
                self.replenished = self.next;
                self.analyzer.replenish();
            }
            drop::<Vec<News>>(self.watch.look(&mut self.analyzer, self.next));
            if self.next - self.looked >= Span::from_secs(30) {
                self.looked = self.next;
                self.analyzer.forget(self.next + Span(-REMEMBERED.0));
                self.across += self.analyzer.across().len();
            }
            while let Some(diagnosed) = self.analyzer.pop_closed() {
                let news = self.watch.closed(diagnosed);
                let cause = news.now.diagnosis.primary().map(|f| f.rule.id);
                *self.over.entry((news.now.diagnosis.outcome.name(), cause)).or_default() += 1;
            }
            self.next = self.next + STEP;
        }
    }

    fn push(&mut self, at: Timestamp, data: &[u8]) {
        self.until(at);
        self.frames += 1;
        self.analyzer.push(&Frame {
            at,
            frame: FrameRef::new(0, self.frames),
            interface: 0,
            link: LinkType::ETHERNET,
            original_len: u32::try_from(data.len()).unwrap(),
            data,
        });
    }
}

/// Sessions of users with and without luck, as the frames of each.
fn sessions() -> Vec<Vec<Packet>> {
    let healthy = "use connect\nuse link\nuse chap\nuse network\nuse traffic\nuse hangup\n";
    let refused = "use refused\n";
    let gone = "use connect\nuse link\nrtt 4\n\
        +0.01 < chap challenge id=1 name=pptpd\n+0.02 > chap response id=1 user=bob password=secret\n\
        +3 < chap challenge id=1 name=pptpd\n+0.5 > tcp fin\n+0.01 < tcp fin\n";
    let silent = "use silent\n";
    let texts = [healthy, healthy, refused, gone, silent, healthy];
    texts.iter().map(|text| scenario::compile(text, "live_memory.rs", 1)).collect()
}

/// The frame with another client. The checksum is left to the network card.
fn moved(frame: &[u8], client: [u8; 4], number: u32) -> Vec<u8> {
    let mut frame = frame.to_vec();
    let [_, b, c, d] = number.to_be_bytes();
    for at in [SOURCE, DESTINATION] {
        if frame[at..at + 4] == client {
            frame[at..at + 4].copy_from_slice(&[10, b, c, d]);
        }
    }
    frame[CHECKSUM..CHECKSUM + 2].copy_from_slice(&[0, 0]);
    frame
}

/// Many sessions, one beginning after the other, and the memory in use as each begins.
fn churn(conversations: u32, apart: Span) -> (Listener, Vec<usize>) {
    let templates = sessions();
    let client = templates[0][0].frame[SOURCE..SOURCE + 4].try_into().unwrap();
    let mut listener = Listener::new();
    // When the next frame of which session is due.
    let mut due: BinaryHeap<Reverse<(Timestamp, u32, usize)>> = BinaryHeap::new();
    let mut used = Vec::new();
    for n in 0..conversations {
        let late = |n: u32| Span(apart.0 * i64::from(n));
        due.push(Reverse((scenario::START + late(n), n, 0)));
        while let Some(Reverse((time, number, index))) = due.pop() {
            let template = &templates[number as usize % templates.len()];
            listener.push(time, &moved(&template[index].frame, client, number));
            if let Some(next) = template.get(index + 1) {
                due.push(Reverse((next.at + late(number), number, index + 1)));
            }
            if due.peek().is_some_and(|Reverse((time, ..))| *time > scenario::START + late(n + 1)) {
                break;
            }
        }
        used.push(ALLOCATOR.allocated());
    }
    (listener, used)
}

/// Highest use of a part of the run.
fn most(used: &[usize], from: usize, to: usize) -> usize {
    used[used.len() * from / 100..used.len() * to / 100].iter().copied().max().unwrap() / 1024
}

#[test]
fn memory_does_not_grow_with_the_conversations_that_are_over() {
    let before = ALLOCATOR.allocated() / 1024;
    let (listener, used) = churn(CONVERSATIONS, APART);
    let quarters = [15, 40, 65, 90].map(|from| most(&used, from, from + 10) - before);
    println!(
        "{} frames of {CONVERSATIONS} conversations in {} s: {quarters:?} KB in use",
        listener.frames,
        i64::from(CONVERSATIONS) * APART.0 / 1_000_000_000
    );
    println!("{:?}, {} open", listener.over, listener.analyzer.open().count());
    assert!(listener.over.values().sum::<u64>() * 10 > u64::from(CONVERSATIONS) * 8);
    assert!(quarters[3] * 100 < quarters[1] * 115, "{quarters:?}");
}

/// As many as a server of some size has in an hour or two.
const CONVERSATIONS: u32 = 2400;
const APART: Span = Span::from_secs(4);
const STEP: Span = Span::from_millis(250);
/// What `live` remembers for hours is remembered here for less, for a test is short.
const REMEMBERED: Span = Span::from_secs(1800);
/// In an Ethernet frame with IPv4.
const CHECKSUM: usize = 24;
const SOURCE: usize = 26;
const DESTINATION: usize = 30;
