//! Reading the site's own rules: `--rules` names a directory or a file.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use super::say;
use crate::base::limits;
use crate::site;
use crate::site::Mistake;
use crate::site::SiteRules;
use crate::site::Source;

/// Reads the rules; without a path there are none. All mistakes are told on `err`; then there is nothing
/// to go on with.
pub(super) fn load(path: Option<&Path>, err: &mut dyn Write) -> Option<SiteRules> {
    let Some(path) = path else { return Some(SiteRules::default()) };
    let loaded = sources(path).map_err(|mistake| vec![mistake]);
    match loaded.and_then(|sources| site::load(&sources)) {
        Ok(rules) => Some(rules),
        Err(mistakes) => {
            tell(&mistakes, err);
            None
        }
    }
}

fn tell(mistakes: &[Mistake], err: &mut dyn Write) {
    for mistake in mistakes.iter().take(limits::SITE_MISTAKES) {
        say(err, &mistake.to_string());
        for line in mistake.excerpt().into_iter().flatten() {
            let _ = writeln!(err, "{line}");
        }
    }
    match mistakes.len().saturating_sub(limits::SITE_MISTAKES) {
        0 => {}
        more => say(err, &format!("and {more} more mistakes in the site's rules")),
    }
    say(err, "the site's rules have mistakes: nothing was read");
}

/// The files in the order of their names.
fn sources(path: &Path) -> Result<Vec<Source>, Mistake> {
    let name = path.display().to_string();
    if !path.is_dir() {
        return Ok(vec![Source { name, text: text(path) }]);
    }
    let files = rule_files(path).map_err(|e| Mistake::of_file(&name, e.to_string()))?;
    if files.is_empty() {
        return Err(Mistake::of_file(&name, "no file *.toml in this directory"));
    }
    if files.len() > limits::SITE_RULE_FILES {
        let message = format!("more than {} files *.toml", limits::SITE_RULE_FILES);
        return Err(Mistake::of_file(&name, message));
    }
    let source = |p: &PathBuf| Source { name: p.display().to_string(), text: text(p) };
    Ok(files.iter().map(source).collect())
}

fn rule_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        // A dangling link is kept: that its file is missing must be said.
        if path.extension().is_some_and(|x| x == "toml") && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn text(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    let mut bounded = file.take(limits::SITE_RULE_FILE + 1);
    bounded.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > limits::SITE_RULE_FILE {
        return Err(format!("larger than {} octets", limits::SITE_RULE_FILE));
    }
    String::from_utf8(bytes).map_err(|e| {
        let before = e.as_bytes().get(..e.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.split(|b| *b == b'\n').count();
        format!("line {line}: not UTF-8 text")
    })
}
