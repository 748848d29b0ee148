//! Other names for users, hosts and domains.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::LazyLock;

use crate::report::view::Name;
use crate::report::view::Whose;
use crate::rules::catalog;

/// Names with those that take their places.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By how they begin, the longest first.
    by_start: BTreeMap<String, Vec<Known>>,
}

#[derive(Debug)]
struct Known {
    /// In lower case.
    name: String,
    instead: String,
    /// Only its beginning is known.
    open: bool,
    /// It is a word of the catalogue, too.
    common: bool,
}

/// A name found in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'n> {
    /// Octets of the text.
    pub(super) length: usize,
    pub(super) instead: &'n str,
    /// It may be a mere word: only quoted it is a name.
    pub(super) common: bool,
}

impl Names {
    /// Numbers each kind in the order given; a name met twice, in whatever case, is one.
    pub(super) fn new<'v>(all: impl Iterator<Item = &'v Name>) -> Self {
        let mut numbers: BTreeMap<Whose, u32> = BTreeMap::new();
        let mut seen = HashSet::new();
        let mut names = Self::default();
        for Name { whose, text } in all {
            let name = text.trim_end_matches('…').to_ascii_lowercase();
            if name.is_empty() || !seen.insert(name.clone()) {
                continue;
            }
            let number = numbers.entry(*whose).or_default();
            *number += 1;
            let word = match whose {
                Whose::User => "user",
                Whose::Domain => "domain",
                Whose::Host => "host",
            };
            let common = runs(&name).all(|run| VOCABULARY.contains(run));
            let instead = format!("{word}-{number}");
            let known = Known { instead, open: text.ends_with('…'), common, name };
            names.by_start.entry(start(&known.name).to_owned()).or_default().push(known);
        }
        for known in names.by_start.values_mut() {
            known.sort_by_key(|k| std::cmp::Reverse(k.name.len()));
        }
        names
    }

    /// The name that begins a text, whole, or cut short with `…` after it.
    pub(super) fn at_start(&self, text: &str) -> Option<Found<'_>> {
        let known = self.by_start.get(&start(text).to_ascii_lowercase())?;
        known.iter().find_map(|k| {
            let same = text
                .bytes()
                .zip(k.name.bytes())
                .take_while(|(a, b)| a.to_ascii_lowercase() == *b)
                .count();
            let rest = text.get(same..)?;
            let cut = same >= START && rest.starts_with('…');
            let whole = same == k.name.len() && is_boundary(&k.name, rest);
            // Where such a name ends nobody knows: all that follows may be of it. Its last character
            // may be cut in the middle.
            let open = k.open && !cut && same + CHARACTER >= k.name.len();
            let length = if open { text.len() } else { same };
            let found = Found { length, instead: &k.instead, common: k.common };
            (whole || cut || open).then_some(found)
        })
    }
}

/// Whether a name that ends so is not a part of a longer word.
fn is_boundary(name: &str, rest: &str) -> bool {
    !name.ends_with(is_letter) || !rest.starts_with(is_letter)
}

/// What words are made of.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The first letters of a text, or its first character.
fn start(text: &str) -> &str {
    let run = text.char_indices().take(START).take_while(|(_, c)| is_letter(*c)).count();
    let end = text.char_indices().nth(run.max(1)).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_letter(c)).filter(|run| !run.is_empty())
}

/// The words of the catalogue, without its examples: they tell nothing of a site.
static VOCABULARY: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut words = HashSet::new();
    for rule in catalog::all() {
        let prose = rule.page.split("```").step_by(2);
        words.extend(prose.flat_map(runs).map(str::to_ascii_lowercase));
    }
    words
});

/// Letters by which names are looked up; of a name that is cut at least so many must be there.
const START: usize = 24;
/// Octets that half a character may look like.
const CHARACTER: usize = 12;
