//! A conversation as a row of the table: what was told of it, and nothing that was not.

use std::net::IpAddr;
use std::rc::Rc;

use crate::base::time::Timestamp;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
use crate::report::event::Event;
use crate::report::event::What;
use crate::report::view::Conversation;
use crate::report::view::Finding;
use crate::rules::Severity;

/// A row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: u32,
    pub(super) stage: Stage,
    pub(super) user: Option<String>,
    pub(super) client: String,
    pub(super) server: String,
    /// The client's, to sort by.
    pub(super) address: Option<IpAddr>,
    pub(super) started: Timestamp,
    /// Its newest packet.
    pub(super) newest: Timestamp,
    /// Nothing but late packets can come.
    pub(super) ended: bool,
    pub(super) health: Health,
    /// Since when it is as healthy as that.
    pub(super) since: Timestamp,
    /// What is wrong with it, where something is.
    pub(super) cause: Option<Cause>,
    /// All of it, once it is closed.
    pub(super) whole: Option<Rc<Conversation>>,
    /// Rules that were told and not withdrawn.
    told: Vec<String>,
    outcome: Outcome,
    /// What a filter looks at, in small letters.
    words: String,
}

/// How a conversation is, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Health {
    /// It stands, and nothing is wrong.
    Ok,
    /// It is coming about.
    Dialing,
    /// It is over, and the capture does not tell how it went.
    Unclear,
    Warning,
    /// It failed, and no rule says why.
    Failed,
    Fault,
}

/// The root cause, as far as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// Id and name of the rule.
    pub(super) label: String,
    /// Id of the rule.
    pub(super) rule: String,
    pub(super) certainty: &'static str,
    pub(super) summary: String,
    severity: Severity,
}

impl Health {
    /// Never colour alone: this stands there as well.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Dialing => "dialing",
            Self::Unclear => "unclear",
            Self::Warning => "warning",
            Self::Failed => "FAILED",
            Self::Fault => "FAULT",
        }
    }

    /// Whether somebody must do something.
    pub(super) fn is_bad(self) -> bool {
        self >= Self::Failed
    }
}

impl Row {
    /// A conversation of which nothing was told yet.
    pub(super) fn new(c: &Conversation) -> Self {
        let mut row = Self {
            id: c.id,
            stage: c.stage,
            user: None,
            client: c.client.address.clone(),
            server: c.server.address.clone(),
            address: None,
            started: c.shown.started,
            newest: c.shown.started,
            ended: false,
            health: Health::Dialing,
            since: c.shown.started,
            cause: None,
            whole: None,
            told: Vec::new(),
            outcome: c.outcome,
            words: String::new(),
        };
        row.take(c, c.shown.started);
        row
    }

    /// Takes a piece of news; `c` is the conversation as it is now.
    pub(super) fn hear(&mut self, event: &Event, c: &Conversation) {
        match &event.what {
            What::Found { finding, .. } if !self.told.iter().any(|t| *t == finding.rule) => {
                self.told.push(finding.rule.to_string());
            }
            What::Withdrawn { rule, .. } => self.told.retain(|t| t != rule),
            What::Ended { .. } => self.ended = true,
            _ => {}
        }
        self.take(c, event.at());
    }

    /// It is closed: this is all of it.
    pub(super) fn close(&mut self, c: Rc<Conversation>) {
        self.ended = true;
        self.take(&c, c.shown.started + c.shown.duration);
        self.whole = Some(c);
    }

    /// Whether the conversation failed, as far as can be told.
    pub(super) fn failed(&self) -> bool {
        self.ended && self.outcome == Outcome::Failed
    }

    /// Whether it holds this text, which is in small letters, in an address, a user's name or a rule.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.words.contains(text)
    }

    fn take(&mut self, c: &Conversation, now: Timestamp) {
        self.stage = c.stage;
        self.outcome = c.outcome;
        self.user = c.user().map(str::to_owned);
        self.client.clone_from(&c.client.address);
        self.server.clone_from(&c.server.address);
        self.address = self.client.parse().ok();
        self.started = c.shown.started;
        self.newest = self.newest.max(c.shown.started + c.shown.duration);
        let known = |f: &&Finding| {
            f.severity > Severity::Notice && (self.ended || self.told.iter().any(|t| *t == f.rule))
        };
        let worst = c.findings.iter().filter(known).map(|f| f.severity).max();
        self.cause = c.findings.iter().find(known).map(|f| Cause {
            label: f.label(),
            rule: f.rule.to_string(),
            certainty: f.certainty.name(),
            summary: f.summary.clone(),
            severity: f.severity,
        });
        let health = match (worst, c.outcome) {
            (Some(Severity::Fault), _) => Health::Fault,
            (_, Outcome::Failed) if self.ended => Health::Failed,
            (Some(_), _) => Health::Warning,
            (None, Outcome::Connected) => Health::Ok,
            (None, _) if self.ended => Health::Unclear,
            (None, _) => Health::Dialing,
        };
        if health != self.health {
            self.health = health;
            self.since = now;
        }
        let user = self.user.as_deref().unwrap_or_default();
        let rule = self.cause.as_ref().map_or("", |c| c.label.as_str());
        let words = format!("#{}\n{}\n{}\n{user}\n{rule}", self.id, self.client, self.server);
        self.words = words.to_lowercase();
    }
}

impl Cause {
    /// What the report's headline says, short enough for two lines.
    pub(super) fn sentence(&self) -> String {
        let severity = self.severity.name().to_uppercase();
        format!("{severity} {}, {}: {}", self.rule, self.certainty, self.summary)
    }
}
