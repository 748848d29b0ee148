//! Findings that take several conversations, told while the capture goes on: guessed passwords, scans. The
//! report at the end holds them even if the conversations that they rest on are forgotten by then.

use std::collections::VecDeque;

use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::pipeline::Analyzer;
use crate::report::view;
use crate::report::view::Filter;
use crate::report::view::Finding;
use crate::report::view::View;

/// What was told of the capture as a whole.
#[derive(Debug, Default)]
pub(super) struct Across {
    told: VecDeque<Finding>,
    looked: Timestamp,
}

impl Across {
    /// What is new, or surer than before; `now` is capture time. Old conversations are forgotten.
    pub(super) fn look(
        &mut self,
        analyzer: &mut Analyzer,
        now: Timestamp,
        filter: &Filter,
    ) -> Vec<Finding> {
        if (now - self.looked).abs() < EVERY {
            return Vec::new();
        }
        self.looked = now;
        analyzer.forget(now + Span(-REMEMBERED.0));
        let all = analyzer.across();
        let mut new: Vec<Finding> = all.iter().map(view::across).collect();
        new.retain(|f| {
            filter.keeps(f) && self.told.iter().all(|t| !same(t, f) || t.certainty < f.certainty)
        });
        // The others are told the next time.
        new.truncate(AT_ONCE);
        for f in &new {
            self.told.retain(|t| !same(t, f));
            self.told.push_back(f.clone());
        }
        while self.told.len() > KEPT {
            self.told.pop_front();
        }
        new
    }

    /// Adds to the report what was told and cannot be found any more.
    pub(super) fn complete(self, view: &mut View) {
        for f in self.told {
            if !view.findings.iter().any(|known| same(known, &f)) {
                view.summary.count(&f);
                view.findings.push(f);
            }
        }
    }
}

/// Whether they are about the same: they begin with the same conversation, however many were added to it.
fn same(a: &Finding, b: &Finding) -> bool {
    a.rule == b.rule && a.conversations.first() == b.conversations.first()
}

const EVERY: Span = Span::from_secs(30);
/// For so long conversations that are over count for findings that take several. The rules look at minutes;
/// an address that is given twice, or a challenge, shows after hours.
const REMEMBERED: Span = Span::from_secs(6 * 3600);
const AT_ONCE: usize = 20;
const KEPT: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture;
    use crate::pipeline::Options;

    #[test]
    fn a_spray_is_told_once_and_stays_in_the_report() {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/password-spray.pcap");
        let mut source = capture::open(&path, 0).unwrap();
        let (mut analyzer, mut across) = (Analyzer::new(Options::default()), Across::default());
        let mut told = Vec::new();
        let mut now = Timestamp::default();
        while let Some(frame) = source.next_frame().unwrap() {
            now = frame.at;
            analyzer.push(&frame);
            told.extend(across.look(&mut analyzer, now, &Filter::default()));
        }
        let end = now;
        // The way of `live`: what is over is drained.
        let hours = |n| Span(n * REMEMBERED.0);
        while now < end + hours(2) {
            now = now + Span::from_secs(20);
            analyzer.tick(now);
            while analyzer.pop_closed().is_some() {}
            let new = across.look(&mut analyzer, now, &Filter::default());
            if !new.is_empty() {
                assert!(now - end < Span::from_secs(300), "{} s", (now - end).as_secs());
            }
            told.extend(new);
        }
        let rules: Vec<&str> = told.iter().map(|f| &*f.rule).collect();
        assert_eq!(rules, ["PD8011"]);
        assert!(analyzer.across().is_empty(), "it is forgotten");
        let mut view = View::new(Vec::new(), Vec::new(), Vec::new(), Vec::new());
        across.complete(&mut view);
        assert_eq!((view.findings.len(), view.summary.warnings), (1, 1));
    }
}
