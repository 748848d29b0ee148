//! Findings that take several conversations, told while the capture goes on: guessed passwords, scans. The
//! report at the end holds them even if the conversations that they rest on are forgotten by then.

use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::pipeline::Analysis;
use crate::pipeline::Analyzer;
use crate::pipeline::found::Found;
use crate::report::view;
use crate::report::view::Filter;
use crate::report::view::Finding;

/// What was told of the capture as a whole.
#[derive(Debug, Default)]
pub(super) struct Across {
    told: Found,
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
        let mut all = analyzer.across();
        all.retain(|f| filter.keeps(&view::across(f)));
        self.told.take(all, AT_ONCE).iter().map(view::across).collect()
    }

    /// Adds to what the report rests on what was told and cannot be found any more.
    pub(super) fn complete(self, analysis: &mut Analysis) {
        self.told.complete(&mut analysis.findings);
    }
}

const EVERY: Span = Span::from_secs(30);
/// For so long conversations that are over count for findings that take several. The rules look at minutes;
/// an address that is given twice, or a challenge, shows after hours.
const REMEMBERED: Span = Span::from_secs(6 * 3600);
const AT_ONCE: usize = 20;

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
        let mut analysis = analyzer.finish();
        assert!(analysis.findings.is_empty());
        across.complete(&mut analysis);
        assert_eq!(analysis.findings.len(), 1);
    }
}
