//! The scenarios that stand in Markdown pages: blocks between `~~~scenario KEYS` and `~~~`.

use std::fs;
use std::path::{Path, PathBuf};

use super::scenario::parse::{Origin, Word};

/// One block with what its page says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The page.
    pub page: PathBuf,
    /// Line of the page, from 1, on which the scenario's text begins.
    pub line: usize,
    /// `key=value` pairs after `~~~scenario`, in their order.
    pub info: Vec<(String, String)>,
    /// The scenario, without the fences.
    pub text: String,
}

impl Fence {
    /// Value of a key of the info string.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.info.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// The comma-separated values of a key; empty where it is not given.
    pub fn list(&self, key: &str) -> Vec<&str> {
        self.get(key).map_or_else(Vec::new, |value| value.split(',').collect())
    }

    /// `page:line`, for messages.
    pub fn place(&self) -> String {
        format!("{}:{}", self.page.display(), self.line)
    }
}

/// All blocks of all `.md` pages in a folder and its folders, by path and line.
pub fn in_folder(folder: &Path) -> Vec<Fence> {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(in_folder(&path));
        } else if path.extension().is_some_and(|e| e == "md") {
            let text =
                fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            found.extend(in_page(&path, &text));
        }
    }
    found
}

/// The blocks of one page. Panics at a block without an end and at an unknown key.
pub fn in_page(page: &Path, text: &str) -> Vec<Fence> {
    let mut found = Vec::new();
    let mut open: Option<Fence> = None;
    for (index, line) in text.lines().enumerate() {
        match &mut open {
            None => {
                let Some(info) = line.strip_prefix("~~~scenario") else { continue };
                let origin = Origin::new(&page.display().to_string(), index + 1);
                let info = info_keys(info, &origin);
                open = Some(Fence {
                    page: page.to_owned(),
                    line: index + 2,
                    info,
                    text: String::new(),
                });
            }
            Some(fence) if line.trim_end() == "~~~" => {
                found.push(fence.clone());
                open = None;
            }
            Some(fence) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
        }
    }
    if let Some(fence) = open {
        panic!("{}: the scenario has no closing ~~~", fence.place());
    }
    found
}

fn info_keys(info: &str, origin: &Origin) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    for word in Word::all(info, origin) {
        match word {
            Word::Key(key, value) if INFO_KEYS.contains(&key.as_str()) => keys.push((key, value)),
            word => origin.fail(&format!("{word:?} is none of the keys {INFO_KEYS:?}")),
        }
    }
    keys
}

const INFO_KEYS: [&str; 11] = [
    "fires",
    "quiet",
    "together",
    "apart",
    "primary",
    "outcome",
    "stage",
    "certainty",
    "secrets",
    "sample",
    "conversation",
];
