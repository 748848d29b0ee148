//! Runs the rules on a conversation and decides which finding is the root cause.

use super::Certainty;
use super::Rule;
use super::Severity;
use super::catalog;
use super::finding::Finding;
use super::finding::Hit;
use crate::model::census::Census;
use crate::model::conversation::Conversation;
use crate::model::conversation::Outcome;

/// The findings of one conversation, primary first, and the verdict they lead to.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The model's outcome, or `Failed` where a rule proves it.
    pub outcome: Outcome,
    /// Findings; the primary one, if any, is the first.
    pub findings: Vec<Finding>,
    /// Whether the first finding is the root cause.
    pub has_primary: bool,
}

impl Diagnosis {
    /// The root cause.
    #[must_use]
    pub fn primary(&self) -> Option<&Finding> {
        self.findings.first().filter(|_| self.has_primary)
    }
}

/// Runs every rule.
#[must_use]
pub fn diagnose(conversation: &Conversation) -> Diagnosis {
    let mut findings: Vec<Finding> = catalog::all()
        .filter_map(|rule| (rule.check)(conversation).map(|hit| finding(rule, hit)))
        .collect();
    // What another capture of the same conversation proves outright holds here too.
    for view in &conversation.views {
        let elsewhere = catalog::all()
            .filter_map(|rule| (rule.check)(&view.conversation).map(|hit| finding(rule, hit)));
        for f in elsewhere.filter(|f| f.certainty == Certainty::Certain) {
            match findings.iter_mut().find(|own| own.rule.id == f.rule.id) {
                Some(own) if own.certainty < f.certainty => *own = f,
                Some(_) => {}
                None => findings.push(f),
            }
        }
    }
    fold(&mut findings);
    findings.sort_by_key(order);
    let connected = conversation.outcome == Outcome::Connected;
    let has_primary = findings.first().is_some_and(|f| may_be_root(f, connected));
    let outcome = if has_primary && !connected { Outcome::Failed } else { conversation.outcome };
    Diagnosis { outcome, findings, has_primary }
}

/// Runs the rules that look at all conversations together.
#[must_use]
pub fn diagnose_all(census: &Census) -> Vec<Finding> {
    let mut findings: Vec<Finding> = catalog::all()
        .filter_map(|rule| Some((rule, rule.across?)))
        .flat_map(|(rule, across)| across(census).into_iter().map(|hit| finding(rule, hit)))
        .collect();
    sort(&mut findings);
    findings
}

/// Puts findings in the order in which they are told: the likelier root cause first.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(order);
}

/// A fault is a root. Of a conversation that failed, a warning of the authentication layer may be the
/// best that can be said (PD0008); posture findings never are.
fn may_be_root(f: &Finding, connected: bool) -> bool {
    f.severity == Severity::Fault
        || (!connected && f.severity == Severity::Warning && f.rule.rank() < POSTURE)
}

/// Order of the findings: causes before posture, the earlier layer first, what a side said before what
/// is inferred from silence, the surer first.
fn order(f: &Finding) -> impl Ord + use<> {
    let below = f.severity != Severity::Fault;
    let unsure = std::cmp::Reverse(f.certainty);
    (below, f.rule.rank(), !f.explicit, unsure, f.rule.id)
}

/// Takes out findings that yield to a more specific one, and names them there.
fn fold(findings: &mut Vec<Finding>) {
    let fired: Vec<&'static str> = findings.iter().map(|f| f.rule.id).collect();
    let mut folded: Vec<(&'static str, &'static str)> = Vec::new();
    findings.retain(|f| match f.rule.yields_to.iter().find(|id| fired.contains(id)) {
        Some(cause) => {
            folded.push((cause, f.rule.id));
            false
        }
        None => true,
    });
    for (cause, consequence) in folded {
        if let Some(f) = findings.iter_mut().find(|f| f.rule.id == cause) {
            f.explains.push(consequence);
        }
    }
}

fn finding(rule: &'static Rule, hit: Hit) -> Finding {
    Finding {
        rule,
        severity: hit.severity.unwrap_or(rule.severity),
        certainty: hit.certainty,
        summary: hit.summary,
        detail: hit.detail,
        client_saw: hit.client_saw,
        evidence: hit.evidence,
        missing: hit.missing,
        explains: Vec::new(),
        conversations: hit.conversations,
        explicit: hit.explicit,
    }
}

/// Rank of the posture findings (PD8xxx).
const POSTURE: u8 = 8;
