//! Findings that take several conversations, over more of them than are remembered: what was found before the
//! older half of the census is forgotten stays found.

use super::found::Found;
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
    found: Found,
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
        self.find();
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

    /// All that was found, and how much was before that for which there was no room.
    pub(super) fn finish(mut self) -> (Vec<Finding>, u64) {
        self.find();
        let (mut all, left_out) = (Vec::new(), self.found.left_out());
        self.found.complete(&mut all);
        engine::sort(&mut all);
        (all, left_out)
    }

    fn find(&mut self) {
        self.census.sort();
        self.found.take(engine::diagnose_all(&self.census), usize::MAX);
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
        let [whole] = &at_once.finish().0[..] else { panic!("one spray") };

        let mut in_halves = Together::default();
        for c in &all {
            in_halves.add(c);
        }
        in_halves.shed();
        assert_eq!(in_halves.census.digests.len(), all.len() / 2);
        let [found] = &in_halves.finish().0[..] else { panic!("one spray") };
        assert_eq!(found.rule.id, whole.rule.id);
        assert_eq!(found.conversations, whole.conversations);
    }

    #[test]
    fn nothing_is_made_up_of_what_is_forgotten() {
        let mut together = Together::default();
        spray().iter().take(1).for_each(|c| together.add(c));
        together.shed();
        assert!(together.finish().0.is_empty());
    }
}
