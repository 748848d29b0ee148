//! What happens while a capture runs, one piece of news at a time: a line of text or an ndjson object of the
//! type `event`. The names are those of the report.

use std::fmt::Write as _;
use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::place;
use super::layout::cut;
use super::style::Paint;
use super::style::Style;
use super::view::Conversation;
use super::view::Finding;
use crate::base::time::Timestamp;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
use crate::rules::Severity;

/// A piece of news.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Event {
    /// When, by the clock of the capture.
    #[schemars(extend("format" = "date-time"))]
    pub time: String,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// In which conversation; left out where it is about the capture.
    #[serde(flatten)]
    pub conversation: Option<Of>,
    #[serde(skip)]
    at: Timestamp,
}

/// What happened.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum What {
    /// A conversation began.
    Began,
    /// It came to the step that `stage` names.
    Reached,
    /// Something is wrong with it.
    Found {
        /// What, as in the report.
        finding: Box<Finding>,
        /// Where the frames are kept that prove it, if they are.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        kept: Vec<Kept>,
    },
    /// What was found does not hold: later packets say otherwise.
    Withdrawn {
        /// Id of the rule.
        rule: &'static str,
        /// Its name.
        name: &'static str,
    },
    /// It is over.
    Ended {
        /// Rule of the root cause.
        primary: Option<&'static str>,
    },
    /// About the capture itself: an interface went away, frames were lost.
    Note {
        /// Stable code.
        code: &'static str,
        /// For people.
        text: String,
    },
}

/// The conversation that a piece of news is about.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Of {
    /// Its number.
    pub id: u32,
    /// Address of the client.
    pub client: String,
    /// Address of the server.
    pub server: String,
    /// Name that the user logs on with, once it is known.
    pub user: Option<String>,
    /// Step that it has come to.
    pub stage: &'static str,
    /// `connected`, `failed` or `unknown`, as far as can be told now.
    pub outcome: &'static str,
    #[serde(skip)]
    reached: Stage,
    #[serde(skip)]
    result: Outcome,
}

/// Where a frame is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Kept {
    /// Its number in the live capture.
    pub frame: u64,
    /// Name of the file.
    pub file: String,
    /// Its number in that file.
    pub number: u64,
}

impl Event {
    /// News of a conversation.
    #[must_use]
    pub fn of(c: &Conversation, at: Timestamp, what: What) -> Self {
        let of = Of {
            id: c.id,
            client: c.client.address.clone(),
            server: c.server.address.clone(),
            user: c.user().map(str::to_owned),
            stage: c.stage.name(),
            outcome: c.outcome.name(),
            reached: c.stage,
            result: c.outcome,
        };
        Self { time: at.rfc3339(), what, conversation: Some(of), at }
    }

    /// News of the capture.
    #[must_use]
    pub fn of_capture(at: Timestamp, what: What) -> Self {
        Self { time: at.rfc3339(), what, conversation: None, at }
    }

    /// News of the capture for which there is no rule.
    #[must_use]
    pub fn note(at: Timestamp, code: &'static str, text: String) -> Self {
        Self::of_capture(at, What::Note { code, text })
    }

    /// Writes it as one line of text. Time is UTC.
    pub fn text(&self, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        let (paint, told) = self.told();
        let who = self.conversation.as_ref().map_or_else(String::new, |c| {
            let user =
                c.user.as_deref().map_or_else(String::new, |u| format!(" ({})", cut(u, NAME)));
            format!("#{} {} → {}{user}  ", c.id, c.client, c.server)
        });
        let line = format!("{who}{told}");
        writeln!(out, "{}  {}", self.at.clock(), style.paint(paint, &style.plain(&line)))
    }

    /// When, by the clock of the capture.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What is said of it, without time and conversation.
    #[must_use]
    pub fn words(&self) -> String {
        self.told().1
    }

    fn told(&self) -> (Paint, String) {
        match &self.what {
            What::Began => (Paint::Quiet, "begins".to_owned()),
            What::Reached => {
                let stage = self.conversation.as_ref().map(|c| c.reached);
                match stage {
                    Some(Stage::Connected) => (Paint::Good, "connected".to_owned()),
                    Some(stage) => (Paint::Quiet, format!("at {}", stage.name())),
                    None => (Paint::Quiet, String::new()),
                }
            }
            What::Found { finding, kept } => found(finding, kept),
            What::Withdrawn { rule, name } => {
                (Paint::Doubt, format!("withdrawn: {rule} {name}: later packets say otherwise"))
            }
            What::Ended { primary } => self.ended(*primary),
            What::Note { text, .. } => (Paint::Doubt, text.clone()),
        }
    }

    fn ended(&self, primary: Option<&'static str>) -> (Paint, String) {
        let Some(c) = &self.conversation else { return (Paint::Plain, "ended".to_owned()) };
        let cause = primary.map_or_else(String::new, |rule| format!(", {rule}"));
        match c.result {
            Outcome::Connected => (Paint::Plain, format!("ended, was connected{cause}")),
            Outcome::Failed => (Paint::Bad, format!("ended, failed at {}{cause}", c.stage)),
            Outcome::Unknown => (Paint::Doubt, format!("ended at {}{cause}", c.stage)),
        }
    }
}

fn found(f: &Finding, kept: &[Kept]) -> (Paint, String) {
    let paint = match f.severity {
        Severity::Fault => Paint::Bad,
        Severity::Warning => Paint::Doubt,
        Severity::Notice => Paint::Quiet,
    };
    let mut text = format!(
        "{} {} ({}): {}",
        f.severity.name().to_uppercase(),
        f.label(),
        f.certainty.name(),
        f.summary
    );
    if let Some(fix) = f.fix.first() {
        let _ = write!(text, " · {}: {}", place(fix.on), cut(&fix.text, FIX));
    }
    match kept {
        [first, .., last] if first.file == last.file => {
            let _ = write!(text, " · {} frames {} to {}", first.file, first.number, last.number);
        }
        [first, ..] => {
            let _ = write!(text, " · {} frame {}", first.file, first.number);
        }
        [] => {}
    }
    (paint, text)
}

/// Characters of a user name, and of the first step of a fix.
const NAME: usize = 24;
const FIX: usize = 120;
