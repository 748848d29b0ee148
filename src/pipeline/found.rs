//! Findings that take several conversations, of looks that follow each other: which ones are the same, when a
//! later look sees more conversations, and earlier ones are forgotten by then.

use std::collections::VecDeque;

use crate::base::limits;
use crate::rules::finding::Finding;

/// What was found so far; bounded, the oldest goes first.
#[derive(Debug, Default)]
pub struct Found {
    all: VecDeque<Finding>,
    left_out: u64,
}

impl Found {
    /// Takes what one look found. Returns what nothing was known of, or less sure; where that is more than
    /// `most`, the rest waits for the next look.
    pub fn take(&mut self, look: Vec<Finding>, most: usize) -> Vec<Finding> {
        let earlier = self.all.len();
        let mut new = Vec::new();
        for mut f in look {
            // Findings of one look are different ones, whatever they share.
            let known = self.all.iter_mut().take(earlier).find(|known| is_same(known, &f));
            let surer = known.as_ref().is_none_or(|known| known.certainty < f.certainty);
            if surer && new.len() == most {
                continue;
            }
            if surer {
                new.push(f.clone());
            }
            match known {
                Some(known) if surer => {
                    join(&mut f.conversations, &known.conversations);
                    *known = f;
                }
                Some(known) => join(&mut known.conversations, &f.conversations),
                None => self.all.push_back(f),
            }
        }
        let beyond = self.all.len().saturating_sub(limits::FOUND_TOGETHER);
        self.all.drain(..beyond);
        self.left_out += u64::try_from(beyond).unwrap_or(0);
        new
    }

    /// How many had to give way.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Adds to `others` what they do not hold.
    pub fn complete(self, others: &mut Vec<Finding>) {
        for f in self.all {
            if !others.iter().any(|other| is_same(other, &f)) {
                others.push(f);
            }
        }
    }
}

/// Whether they are about the same: one rule found both, and they share a conversation.
fn is_same(a: &Finding, b: &Finding) -> bool {
    a.rule.id == b.rule.id
        && a.conversations.iter().any(|id| b.conversations.binary_search(id).is_ok())
}

/// Adds conversations. Of what goes on for weeks the newest stay, which the next look overlaps with.
fn join(all: &mut Vec<u32>, more: &[u32]) {
    all.extend(more);
    all.sort_unstable();
    all.dedup();
    let beyond = all.len().saturating_sub(4 * limits::CENSUS);
    all.drain(..beyond);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Certainty;
    use crate::rules::catalog;

    fn finding(id: &str, certainty: Certainty, conversations: &[u32]) -> Finding {
        let rule = catalog::all().find(|rule| rule.id == id).unwrap();
        Finding {
            rule,
            severity: rule.severity,
            certainty,
            summary: String::new(),
            detail: String::new(),
            client_saw: Vec::new(),
            evidence: Vec::new(),
            missing: None,
            explains: Vec::new(),
            conversations: conversations.to_vec(),
            explicit: false,
        }
    }

    fn spray(conversations: &[u32]) -> Finding {
        finding("PD8011", Certainty::Likely, conversations)
    }

    fn told(found: &mut Found, look: &[Finding]) -> usize {
        found.take(look.to_vec(), 2).len()
    }

    #[test]
    fn what_goes_on_is_found_once_even_where_its_beginning_is_forgotten() {
        let mut found = Found::default();
        assert_eq!(told(&mut found, &[spray(&[1, 2, 3])]), 1);
        assert_eq!(told(&mut found, &[spray(&[2, 3, 4])]), 0);
        assert_eq!(told(&mut found, &[spray(&[4, 5])]), 0);
        assert_eq!(told(&mut found, &[finding("PD9006", Certainty::Likely, &[5])]), 1);
        assert_eq!(told(&mut found, &[spray(&[9])]), 1);
        let mut rest = vec![spray(&[9, 10])];
        found.complete(&mut rest);
        let all: Vec<&[u32]> = rest.iter().map(|f| &*f.conversations).collect();
        assert_eq!(all, [&[9, 10][..], &[1, 2, 3, 4, 5], &[5]]);
    }

    #[test]
    fn what_becomes_surer_is_new_again() {
        let mut found = Found::default();
        assert_eq!(told(&mut found, &[spray(&[1, 2])]), 1);
        assert_eq!(told(&mut found, &[finding("PD8011", Certainty::Certain, &[2, 3])]), 1);
        assert_eq!(told(&mut found, &[spray(&[1, 4])]), 0);
        assert_eq!(found.all.len(), 1);
        assert_eq!(found.all[0].certainty, Certainty::Certain);
        assert_eq!(found.all[0].conversations, [1, 2, 3, 4]);
    }

    #[test]
    fn findings_of_one_look_stay_apart_and_wait_their_turn() {
        let mut found = Found::default();
        let look = [spray(&[1, 2]), spray(&[2, 3]), spray(&[7, 8])];
        assert_eq!(told(&mut found, &look), 2);
        assert_eq!(told(&mut found, &look), 1);
        assert_eq!(told(&mut found, &look), 0);
    }

    #[test]
    fn the_oldest_gives_way() {
        let mut found = Found::default();
        let many = u32::try_from(limits::FOUND_TOGETHER).unwrap();
        for n in 0..=many {
            assert_eq!(told(&mut found, &[spray(&[n])]), 1);
        }
        assert_eq!(found.all.len(), limits::FOUND_TOGETHER);
        assert_eq!(found.all[0].conversations, [1]);
        assert_eq!(found.left_out(), 1);
    }
}
