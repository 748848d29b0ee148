//! What a report says, as data: the mirror of an analysis that every format renders, and whose JSON is
//! schema 1. The model and the rules know nothing of it.
//!
//! All text that may come from a peer, a capture or a file name passes [`visible`] here, exactly once.
//!
//! [`visible`]: crate::base::text::visible

mod call;
mod conversation;
mod filter;
mod finding;
mod inner;
mod inside;
mod missing;
mod names;
mod private;
mod rest;
mod selection;
pub mod series;
mod summary;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use self::series::Echo;
use self::series::Series;
use crate::base::text::visible;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::capture::CaptureFacts;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
use crate::model::event::Kind;
use crate::rules::Certainty;
use crate::rules::Severity;

pub use conversation::conversation;
pub use conversation::outline;
pub use filter::Filter;
pub use finding::across;
pub use missing::capture_command;
pub use private::Name;
pub use private::Whose;
pub use rest::Rest;
pub(super) use rest::Server;
pub use selection::Selection;
pub use summary::Summary;

/// A whole report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct View {
    /// Version of this form: 1.
    pub schema: u32,
    /// Who wrote it.
    pub program: Program,
    /// Captures, in the order in which they were read; evidence refers to them by index.
    pub captures: Vec<Capture>,
    /// Conversations, in the order in which they began.
    pub conversations: Vec<Conversation>,
    /// Findings about the capture as a whole.
    pub findings: Vec<Finding>,
    /// What limits this analysis as a whole.
    pub notes: Vec<Note>,
    /// Totals.
    pub summary: Summary,
    /// Conversations that are only counted.
    #[serde(skip)]
    pub rest: Rest,
}

/// Name and version of this program.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Program {
    pub name: &'static str,
    pub version: &'static str,
}

/// A capture.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Capture {
    /// File name as given, `-` for standard input.
    pub name: String,
    /// `pcap`, `pcapng` …
    pub format: &'static str,
    /// Names of the tcpdump.org registry; `LINKTYPE_n` for a value without a name here.
    pub link_types: Vec<String>,
    /// Frames read.
    pub frames: u64,
    /// Earliest frame.
    pub first: Option<String>,
    /// Latest frame.
    pub last: Option<String>,
    /// Frames shorter than on the wire.
    pub cut_frames: u64,
    /// What a reader should know about it.
    pub notes: Vec<Note>,
    /// Time from the earliest to the latest frame.
    #[serde(skip)]
    pub duration: Option<Span>,
}

/// A remark with a stable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Note {
    pub code: String,
    pub text: String,
}

/// A conversation as another capture shows it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OtherView {
    /// Index of that capture (of the first of them, where it is rotated).
    pub capture: u32,
    /// Where it was taken.
    pub capture_point: Place,
    /// Seconds by which its clock is ahead of the leading capture's, where packets tell.
    pub clock_ahead: Option<f64>,
    /// Numbered GRE packets that were lost between the two points.
    pub lost: Lost,
}

/// Packets lost on the way, per direction; null where the captures do not lie on both sides.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Lost {
    pub to_server: Option<u64>,
    pub to_client: Option<u64>,
}

/// A conversation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Conversation {
    /// Number, from 1.
    pub id: u32,
    /// PNS.
    pub client: Peer,
    /// PAC.
    pub server: Peer,
    /// First packet.
    #[schemars(extend("format" = "date-time"))]
    pub started: String,
    /// Newest packet.
    #[schemars(extend("format" = "date-time"))]
    pub ended: String,
    /// Seconds from the first to the newest packet.
    pub duration: f64,
    /// Whether the connection came about.
    #[serde(serialize_with = "names::write_outcome")]
    #[schemars(schema_with = "names::outcome")]
    pub outcome: Outcome,
    /// First step that did not complete.
    #[serde(serialize_with = "names::write_stage")]
    #[schemars(schema_with = "names::stage")]
    pub stage: Stage,
    /// Rule of the root cause.
    pub primary: Option<&'static str>,
    /// Calls.
    pub calls: Vec<Call>,
    /// Findings, the root cause first.
    pub findings: Vec<Finding>,
    /// Where the capture was taken.
    pub capture_point: Place,
    /// The same conversation in other captures, taken elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<OtherView>,
    /// Control connections; above 1 where the client tried again at once.
    pub control_attempts: usize,
    /// What the capture lacks for a verdict.
    pub missing: Vec<String>,
    /// Limits that this conversation reached.
    pub notes: Vec<Note>,
    /// All messages, where asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Step>,
    /// What text formats need besides.
    #[serde(skip)]
    pub shown: Shown,
}

/// What only text formats use.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Shown {
    pub started: Timestamp,
    pub duration: Span,
    /// Whether it is certain which side is the client.
    pub oriented: bool,
    /// Newest messages, where no rule explains the failure.
    pub last_steps: Vec<Step>,
    /// Findings that the filter took out.
    pub hidden: usize,
    /// Who ended it, if a side did.
    pub ended_by: Option<&'static str>,
    /// Port of the control connection.
    pub port: u16,
    /// Names of users, hosts and domains that its messages carry.
    pub names: Vec<Name>,
}

/// One side.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Peer {
    /// Address.
    #[schemars(extend("format" = "ip"))]
    pub address: String,
    /// TCP port; none where only GRE was seen.
    pub port: Option<u16>,
    /// Software, as far as its messages tell.
    pub implementation: Option<String>,
    /// Whether that sign is a known one; `false`: by analogy only.
    pub implementation_verified: Option<bool>,
}

/// Where a capture was taken, and what tells it.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Place {
    #[schemars(schema_with = "names::place")]
    pub place: &'static str,
    pub because: &'static str,
    #[serde(skip)]
    pub words: &'static str,
}

/// A call.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Call {
    /// Call id that the client gave itself.
    pub client_call_id: Option<u16>,
    /// Call id that the server gave itself.
    pub server_call_id: Option<u16>,
    /// First step that did not complete.
    #[serde(serialize_with = "names::write_stage")]
    #[schemars(schema_with = "names::stage")]
    pub stage: Stage,
    /// Authentication of the client.
    pub authentication: Authentication,
    /// Encryption that both sides agreed on.
    pub encryption: Option<Encryption>,
    /// Address that the server gave the client.
    #[schemars(extend("format" = "ip"))]
    pub client_address: Option<String>,
    /// GRE packets.
    pub frames: Pair,
    /// Octets of user data.
    pub bytes: Pair,
    /// What the given secrets opened of it; only with secrets, and where anything is encrypted or
    /// compressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<Inside>,
    /// Its traffic over time, with the messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
    /// Round trips of its echoes, some of many, with the messages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub echoes: Vec<Echo>,
}

/// What was opened of a call.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Inside {
    /// From the client to the server.
    pub to_server: Option<Way>,
    /// From the server to the client.
    pub to_client: Option<Way>,
}

/// What was opened of one direction.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Way {
    /// Encrypted or compressed packets.
    pub packets: u64,
    /// Those that were opened.
    pub opened: u64,
    /// Those of them whose IP header checksum proves it.
    pub proven: u64,
    /// Number of the authentication in the call, from 1, that the keys come from.
    pub keyed_by_attempt: Option<u32>,
    /// Number of the Response in it, from 1.
    pub keyed_by_response: Option<u32>,
    /// Index of the capture that holds that Response.
    pub capture: Option<u32>,
    /// Its frame there.
    pub frame: Option<u64>,
    /// Length of the keys.
    pub key_bits: Option<u16>,
    /// How often packets could not be read because one before them was missing.
    pub lost_sync: u32,
    /// Why packets stay closed, where some do: the weightiest reason.
    pub why_closed: Option<&'static str>,
}

/// The attempt that decides.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Authentication {
    /// Method; none where neither LCP nor the packets show one.
    #[schemars(schema_with = "names::method")]
    pub method: Option<&'static str>,
    /// User name as sent.
    pub user: Option<String>,
    /// `success`, `failure`, `incomplete`, `not-seen`.
    #[schemars(schema_with = "names::result")]
    pub result: &'static str,
    /// Whether the given secret made the Response; only with secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "names::verified")]
    pub verified: Option<&'static str>,
}

/// Agreed encryption.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Encryption {
    pub method: &'static str,
    pub bits: u16,
    pub stateless: bool,
}

/// A count per direction.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Pair {
    pub to_server: u64,
    pub to_client: u64,
}

/// A rule that fired.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// Id of the rule.
    pub rule: Cow<'static, str>,
    /// Its name; of a site's rule its title.
    pub name: Cow<'static, str>,
    /// Whose rule it is.
    #[serde(serialize_with = "names::write_origin")]
    #[schemars(schema_with = "names::origin")]
    pub origin: Origin,
    /// How bad.
    #[serde(serialize_with = "names::write_severity")]
    #[schemars(schema_with = "names::severity")]
    pub severity: Severity,
    /// How sure.
    #[serde(serialize_with = "names::write_certainty")]
    #[schemars(schema_with = "names::certainty")]
    pub certainty: Certainty,
    /// One line.
    pub summary: String,
    /// This case, with its numbers.
    pub detail: String,
    /// What the user saw.
    pub client_sees: Vec<Cow<'static, str>>,
    /// Frames that prove it.
    pub evidence: Vec<Evidence>,
    /// What to change, in order.
    pub fix: Vec<Fix>,
    /// Sources.
    pub references: Vec<Cow<'static, str>>,
    /// Wireshark display filter for the evidence, for the capture of its first frame.
    pub filter: String,
    /// What this capture cannot decide.
    pub missing: Option<String>,
    /// Rules that fired too and are consequences of this one.
    pub explains: Vec<&'static str>,
    /// Numbers of the conversations that it takes, where it takes several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conversations: Vec<u32>,
}

/// Whose rule made a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Of the catalogue of this program.
    Catalogue,
    /// Of the site: the operator's own.
    Site,
}

/// A frame that proves something.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Evidence {
    /// Index of the capture.
    pub capture: u32,
    /// Number of the frame there.
    pub frame: u64,
    /// What it shows.
    pub text: String,
    /// Capture time.
    #[schemars(extend("format" = "date-time"))]
    pub time: String,
    /// Sender, `client` or `server`, where the timeline has the frame.
    #[schemars(schema_with = "names::sender_if_known")]
    pub from: Option<&'static str>,
    /// Whether this frame is to blame, as against those that lead there.
    pub culprit: bool,
    /// Time since the conversation began.
    #[serde(skip)]
    pub offset: Span,
}

/// One step of a fix.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Fix {
    #[schemars(schema_with = "names::machine")]
    pub on: &'static str,
    pub text: Cow<'static, str>,
}

/// One message of the timeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Step {
    /// Capture time.
    #[schemars(extend("format" = "date-time"))]
    pub time: String,
    /// Index of the capture.
    pub capture: u32,
    /// Number of the frame there.
    pub frame: u64,
    /// Sender: `client` or `server`.
    #[schemars(schema_with = "names::sender")]
    pub from: &'static str,
    /// Number of the call, from 1, where it belongs to one.
    pub call: Option<u8>,
    /// Name of the message.
    pub label: String,
    /// Identifier and fields that matter.
    pub detail: String,
    /// Time since the conversation began.
    #[serde(skip)]
    pub offset: Span,
    /// Protocol.
    #[serde(skip)]
    pub kind: Kind,
}

/// What the mirror of a conversation is to hold.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// All messages, and the traffic over time.
    pub timeline: bool,
    /// Whether secrets were given: only then `verified` is stated.
    pub secrets: bool,
    /// Whether the names that its messages carry are wanted, to be replaced.
    pub names: bool,
    /// Which findings are kept.
    pub filter: Filter,
}

impl View {
    /// Joins captures and conversations, which are told in the order given, and counts.
    #[must_use]
    pub fn new(
        captures: Vec<Capture>,
        conversations: Vec<Conversation>,
        findings: Vec<Finding>,
        notes: Vec<Note>,
    ) -> Self {
        let summary = Summary::of(&conversations, &findings);
        let rest = Rest::default();
        Self {
            schema: SCHEMA,
            program: PROGRAM,
            captures,
            conversations,
            findings,
            notes,
            summary,
            rest,
        }
    }

    /// Every finding.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(self.conversations.iter().flat_map(|c| &c.findings))
    }
}

impl Capture {
    /// From the reader's facts; `more` are notes of other layers on this capture.
    #[must_use]
    pub fn new(facts: &CaptureFacts, more: impl IntoIterator<Item = Note>) -> Self {
        let own = facts.notes.iter().map(|n| Note::new(n.code, &n.text));
        let link_name = |l: &crate::base::frame::LinkType| {
            l.name().map_or_else(|| format!("LINKTYPE_{}", l.0), str::to_owned)
        };
        Self {
            name: visible(&facts.name, LONGEST_NAME),
            format: facts.format,
            link_types: facts.link_types.iter().map(link_name).collect(),
            frames: facts.frames,
            first: facts.first.map(Timestamp::rfc3339),
            last: facts.last.map(Timestamp::rfc3339),
            cut_frames: facts.cut_frames,
            notes: own.chain(more).collect(),
            duration: facts.first.zip(facts.last).map(|(first, last)| last - first),
        }
    }
}

impl Note {
    /// A note with its text made visible.
    #[must_use]
    pub fn new(code: &str, text: &str) -> Self {
        Self { code: code.to_owned(), text: visible(text, LONGEST_TEXT) }
    }
}

impl Conversation {
    /// The root cause.
    #[must_use]
    pub fn primary_finding(&self) -> Option<&Finding> {
        self.findings.first().filter(|f| self.primary == Some(&*f.rule))
    }

    /// Whether all of its faults are breaches of the site's own rules: the connection itself is sound.
    #[must_use]
    pub fn only_site_faults(&self) -> bool {
        let mut faults = self.findings.iter().filter(|f| f.severity == Severity::Fault).peekable();
        faults.peek().is_some() && faults.all(|f| f.origin == Origin::Site)
    }

    /// The worst finding's severity, if it is worse than a notice: notices make no connection less
    /// healthy.
    #[must_use]
    pub fn trouble(&self) -> Option<Severity> {
        self.worst().filter(|s| *s > Severity::Notice)
    }

    /// The name that the user logs on with, in the newest call.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.calls.last().and_then(|call| call.authentication.user.as_deref())
    }

    /// The worst finding's severity.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|f| f.severity).max()
    }
}

impl Finding {
    /// The rule as a reader should know it: `PD2001 gre-no-return`, `SITE-001 (site rule)`.
    #[must_use]
    pub fn label(&self) -> String {
        match self.origin {
            Origin::Catalogue => format!("{} {}", self.rule, self.name),
            Origin::Site => format!("{} (site rule)", self.rule),
        }
    }
}

impl Origin {
    /// The name fixed by the report's schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Site => "site",
        }
    }
}

/// This program.
pub(super) const PROGRAM: Program =
    Program { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
/// Version of the report's form.
pub(super) const SCHEMA: u32 = 1;
/// Characters kept of a name from the wire or of a file.
const LONGEST_NAME: usize = 200;
/// Characters kept of a line.
const LONGEST_LINE: usize = 600;
/// Characters kept of a paragraph.
const LONGEST_TEXT: usize = 4000;

#[cfg(test)]
pub(crate) mod tests;
