//! Text → lines of words, with prefixes (`use NAME`) put in their place.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

/// Where a line stands, and which `use` lines led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// A line, from 1, of a file.
    pub fn new(file: &str, line: usize) -> Self {
        Self(format!("{file}:{line}"))
    }

    /// Ends the test with a message that starts with the place.
    pub fn fail(&self, problem: &str) -> ! {
        panic!("{self}: {problem}")
    }

    fn used_at(&self, user: &Self) -> Self {
        Self(format!("{self} (used at {user})"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Without `=`: a time, a direction, a message, a flag.
    Bare(String),
    /// `key=value`; `key="a value"`.
    Key(String, String),
}

impl Word {
    /// The words of one line; `#` at the start of a word begins a comment. In quotes, `\"` and `\\` stand
    /// for themselves, `\n`, `\r`, `\0` and `\xNN` for octets below 80.
    pub fn all(line: &str, origin: &Origin) -> Vec<Self> {
        let mut words = Vec::new();
        let mut rest = line.trim_start();
        while !rest.is_empty() && !rest.starts_with('#') {
            let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '"');
            let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
            let after = match after.strip_prefix('=') {
                Some(value) if !name.is_empty() => {
                    let (value, after) = value_of(value, origin);
                    words.push(Self::Key(name.to_owned(), value));
                    after
                }
                None if !after.starts_with('"') => {
                    words.push(Self::Bare(name.to_owned()));
                    after
                }
                _ => origin.fail(&format!("cannot read from here on: {rest}")),
            };
            rest = after.trim_start();
        }
        words
    }

    /// With the keys of a prefix put in. `None`: the value is `-`, and the word is left out.
    fn filled(self, keys: &BTreeMap<String, String>, origin: &Origin) -> Option<Self> {
        match self {
            Self::Bare(text) => {
                let text = fill(&text, keys, origin);
                (text != "-").then_some(Self::Bare(text))
            }
            Self::Key(key, value) => {
                let filled = fill(&value, keys, origin);
                (filled != "-" || value == "-").then_some(Self::Key(key, filled))
            }
        }
    }
}

/// One line that is neither empty nor `use` nor `default`.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where it stands.
    pub origin: Origin,
    /// At least one word.
    pub words: Vec<Word>,
}

/// All lines of a scenario, prefixes included. `first` is the line number of its first line.
pub fn lines(text: &str, file: &str, first: usize) -> Vec<Line> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let origin = Origin::new(file, first + index);
        let words = Word::all(line, &origin);
        add(words, origin, 0, &mut found);
    }
    found
}

/// Adds a line, or the lines of the prefix that it uses.
fn add(words: Vec<Word>, origin: Origin, depth: usize, found: &mut Vec<Line>) {
    match words.as_slice() {
        [] => {}
        [Word::Bare(word), Word::Bare(name), keys @ ..] if word == "use" => {
            if depth == MAX_DEPTH {
                origin.fail("prefixes use one another too deeply");
            }
            prefix(name, keys, &origin, depth, found);
        }
        _ => found.push(Line { origin, words }),
    }
}

fn prefix(name: &str, given: &[Word], user: &Origin, depth: usize, found: &mut Vec<Line>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(format!("{name}.scn"));
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|e| user.fail(&format!("no prefix `{name}` ({}: {e})", path.display())));
    let mut keys = BTreeMap::new();
    let mut body = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let origin = Origin::new(&format!("{FOLDER}/{name}.scn"), index + 1).used_at(user);
        let mut words = Word::all(line, &origin);
        if words.first() == Some(&Word::Bare("default".into())) {
            insert(&words[1..], &mut keys, &origin);
        } else if !words.is_empty() {
            body.push((origin, std::mem::take(&mut words)));
        }
    }
    let known: Vec<_> = keys.keys().cloned().collect();
    for word in given {
        match word {
            Word::Key(key, value) if keys.contains_key(key) => {
                keys.insert(key.clone(), value.clone());
            }
            word => user.fail(&format!("`{name}` has the keys {known:?}, not {word:?}")),
        }
    }
    for (origin, words) in body {
        let words = words.into_iter().filter_map(|w| w.filled(&keys, &origin)).collect();
        add(words, origin, depth + 1, found);
    }
}

fn insert(words: &[Word], keys: &mut BTreeMap<String, String>, origin: &Origin) {
    for word in words {
        match word {
            Word::Key(key, value) => {
                keys.insert(key.clone(), value.clone());
            }
            Word::Bare(word) => origin.fail(&format!("`default` takes key=value, not `{word}`")),
        }
    }
}

/// `text` with every `$key` replaced once.
fn fill(text: &str, keys: &BTreeMap<String, String>, origin: &Origin) -> String {
    let mut parts = text.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        match keys.get(name) {
            Some(value) => out.push_str(value),
            None => origin.fail(&format!("`${name}` has no `default` in this prefix")),
        }
        out.push_str(rest);
    }
    out
}

/// A value up to the next blank, or up to the closing quote.
fn value_of<'a>(text: &'a str, origin: &Origin) -> (String, &'a str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next() {
            Some('"') => return (value, chars.as_str()),
            Some('\\') => match chars.next() {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('0') => value.push('\0'),
                Some('x') => {
                    let digits: String = chars.by_ref().take(2).collect();
                    match u8::from_str_radix(&digits, 16) {
                        Ok(octet) if octet.is_ascii() => value.push(char::from(octet)),
                        _ => origin.fail("`\\x` needs two hexadecimal digits, at most 7F"),
                    }
                }
                Some(c) => value.push(c),
                None => origin.fail("a quote is not closed"),
            },
            Some(c) => value.push(c),
            None => origin.fail("a quote is not closed"),
        }
    }
}

const FOLDER: &str = "tests/scenarios";
const MAX_DEPTH: usize = 4;
