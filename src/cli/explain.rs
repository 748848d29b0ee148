//! The commands `explain` and `rules`, and what people mean by what they type: rules, error numbers,
//! articles, lines of logs.

use std::io::Write;

use super::CliError;
use super::Status;
use super::plan::Explain;
use super::plan::Rules;
use super::site;
use crate::base::spelling::edits;
use crate::report::Format;
use crate::report::explain;
use crate::report::explain::RulePage;
use crate::report::lookup;
use crate::report::lookup::Entry;
use crate::rules;
use crate::rules::catalog;
use crate::rules::index;
use crate::site::Rule;

/// What is to be explained.
#[derive(Clone, Debug)]
enum Topic {
    /// A rule.
    Rule(&'static rules::Rule),
    /// A rule of the site.
    Site(Box<RulePage>),
    /// A number or a line of a log.
    Entry(Entry),
}

/// Prints the page of a rule, or what a number or a line may mean.
pub(super) fn topic(
    plan: &Explain,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, CliError> {
    let Some(site) = site::load(plan.site.as_deref(), err) else { return Ok(Status::Error) };
    let topic = match site.find(&plan.words) {
        Some(rule) => Topic::Site(Box::new(rule.page())),
        None => find_topic(&plan.words).map_err(CliError::Usage)?,
    };
    let style = &plan.style;
    let written = match (&topic, plan.format) {
        (Topic::Rule(rule), Format::Json) => explain::json(&RulePage::of(rule), out),
        (Topic::Rule(rule), _) => explain::render(rule, style, out),
        (Topic::Site(rule), Format::Json) => explain::json(rule, out),
        (Topic::Site(rule), _) => explain::render_page(rule, style, out),
        (Topic::Entry(entry), Format::Json) => lookup::json(entry, out),
        (Topic::Entry(entry), _) => lookup::render(entry, style, out),
    };
    written.map(|()| Status::Clean).map_err(CliError::Output)
}

/// Prints the catalogue.
pub(super) fn list(
    plan: &Rules,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, CliError> {
    let Some(site) = site::load(plan.site.as_deref(), err) else { return Ok(Status::Error) };
    let site: Vec<RulePage> = site.all().iter().map(Rule::page).collect();
    let written = match plan.format {
        Format::Json => explain::list_json(&site, out),
        _ => explain::list(&site, &plan.style, out),
    };
    written.map(|()| Status::Clean).map_err(CliError::Output)
}

/// A rule, error number, article or log line. A number of a rule stays one; no error has its number.
fn find_topic(words: &str) -> Result<Topic, String> {
    if let Some(rule) = catalog::find(words) {
        return Ok(Topic::Rule(rule));
    }
    let ras = ras_number(words).and_then(index::find_ras).or_else(|| index::find_symbol(words));
    if let Some(error) = ras {
        return Ok(Topic::Entry(Entry::Ras(error)));
    }
    if let Some(article) = index::find_kb(words) {
        return Ok(Topic::Entry(Entry::Article(article)));
    }
    let lines = index::find_lines(words);
    if !lines.is_empty() {
        return Ok(Topic::Entry(Entry::Lines(lines)));
    }
    find(words).map(Topic::Rule)
}

/// `721`, `error 721`, `RAS 721`, `Error 721:`.
fn ras_number(words: &str) -> Option<u32> {
    let words = words.trim().to_ascii_lowercase();
    let bare = ["ras error", "error", "ras"].iter().find_map(|w| words.strip_prefix(w));
    let number = bare.unwrap_or(&words).trim().trim_end_matches([':', '.']);
    number.parse().ok().filter(|_| number.bytes().all(|b| b.is_ascii_digit()))
}

/// A rule by id or name; the error names those that are meant most likely.
pub(super) fn find(word: &str) -> Result<&'static rules::Rule, String> {
    if let Some(rule) = catalog::find(word) {
        return Ok(rule);
    }
    let near = nearest(&word.trim().to_ascii_lowercase());
    let hint = if near.is_empty() {
        String::new()
    } else {
        let names: Vec<String> = near.iter().map(|r| format!("{} {}", r.id, r.name)).collect();
        format!("; nearest: {}", names.join(", "))
    };
    Err(format!("{word}: no such rule{hint} (`pptp-diag rules` lists all)"))
}

fn nearest(word: &str) -> Vec<&'static rules::Rule> {
    let mut near: Vec<(usize, &rules::Rule)> =
        catalog::all().filter_map(|r| distance(word, r).map(|d| (d, r))).collect();
    near.sort_by_key(|(d, r)| (*d, r.id));
    near.into_iter().take(SUGGESTIONS).map(|(_, r)| r).collect()
}

/// How far a word is from a rule: a part of its name is nearest, then what few edits make its id or
/// name; `None`: nobody meant it.
fn distance(word: &str, rule: &rules::Rule) -> Option<usize> {
    if word.len() >= SHORTEST_PART && rule.name.contains(word) {
        return Some(0);
    }
    let id = rule.id.to_ascii_lowercase();
    let tries = [rule.name, id.as_str(), id.trim_start_matches("pd")];
    let far = tries.iter().map(|known| (edits(word, known), known.len().max(word.len())));
    far.filter(|(edits, length)| edits * 3 <= *length).map(|(edits, _)| edits).min()
}

const SUGGESTIONS: usize = 3;
const SHORTEST_PART: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_articles_and_lines() {
        let entry = |words: &str| match find_topic(words) {
            Ok(Topic::Entry(entry)) => entry,
            other => panic!("{words}: {other:?}"),
        };
        for words in ["721", " Error 721: ", "RAS 721", "ras error 721", "error_ppp_no_response"] {
            assert!(matches!(entry(words), Entry::Ras(e) if e.number == 721), "{words}");
        }
        for words in ["Q222060", "KB222060", "kb 222060", "222060"] {
            assert!(matches!(entry(words), Entry::Article(a) if a.id == "Q222060"), "{words}");
        }
        let lines = entry("LCP terminated by peer (MPPE required but peer refused)");
        assert!(matches!(lines, Entry::Lines(l) if l.len() == 1));
        for known in index::RAS {
            assert!(matches!(entry(&known.number.to_string()), Entry::Ras(e) if e == known));
        }
        assert!(matches!(find_topic("2001"), Ok(Topic::Rule(r)) if r.id == "PD2001"));
        for r in catalog::all() {
            assert!(matches!(find_topic(r.name), Ok(Topic::Rule(found)) if found.id == r.id));
        }
        assert!(find_topic("gre-no-retrun").unwrap_err().contains("PD2001 gre-no-return"));
        assert!(find_topic("999").is_err());
    }

    #[test]
    fn finds_and_suggests() {
        assert_eq!(find("2001").unwrap().id, "PD2001");
        assert_eq!(find("gre-no-return").unwrap().id, "PD2001");
        assert!(find("gre-no-retrun").unwrap_err().contains("PD2001 gre-no-return"));
        let plain = find("zzzzzzzz").unwrap_err();
        assert!(plain.contains("no such rule (`pptp-diag rules`"), "{plain}");
    }
}
