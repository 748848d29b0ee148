//! Rules that hold → findings of the report's mirror.

use std::borrow::Cow;

use super::Rule;
use super::evaluate;
use super::evaluate::Element;
use crate::base::limits;
use crate::report::view::Conversation;
use crate::report::view::Evidence;
use crate::report::view::Finding;
use crate::report::view::Fix;
use crate::report::view::Origin;
use crate::report::view::Step;
use crate::rules::Certainty;
use crate::rules::finding::display_filter;

/// Every rule is asked before the first finding is added: a rule sees the catalogue's findings only.
pub(super) fn apply(rules: &[Rule], conversation: &mut Conversation) {
    let Ok(facts) = serde_json::to_value(&*conversation) else { return };
    let mut new = Vec::new();
    for rule in rules {
        let mut found = Vec::new();
        if evaluate::holds(&rule.condition, &facts, &mut found) {
            new.push(finding(rule, evidence(&found, conversation)));
        }
    }
    for f in new {
        let worse = conversation.findings.iter().rposition(|other| other.severity >= f.severity);
        let root = usize::from(conversation.primary_finding().is_some());
        let at = worse.map_or(0, |n| n + 1).max(root);
        conversation.findings.insert(at, f);
    }
}

fn finding(rule: &Rule, evidence: Vec<Evidence>) -> Finding {
    let capture = evidence.first().map(|e| e.capture);
    let there = evidence.iter().filter(|e| Some(e.capture) == capture);
    Finding {
        rule: rule.id.clone().into(),
        name: rule.title.clone().into(),
        origin: Origin::Site,
        severity: rule.severity,
        certainty: Certainty::Certain,
        summary: rule.summary.clone(),
        detail: rule.detail.clone(),
        client_sees: rule.client_sees.iter().cloned().map(Cow::Owned).collect(),
        filter: display_filter(there.map(|e| e.frame)),
        evidence,
        fix: rule
            .fix
            .iter()
            .map(|s| Fix { on: s.on.name(), text: s.text.clone().into() })
            .collect(),
        references: rule.references.iter().cloned().map(Cow::Owned).collect(),
        missing: None,
        explains: Vec::new(),
        conversations: Vec::new(),
    }
}

/// The frames of the messages and findings that made a rule hold, each once, by time.
fn evidence(found: &[Element], conversation: &Conversation) -> Vec<Evidence> {
    let mut out: Vec<Evidence> = Vec::new();
    for element in found {
        let frames = match *element {
            Element::Message(n) => conversation.timeline.get(n).map(message).into_iter().collect(),
            Element::Finding(n) => {
                conversation.findings.get(n).map(|f| f.evidence.clone()).unwrap_or_default()
            }
        };
        for frame in frames {
            let known = out.iter().any(|e| (e.capture, e.frame) == (frame.capture, frame.frame));
            if !known && out.len() < limits::SITE_EVIDENCE {
                out.push(frame);
            }
        }
    }
    out.sort_by_key(|e| e.offset);
    out
}

fn message(step: &Step) -> Evidence {
    let text = match step.detail.as_str() {
        "" => step.label.clone(),
        detail => format!("{}  {detail}", step.label),
    };
    Evidence {
        capture: step.capture,
        frame: step.frame,
        text,
        time: step.time.clone(),
        from: Some(step.from),
        culprit: false,
        offset: step.offset,
    }
}
