//! The site's own rules: conditions over the report, written by the operator in TOML files, and the
//! findings they lead to.
//!
//! A rule sees what the JSON report says of one conversation ([`view::Conversation`]) and nothing else.
//! Which fields there are, of what type, comes from the report's JSON schema, so that a misspelt name is
//! refused when the rules are loaded and never just does not match. Files are handed in as text: this
//! layer reads none.

mod address;
mod apply;
mod check;
mod compare;
mod evaluate;
mod expression;
mod fields;
mod load;
mod page;
mod place;
mod rule;
#[cfg(test)]
mod tests;

use crate::report::view;
use crate::rules::Severity;
use crate::rules::page::FixStep;
use expression::Condition;

pub use load::Source;
pub use load::load;
pub use place::Mistake;

/// The site's own rules, sound and in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub struct SiteRules {
    rules: Vec<Rule>,
}

/// A rule of the site.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Capital letters, digits and hyphens; never of the form of our own ids.
    pub id: String,
    /// One line.
    pub title: String,
    /// How bad it is where the condition holds.
    pub severity: Severity,
    /// The condition as written.
    pub when: String,
    /// One line about a case.
    pub summary: String,
    /// A paragraph; may be empty.
    pub detail: String,
    /// What the user sees.
    pub client_sees: Vec<String>,
    /// What to change, in order.
    pub fix: Vec<FixStep>,
    /// Where to read on.
    pub references: Vec<String>,
    /// File that it stands in.
    pub file: String,
    condition: Condition,
}

impl SiteRules {
    /// All.
    #[must_use]
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// A rule by its id, in capitals or not.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<&Rule> {
        self.rules.iter().find(|r| r.id.eq_ignore_ascii_case(word.trim()))
    }

    /// Whether a condition asks for messages or the traffic over time: the mirror then needs its
    /// timeline.
    #[must_use]
    pub fn need_timeline(&self) -> bool {
        self.rules.iter().any(|r| check::mentions(&r.condition, &OVER_TIME))
    }

    /// Adds a finding for each rule that holds of a conversation. Each goes behind the findings that are
    /// as bad or worse; the root cause stays what it is.
    pub fn apply(&self, conversation: &mut view::Conversation) {
        if !self.rules.is_empty() {
            apply::apply(&self.rules, conversation);
        }
    }
}

/// List of messages in the report.
const TIMELINE: &str = "timeline";
/// Fields of the report that are filled with the timeline only.
const OVER_TIME: [&str; 3] = [TIMELINE, "series", "echoes"];
/// List of findings in the report.
const FINDINGS: &str = "findings";
