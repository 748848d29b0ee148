//! Rule files → rules, or everything that is wrong with them.

use std::collections::BTreeMap;

use toml::de::DeTable;
use toml::de::DeValue;

use super::Rule;
use super::SiteRules;
use super::fields::Kind;
use super::place::Mistake;
use super::place::Text;
use super::rule;
use crate::base::limits;
use crate::base::spelling;
use crate::base::text::visible;

/// A rule file as it was found.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name, as mistakes should give it.
    pub name: String,
    /// Its text, or why it cannot be read.
    pub text: Result<String, String>,
}

/// Reads rules, in the order of the files.
///
/// # Errors
/// All mistakes of all files, in the order in which they stand there.
pub fn load(sources: &[Source]) -> Result<SiteRules, Vec<Mistake>> {
    let fields = Kind::conversation();
    let mut loader =
        Loader { fields, rules: Vec::new(), ids: BTreeMap::new(), mistakes: Vec::new() };
    for source in sources {
        match &source.text {
            Ok(text) => loader.file(Text { file: &source.name, text }),
            Err(reason) => loader.mistakes.push(Mistake::of_file(&source.name, reason)),
        }
    }
    if loader.mistakes.is_empty() {
        Ok(SiteRules { rules: loader.rules })
    } else {
        Err(loader.mistakes)
    }
}

struct Loader {
    fields: Kind,
    rules: Vec<Rule>,
    /// Where each id was used first.
    ids: BTreeMap<String, String>,
    mistakes: Vec<Mistake>,
}

impl Loader {
    fn file(&mut self, text: Text<'_>) {
        if text.text.len() as u64 > limits::SITE_RULE_FILE {
            let message = format!("larger than {} octets", limits::SITE_RULE_FILE);
            self.mistakes.push(Mistake::of_file(text.file, message));
            return;
        }
        let before = self.mistakes.len();
        let (table, errors) = DeTable::parse_recoverable(text.text);
        if errors.is_empty() {
            self.table(table.get_ref(), text);
        }
        // What else is wrong cannot be told of a file that is no TOML.
        for e in errors.iter().take(limits::SITE_MISTAKES) {
            let message = format!("no TOML: {}", visible(&e.message().replace('\n', "; "), 300));
            self.mistakes.push(text.mistake(e.span().unwrap_or(0..0), message));
        }
        let place = |m: &Mistake| {
            let place = m.place.as_ref().map(|p| (p.line, p.column));
            (place.is_none(), place)
        };
        if let Some(own) = self.mistakes.get_mut(before..) {
            own.sort_by_key(place);
        }
    }

    fn table(&mut self, table: &DeTable<'_>, text: Text<'_>) {
        for key in table.keys().filter(|k| k.get_ref() != "rule") {
            let hint = match spelling::nearest(key.get_ref(), ["rule"]) {
                Some(_) => "did you mean `[[rule]]`?",
                None => "expected `[[rule]]` only",
            };
            let name = visible(key.get_ref(), 60);
            self.mistakes.push(text.mistake(key.span(), format!("unknown key `{name}`; {hint}")));
        }
        let Some(value) = table.get("rule") else {
            if table.is_empty() {
                self.mistakes.push(Mistake::of_file(text.file, "no `[[rule]]` in it"));
            }
            return;
        };
        let DeValue::Array(all) = value.get_ref() else {
            self.mistakes.push(text.mistake(value.span(), "expected `[[rule]]`, in two brackets"));
            return;
        };
        for one in all {
            if self.rules.len() == limits::SITE_RULES {
                let message = format!("more than {} rules", limits::SITE_RULES);
                self.mistakes.push(text.mistake(one.span(), message));
                return;
            }
            let read = rule::read(one, text, &self.fields, &mut self.mistakes);
            if let Some((id, at)) = read.id {
                self.once(id, text.mistake(at, ""));
            }
            self.rules.extend(read.rule);
        }
    }

    /// An id is used once, also by a rule that is wrong otherwise; `here` is its place.
    fn once(&mut self, id: String, here: Mistake) {
        if let Some(first) = self.ids.get(&id) {
            let message = format!("the id {id} is used before, at {first}");
            self.mistakes.push(Mistake { message, ..here });
        } else {
            let line = here.place.as_ref().map_or(0, |p| p.line);
            self.ids.insert(id, format!("{}:{line}", here.file));
        }
    }
}
