//! Totals of a report.

use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::Serialize;

use super::Conversation;
use super::Finding;
use crate::model::conversation::Outcome;
use crate::rules::Severity;

/// Totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Summary {
    pub conversations: usize,
    pub connected: usize,
    pub failed: usize,
    pub unknown: usize,
    pub faults: usize,
    pub warnings: usize,
    pub notices: usize,
}

impl AddAssign for Summary {
    fn add_assign(&mut self, more: Self) {
        self.conversations += more.conversations;
        self.connected += more.connected;
        self.failed += more.failed;
        self.unknown += more.unknown;
        self.faults += more.faults;
        self.warnings += more.warnings;
        self.notices += more.notices;
    }
}

impl Summary {
    pub(super) fn of(conversations: &[Conversation], findings: &[Finding]) -> Self {
        let mut summary = Self::default();
        for c in conversations {
            summary.add(c);
        }
        for f in findings {
            summary.count(f);
        }
        summary
    }

    /// Counts a conversation and its findings.
    pub fn add(&mut self, c: &Conversation) {
        self.conversations += 1;
        *match c.outcome {
            Outcome::Connected => &mut self.connected,
            Outcome::Failed => &mut self.failed,
            Outcome::Unknown => &mut self.unknown,
        } += 1;
        for f in &c.findings {
            self.count(f);
        }
    }

    /// The worst finding's severity.
    #[must_use]
    pub const fn worst(&self) -> Option<Severity> {
        match self {
            Self { faults: 1.., .. } => Some(Severity::Fault),
            Self { warnings: 1.., .. } => Some(Severity::Warning),
            Self { notices: 1.., .. } => Some(Severity::Notice),
            _ => None,
        }
    }

    /// Counts a finding.
    pub fn count(&mut self, f: &Finding) {
        *match f.severity {
            Severity::Fault => &mut self.faults,
            Severity::Warning => &mut self.warnings,
            Severity::Notice => &mut self.notices,
        } += 1;
    }
}
