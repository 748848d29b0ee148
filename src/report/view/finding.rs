//! The mirror of one finding.

use super::Evidence;
use super::Finding;
use super::Fix;
use super::LONGEST_LINE;
use super::LONGEST_TEXT;
use super::Origin;
use crate::base::text::visible;
use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::rules::finding as rules;

/// Mirrors a finding that takes several conversations; times count from its first frame.
#[must_use]
pub fn across(f: &rules::Finding) -> Finding {
    let began = f.evidence.first().map(|e| e.mark.at).unwrap_or_default();
    let of = |e: &rules::Evidence| Evidence {
        capture: e.mark.frame.capture(),
        frame: e.mark.frame.number(),
        text: visible(&e.text, LONGEST_LINE),
        time: e.mark.at.rfc3339(),
        from: None,
        culprit: e.culprit,
        offset: e.mark.at - began,
    };
    mirror_with(f, of)
}

/// Which rule, how bad, how sure: all that counts of a finding that is not told.
pub(super) fn outline(f: &rules::Finding) -> Finding {
    Finding {
        rule: f.rule.id.into(),
        name: f.rule.name.into(),
        origin: Origin::Catalogue,
        severity: f.severity,
        certainty: f.certainty,
        summary: String::new(),
        detail: String::new(),
        client_sees: Vec::new(),
        evidence: Vec::new(),
        fix: Vec::new(),
        references: Vec::new(),
        filter: String::new(),
        missing: None,
        explains: Vec::new(),
        conversations: Vec::new(),
    }
}

pub(super) fn mirror(f: &rules::Finding, c: &Conversation) -> Finding {
    mirror_with(f, |e| evidence(e, c))
}

fn mirror_with(f: &rules::Finding, of: impl Fn(&rules::Evidence) -> Evidence) -> Finding {
    // The catalogue's own words are shared by all findings, and need not be made visible.
    let advice = f.rule.advice();
    let first_capture = f.evidence.first().map(|e| e.mark.frame.capture());
    Finding {
        rule: f.rule.id.into(),
        name: f.rule.name.into(),
        origin: Origin::Catalogue,
        severity: f.severity,
        certainty: f.certainty,
        summary: visible(&f.summary, LONGEST_LINE),
        detail: visible(&f.detail, LONGEST_TEXT),
        client_sees: {
            let here = f.client_saw.iter().map(|t| visible(t, LONGEST_LINE).into());
            here.chain(advice.client_sees.iter().map(|t| t.as_str().into())).collect()
        },
        evidence: f.evidence.iter().map(of).collect(),
        fix: advice
            .fix
            .iter()
            .map(|s| Fix { on: s.on.name(), text: s.text.as_str().into() })
            .collect(),
        references: advice.references.iter().map(|t| t.as_str().into()).collect(),
        filter: first_capture.map(|n| f.filter(n)).unwrap_or_default(),
        missing: f.missing.as_ref().map(|t| visible(t, LONGEST_TEXT)),
        explains: f.explains.clone(),
        conversations: f.conversations.clone(),
    }
}

fn evidence(e: &rules::Evidence, c: &Conversation) -> Evidence {
    // Two messages of one frame have one sender.
    let at = e.mark.frame;
    let elsewhere =
        c.views.iter().find(|v| v.conversation.timeline.iter().any(|x| x.mark.frame == at));
    let (timeline, ahead) = match elsewhere {
        Some(v) => (&v.conversation.timeline, v.clock_offset.unwrap_or_default()),
        None => (&c.timeline, Span::ZERO),
    };
    let event = timeline.iter().find(|event| event.mark.frame == at);
    Evidence {
        capture: e.mark.frame.capture(),
        frame: e.mark.frame.number(),
        text: visible(&e.text, LONGEST_LINE),
        time: e.mark.at.rfc3339(),
        from: event.map(|event| event.dir.sender()),
        culprit: e.culprit,
        // On the clock of the leading capture.
        offset: Span((e.mark.at - c.started.at).0.saturating_sub(ahead.0)),
    }
}
