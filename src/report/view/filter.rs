//! Which findings of a conversation are shown, and counted for the exit status.

use super::Conversation;
use super::Finding;
use crate::rules::Certainty;
use crate::rules::Severity;

/// Which findings are shown, and counted for the exit status.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// At least this bad.
    pub severity: Option<Severity>,
    /// At least this sure.
    pub certainty: Option<Certainty>,
    /// Ids of rules; empty for all.
    pub rules: Vec<String>,
}

impl Filter {
    /// Whether it passes.
    #[must_use]
    pub fn keeps(&self, f: &Finding) -> bool {
        self.admits(&f.rule, f.severity, f.certainty)
    }

    /// Whether a finding of this rule passes that is so bad and so sure.
    #[must_use]
    pub fn admits(&self, rule: &str, severity: Severity, certainty: Certainty) -> bool {
        self.severity.is_none_or(|least| severity >= least)
            && self.certainty.is_none_or(|least| certainty >= least)
            && (self.rules.is_empty() || self.rules.iter().any(|id| rule.eq_ignore_ascii_case(id)))
    }
}

impl Conversation {
    /// Takes out the findings that the filter does not keep, the root cause among them, and counts them
    /// as hidden.
    pub fn keep(&mut self, filter: &Filter) {
        if self.primary_finding().is_some_and(|f| !filter.keeps(f)) {
            self.primary = None;
        }
        let before = self.findings.len();
        self.findings.retain(|f| filter.keeps(f));
        self.shown.hidden += before - self.findings.len();
    }
}
