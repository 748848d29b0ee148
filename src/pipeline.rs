//! Wires the stages together: push frames in, drain closed conversations, finish. No I/O and no clock,
//! so that files, live capture, tests, fuzzers and benches drive the same code.

use crate::base::frame::Frame;
use crate::base::time::Timestamp;
use crate::crypto::secret::Secrets;
use crate::flow::Flow;
use crate::link::LinkNote;
use crate::link::Linker;
use crate::model::build::Builder;
use crate::model::conversation::Conversation;
use crate::rules::engine;
use crate::rules::engine::Diagnosis;

/// What an analysis may be told.
#[derive(Debug, Default)]
pub struct Options {
    /// TCP ports of control connections besides 1723.
    pub ports: Vec<u16>,
    /// Passwords or hashes to test Responses against.
    pub secrets: Secrets,
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
}

/// What is left when the last frame was pushed.
#[derive(Debug)]
pub struct Analysis {
    /// Conversations that were not drained before, in the order in which they began.
    pub conversations: Vec<Diagnosed>,
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
        let Options { ports, secrets } = options;
        Self {
            linker: Linker::new(&ports),
            flow: Flow::new(&ports),
            builder: Builder::new(secrets),
        }
    }

    /// Takes the next frame.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.builder.tick(frame.at);
        let Some(datagram) = self.linker.datagram(frame) else { return };
        let builder = &mut self.builder;
        self.flow.push(&datagram, &mut |item| builder.observe(&item));
    }

    /// Lets time pass without a frame (live capture).
    pub fn tick(&mut self, now: Timestamp) {
        self.builder.tick(now);
    }

    /// Conversations that ended since the last call.
    pub fn drain_closed(&mut self) -> impl Iterator<Item = Diagnosed> + '_ {
        self.builder.drain_closed().map(diagnosed)
    }

    /// Ends the capture.
    #[must_use]
    pub fn finish(mut self) -> Analysis {
        let builder = &mut self.builder;
        self.flow.finish(&mut |item| builder.observe(&item));
        self.builder.finish();
        let mut conversations: Vec<Diagnosed> =
            self.builder.drain_closed().map(diagnosed).collect();
        conversations.sort_by_key(|d| d.conversation.id);
        Analysis {
            conversations,
            notes: self.linker.notes().to_vec(),
            copies: self.flow.copies_seen(),
            evicted: self.builder.evicted(),
        }
    }
}

fn diagnosed(conversation: Conversation) -> Diagnosed {
    let diagnosis = engine::diagnose(&conversation);
    Diagnosed { conversation, diagnosis }
}
