//! Wires the stages together: push frames in, drain closed conversations, finish. No I/O and no clock,
//! so that files, live capture, tests, fuzzers and benches drive the same code.

pub mod anonymize;
pub mod extract;
pub mod found;
pub mod stations;
mod together;
pub mod watch;

use crate::base::frame::Frame;
use crate::base::time::Timestamp;
use crate::crypto::secret::Secrets;
use crate::crypto::tail::Searches;
use crate::flow::Flow;
use crate::link::LinkNote;
use crate::link::Linker;
use crate::model::build::Builder;
use crate::model::conversation::Conversation;
use crate::model::inside::InnerPacket;
use crate::model::views;
use crate::rules::engine;
use crate::rules::engine::Diagnosis;
use crate::rules::finding::Finding;
use together::Together;

/// What an analysis may be told.
#[derive(Debug, Default)]
pub struct Options {
    /// TCP ports of control connections besides 1723.
    pub ports: Vec<u16>,
    /// Passwords or hashes to test Responses against, and to open tunnels with.
    pub secrets: Secrets,
    /// Searches for hash tails that were made before; analyses of the same calls share them.
    pub searches: Searches,
    /// Whether [`Analyzer::drain_inner`] is to give the packets from inside tunnels.
    pub inner: bool,
    /// Leaves out what only drawings need: the traffic of a call over time.
    pub lean: bool,
}

/// A conversation with its findings.
#[derive(Debug)]
pub struct Diagnosed {
    /// The facts.
    pub conversation: Conversation,
    /// What the rules make of them.
    pub diagnosis: Diagnosis,
}

/// The whole analysis of one timeline.
#[derive(Debug)]
pub struct Analyzer {
    linker: Linker,
    flow: Flow,
    builder: Builder,
    together: Together,
}

/// What is left when the last frame was pushed.
#[derive(Debug)]
pub struct Analysis {
    /// Conversations that were not drained before, in the order in which they began.
    pub conversations: Vec<Diagnosed>,
    /// Findings that take several conversations, drained ones included.
    pub findings: Vec<Finding>,
    /// How many were found before these for which there was no room (a bound).
    pub findings_left_out: u64,
    /// What the link layer noticed.
    pub notes: Vec<LinkNote>,
    /// Packets that were another look at one already taken.
    pub copies: u64,
    /// Conversations closed early because too many were open.
    pub evicted: u64,
}

impl Analyzer {
    /// Ready for the first frame.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let Options { ports, secrets, searches, inner, lean } = options;
        let mut builder = Builder::new(secrets, searches);
        builder.keep_inner(inner);
        builder.be_lean(lean);
        Self {
            linker: Linker::new(&ports),
            flow: Flow::new(&ports),
            builder,
            together: Together::default(),
        }
    }

    /// Takes the next frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.builder.tick(frame.at);
        let Some(datagram) = self.linker.datagram(frame) else { return };
        let builder = &mut self.builder;
        self.flow.push(&datagram, &mut |item| builder.observe(&item));
    }

    /// Whether control messages were seen on ports that were not known. From then on TCP counts that a
    /// [`Gate`](crate::link::Gate) alone would leave out.
    #[must_use]
    pub fn has_learned_ports(&self) -> bool {
        self.linker.has_learned_ports()
    }

    /// Lets time pass without a frame (live capture).
    pub fn tick(&mut self, now: Timestamp) {
        self.builder.tick(now);
    }

    /// The conversations that go on, with bare facts: neither stage nor outcome. For a conclusion see
    /// [`Analyzer::glimpse`].
    pub fn open(&self) -> impl Iterator<Item = &Conversation> {
        self.builder.open()
    }

    /// What could be said of an open conversation if the capture ended now.
    pub fn glimpse(&mut self, id: u32) -> Option<Diagnosed> {
        let conversation = self.builder.glimpse(id)?;
        let diagnosis = engine::diagnose(&conversation);
        Some(Diagnosed { conversation, diagnosis })
    }

    /// Lets a run without an end search for one more hash tail.
    pub fn replenish(&mut self) {
        self.builder.replenish();
    }

    /// Makes room where memory runs short: forgets the older half of the conversations that are over.
    pub fn shed_past(&mut self) {
        self.together.shed();
    }

    /// Makes room where that is not enough: closes conversations that were silent longest. Returns how many.
    pub fn shed(&mut self) -> usize {
        self.flow.shed();
        self.builder.shed()
    }

    /// Lets a run without an end forget the conversations that were over before `time`, hours ago: findings
    /// that take several conversations then rest on the later ones.
    pub fn forget(&mut self, time: Timestamp) {
        self.flow.forget(time);
        self.together.forget(time);
    }

    /// Findings that take several conversations, of those that are over and not forgotten. Conversations
    /// that only wait for the next tries of their clients count as well.
    pub fn across(&mut self) -> Vec<Finding> {
        self.together.look(self.builder.waiting())
    }

    /// Conversations closed early because too many were open.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.builder.evicted()
    }

    /// Whether a conversation is over, or a packet came out of a tunnel, that was not taken away yet.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.builder.has_news()
    }

    /// The next conversation that ended. One at a time: they may be many, and each takes memory until it is
    /// told.
    pub fn pop_closed(&mut self) -> Option<Diagnosed> {
        let closed = self.builder.pop_closed()?;
        Some(diagnosed(closed, &mut self.together))
    }

    /// Packets that came out of tunnels since the last call; take them after every frame. None unless
    /// [`Options::inner`] asks for them.
    pub fn drain_inner(&mut self) -> impl Iterator<Item = InnerPacket> + '_ {
        self.builder.drain_inner()
    }

    /// The capture is over: [`Analyzer::pop_closed`] now gives all other conversations, too, those that are
    /// open in the order in which they began.
    pub fn end(&mut self) {
        let builder = &mut self.builder;
        self.flow.finish(&mut |item| builder.observe(&item));
        builder.finish();
    }

    /// Ends the capture.
    #[must_use]
    pub fn finish(self) -> Analysis {
        finish_together(vec![self])
    }

    fn facts(mut self) -> Facts {
        self.end();
        let mut conversations = Vec::new();
        while let Some(c) = self.builder.pop_closed() {
            conversations.push(c);
        }
        conversations.sort_by_key(|c: &Conversation| c.id);
        Facts {
            conversations,
            together: self.together,
            notes: self.linker.notes().to_vec(),
            copies: self.flow.copies_seen(),
            evicted: self.builder.evicted(),
        }
    }
}

/// What one capture point saw, before the rules.
struct Facts {
    conversations: Vec<Conversation>,
    /// Of those that were drained before.
    together: Together,
    notes: Vec<LinkNote>,
    copies: u64,
    evicted: u64,
}

/// Ends the captures of several points and joins what more than one of them saw.
#[must_use]
pub fn finish_together(points: Vec<Analyzer>) -> Analysis {
    let mut analysis = Analysis {
        conversations: Vec::new(),
        findings: Vec::new(),
        findings_left_out: 0,
        notes: Vec::new(),
        copies: 0,
        evicted: 0,
    };
    let mut lists = Vec::new();
    let mut together = Together::default();
    for point in points {
        let facts = point.facts();
        lists.push(facts.conversations);
        // Of several points none is drained before its end.
        together = facts.together;
        analysis.notes.extend(facts.notes);
        analysis.copies += facts.copies;
        analysis.evicted += facts.evicted;
    }
    // One point alone keeps the numbers that were given as conversations began.
    let joined = match lists.pop() {
        Some(only) if lists.is_empty() => only,
        last => {
            lists.extend(last);
            views::join(lists)
        }
    };
    analysis.conversations = joined.into_iter().map(|c| diagnosed(c, &mut together)).collect();
    (analysis.findings, analysis.findings_left_out) = together.finish();
    analysis
}

fn diagnosed(conversation: Conversation, together: &mut Together) -> Diagnosed {
    together.add(&conversation);
    let diagnosis = engine::diagnose(&conversation);
    Diagnosed { conversation, diagnosis }
}
