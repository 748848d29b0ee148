//! What somebody meant who wrote a name that is none.

/// Insertions, deletions and replacements between two words (Levenshtein).
#[must_use]
pub fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(LONGEST_WORD).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(LONGEST_WORD).enumerate() {
        let mut next = Vec::with_capacity(row.len());
        let mut left = i + 1;
        next.push(left);
        for (cb, pair) in b.iter().zip(row.windows(2)) {
            let [diagonal, above] = *pair else { continue };
            left = (left + 1).min(above + 1).min(diagonal + usize::from(ca != *cb));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// The known name that `word` is most likely meant to be: one that few edits lead to, else one that it
/// begins.
#[must_use]
pub fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let word = word.to_lowercase();
    let far = |name: &str| {
        let name = name.to_lowercase();
        let edits = edits(&word, &name);
        let longest = word.chars().count().max(name.chars().count());
        if edits * 3 <= longest + 2 {
            Some((0, edits))
        } else {
            let begun = word.len() >= SHORTEST_START && name.starts_with(&word);
            begun.then_some((1, edits))
        }
    };
    names.into_iter().filter_map(|n| far(n).map(|d| (d, n))).min().map(|(_, name)| name)
}

/// No name is this long: further characters cannot bring a word nearer.
const LONGEST_WORD: usize = 80;
const SHORTEST_START: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", ""), 3);
        assert_eq!(edits("abc", "abc"), 0);
    }

    #[test]
    fn names_what_was_meant() {
        let names = ["authentication", "encryption", "stage"];
        assert_eq!(nearest("auth", names), Some("authentication"));
        assert_eq!(nearest("encrpytion", names), Some("encryption"));
        assert_eq!(nearest("Stage", names), Some("stage"));
        assert_eq!(nearest("x", names), None);
        assert_eq!(nearest("", names), None);
    }
}
