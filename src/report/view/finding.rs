//! The mirror of one finding.

use super::Evidence;
use super::Finding;
use super::Fix;
use super::LONGEST_LINE;
use super::LONGEST_TEXT;
use crate::base::text::visible;
use crate::model::conversation::Conversation;
use crate::rules::finding as rules;

pub(super) fn mirror(f: &rules::Finding, c: &Conversation) -> Finding {
    let first_capture = f.evidence.first().map(|e| e.mark.frame.capture);
    Finding {
        rule: f.rule.id,
        name: f.rule.name,
        severity: f.severity,
        certainty: f.certainty,
        summary: visible(&f.summary, LONGEST_LINE),
        detail: visible(&f.detail, LONGEST_TEXT),
        client_sees: f.client_sees.iter().map(|t| visible(t, LONGEST_LINE)).collect(),
        evidence: f.evidence.iter().map(|e| evidence(e, c)).collect(),
        fix: f
            .fix
            .iter()
            .map(|s| Fix { on: s.on.name(), text: visible(&s.text, LONGEST_TEXT) })
            .collect(),
        references: f.references.iter().map(|t| visible(t, LONGEST_LINE)).collect(),
        filter: first_capture.map(|n| f.filter(n)).unwrap_or_default(),
        missing: f.missing.as_ref().map(|t| visible(t, LONGEST_TEXT)),
        explains: f.explains.clone(),
    }
}

fn evidence(e: &rules::Evidence, c: &Conversation) -> Evidence {
    // Two messages of one frame have one sender.
    let event = c.timeline.iter().find(|event| event.mark.frame == e.mark.frame);
    Evidence {
        capture: e.mark.frame.capture,
        frame: e.mark.frame.number,
        text: visible(&e.text, LONGEST_LINE),
        time: e.mark.at.rfc3339(),
        from: event.map(|event| event.dir.sender()),
        culprit: e.culprit,
        offset: e.mark.at - c.started.at,
    }
}
