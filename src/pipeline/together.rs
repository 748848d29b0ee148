//! Findings that take several conversations, over more of them than are remembered: what was found before the
//! older half of the census is forgotten stays found.

use crate::base::limits;
use crate::base::time::Timestamp;
use crate::model::census::Census;
use crate::model::conversation::Conversation;
use crate::rules::engine;
use crate::rules::finding::Finding;

/// The conversations that are over, in short, and what was found of those that are forgotten.
#[derive(Debug, Default)]
pub(super) struct Together {
    census: Census,
    found: Vec<Finding>,
}

impl Together {
    /// Takes a conversation that is over.
    pub(super) fn add(&mut self, c: &Conversation) {
        self.census.add(c);
        if self.census.digests.len() >= limits::CENSUS {
            self.shed();
        }
    }

    /// Forgets the older half of the conversations.
    pub(super) fn shed(&mut self) {
        self.census.sort();
        let found = engine::diagnose_all(&self.census);
        for f in found {
            self.keep(f);
        }
        self.census.shed();
    }

    /// Forgets the conversations that ended before `time`.
    pub(super) fn forget(&mut self, time: Timestamp) {
        self.census.forget(time);
    }

    /// What those that are remembered show, and for this once others with them.
    pub(super) fn look<'c>(
        &mut self,
        others: impl Iterator<Item = &'c Conversation>,
    ) -> Vec<Finding> {
        self.census.with(others, engine::diagnose_all)
    }

    /// All that was found.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.census.sort();
        let found = engine::diagnose_all(&self.census);
        for f in found {
            self.keep(f);
        }
        engine::sort(&mut self.found);
        self.found
    }

    /// One that shares a conversation with what the same rule found before goes on with that.
    fn keep(&mut self, f: Finding) {
        let same = |old: &Finding| {
            old.rule.id == f.rule.id
                && f.conversations.iter().any(|id| old.conversations.binary_search(id).is_ok())
        };
        if let Some(at) = self.found.iter().position(same)
            && let Some(old) = self.found.get_mut(at)
        {
            old.certainty = old.certainty.max(f.certainty);
            old.conversations.extend(&f.conversations);
            old.conversations.sort_unstable();
            old.conversations.dedup();
            // Of what goes on for weeks the newest, which the next half overlaps with.
            let most = 4 * limits::CENSUS;
            let beyond = old.conversations.len().saturating_sub(most);
            old.conversations.drain(..beyond);
        } else if self.found.len() < limits::FOUND_TOGETHER {
            self.found.push(f);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture;
    use crate::pipeline::Analyzer;
    use crate::pipeline::Options;

    fn spray() -> Vec<Conversation> {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/password-spray.pcap");
        let mut source = capture::open(&path, 0).unwrap();
        let mut analyzer = Analyzer::new(Options::default());
        while let Some(frame) = source.next_frame().unwrap() {
            analyzer.push(&frame);
        }
        analyzer.finish().conversations.into_iter().map(|d| d.conversation).collect()
    }

    #[test]
    fn what_was_found_of_the_forgotten_goes_on_with_what_comes() {
        let all = spray();
        let mut at_once = Together::default();
        for c in &all {
            at_once.add(c);
        }
        let [whole] = &at_once.finish()[..] else { panic!("one spray") };

        let mut in_halves = Together::default();
        for c in &all {
            in_halves.add(c);
        }
        in_halves.shed();
        assert_eq!(in_halves.census.digests.len(), all.len() / 2);
        let [found] = &in_halves.finish()[..] else { panic!("one spray") };
        assert_eq!(found.rule.id, whole.rule.id);
        assert_eq!(found.conversations, whole.conversations);
    }

    #[test]
    fn nothing_is_made_up_of_what_is_forgotten() {
        let mut together = Together::default();
        spray().iter().take(1).for_each(|c| together.add(c));
        together.shed();
        assert!(together.finish().is_empty());
    }
}
