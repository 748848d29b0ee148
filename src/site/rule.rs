//! One table of a rule file → a rule. Reads the table by hand instead of through serde, which would stop
//! at the first mistake.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

use super::Rule;
use super::check;
use super::expression::Condition;
use super::expression::parse;
use super::fields::Kind;
use super::place::Mistake;
use super::place::Text;
use crate::base::limits;
use crate::base::spelling;
use crate::base::text::visible;
use crate::rules::Severity;
use crate::rules::page::FixStep;
use crate::rules::page::On;

/// What was read of a rule.
pub(super) struct Read {
    /// Its id and where that stands, if it is one.
    pub(super) id: Option<(String, Range<usize>)>,
    /// The rule, if nothing is wrong with it.
    pub(super) rule: Option<Rule>,
}

/// Reads a rule. Mistakes are added to `mistakes`.
pub(super) fn read(
    value: &Spanned<DeValue<'_>>,
    text: Text<'_>,
    fields: &Kind,
    mistakes: &mut Vec<Mistake>,
) -> Read {
    let DeValue::Table(table) = value.get_ref() else {
        mistakes.push(text.mistake(value.span(), "expected a table: write `[[rule]]`"));
        return Read { id: None, rule: None };
    };
    let before = mistakes.len();
    let mut reader = Reader { text, table, whole: value.span(), mistakes };
    reader.only(&KEYS);
    let id = reader.id();
    let rule = reader.rest(id.as_ref().map(|(id, _)| id.as_str()), fields);
    Read { id, rule: rule.filter(|_| mistakes.len() == before) }
}

struct Reader<'r> {
    text: Text<'r>,
    table: &'r DeTable<'r>,
    /// Where the table stands.
    whole: Range<usize>,
    mistakes: &'r mut Vec<Mistake>,
}

impl Reader<'_> {
    /// Everything but the id. Each key is read, whatever is wrong with others.
    fn rest(&mut self, id: Option<&str>, fields: &Kind) -> Option<Rule> {
        let title = self.line("title");
        let severity = self.severity();
        let condition = self.condition(fields);
        let summary = self.optional("summary").map(|s| s.0);
        let detail = self.optional("detail").map(|s| s.0);
        let client_sees = self.lines("client_sees");
        let references = self.lines("references");
        let fix = self.fix();
        let (title, (when, condition)) = (title?, condition?);
        Some(Rule {
            id: id?.to_owned(),
            severity: severity?,
            when,
            summary: summary.unwrap_or_else(|| title.clone()),
            title,
            detail: detail.unwrap_or_default(),
            client_sees,
            fix,
            references,
            file: self.text.file.to_owned(),
            condition,
        })
    }

    fn wrong(&mut self, at: Range<usize>, message: impl Into<String>) {
        // To look for a place takes time, and nobody will see so many.
        let mistake = if self.mistakes.len() < PLACED {
            self.text.mistake(at, message)
        } else {
            Mistake::of_file(self.text.file, message)
        };
        self.mistakes.push(mistake);
    }

    /// Refuses keys besides these.
    fn only(&mut self, keys: &[&str]) {
        let table = self.table;
        for key in table.keys().filter(|k| !keys.contains(&k.get_ref().as_ref())) {
            let hint = match spelling::nearest(key.get_ref(), keys.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("expected {}", keys.join(", ")),
            };
            let name = visible(key.get_ref(), LONGEST_SHOWN);
            self.wrong(key.span(), format!("unknown key `{name}`; {hint}"));
        }
    }

    /// The value of a key that must be there.
    fn required(&mut self, key: &str) -> Option<Range<usize>> {
        let found = self.table.get(key).map(Spanned::span);
        if found.is_none() {
            // The range of a table in a file is all of it: its head is enough.
            let head = self.whole.start..self.whole.start;
            self.wrong(head, format!("missing key `{key}`"));
        }
        found
    }

    /// A text, blanks and line ends between its words made one blank, and where it stands.
    fn optional(&mut self, key: &str) -> Option<(String, Range<usize>)> {
        let value = self.table.get(key)?;
        let line = self.text_of(key, value)?;
        Some((line, value.span()))
    }

    fn text_of(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(s) if !s.trim().is_empty() => {
                let words: Vec<&str> = s.split_whitespace().collect();
                Some(visible(&words.join(" "), LONGEST_TEXT))
            }
            DeValue::String(_) => {
                self.wrong(value.span(), format!("`{key}` must not be empty"));
                None
            }
            _ => {
                self.wrong(value.span(), format!("`{key}`: expected a text in quotation marks"));
                None
            }
        }
    }

    fn line(&mut self, key: &str) -> Option<String> {
        self.required(key)?;
        self.optional(key).map(|(line, _)| line)
    }

    fn id(&mut self) -> Option<(String, Range<usize>)> {
        self.required("id")?;
        let (id, at) = self.optional("id")?;
        let well_formed = id.starts_with(|c: char| c.is_ascii_uppercase())
            && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
            && id.len() <= LONGEST_ID;
        let ours =
            id.strip_prefix("PD").is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        if !well_formed {
            self.wrong(
                at,
                "an id is a capital letter, then capital letters, digits and hyphens, as SITE-001",
            );
            return None;
        }
        if ours {
            self.wrong(at, "ids of PD and a digit are those of the catalogue; choose another");
            return None;
        }
        Some((id, at))
    }

    fn severity(&mut self) -> Option<Severity> {
        self.required("severity")?;
        let (word, at) = self.optional("severity")?;
        let found = Severity::ALL.into_iter().find(|s| s.name() == word);
        if found.is_none() {
            let names = Severity::ALL.map(Severity::name);
            let hint = match spelling::nearest(&word, names) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("expected {}", names.join(", ")),
            };
            let word = visible(&word, LONGEST_SHOWN);
            self.wrong(at, format!("no severity is called \"{word}\"; {hint}"));
        }
        found
    }

    fn condition(&mut self, fields: &Kind) -> Option<(String, Condition)> {
        let string = self.required("when")?;
        self.optional("when")?;
        let DeValue::String(when) = self.table.get("when")?.get_ref() else { return None };
        let mistakes = match parse(when) {
            Ok(condition) => {
                let mistakes = check::check(&condition, fields);
                if mistakes.is_empty() {
                    return Some((when.trim().to_owned(), condition));
                }
                mistakes
            }
            Err(mistake) => vec![mistake],
        };
        for mistake in mistakes.into_iter().take(limits::SITE_MISTAKES) {
            let at = self.text.within(&string, when, &mistake.at);
            self.wrong(at, mistake.it);
        }
        None
    }

    /// A list of texts.
    fn lines(&mut self, key: &str) -> Vec<String> {
        let table = self.table;
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Array(all) = value.get_ref() else {
            self.wrong(value.span(), format!("`{key}`: expected a list of texts, as [\"…\"]"));
            return Vec::new();
        };
        all.iter().filter_map(|one| self.text_of(key, one)).collect()
    }

    fn fix(&mut self) -> Vec<FixStep> {
        let table = self.table;
        let Some(value) = table.get("fix") else { return Vec::new() };
        let DeValue::Array(all) = value.get_ref() else {
            self.wrong(value.span(), FIX);
            return Vec::new();
        };
        let mut steps = Vec::new();
        for one in all {
            let DeValue::Table(table) = one.get_ref() else {
                self.wrong(one.span(), FIX);
                continue;
            };
            let mistakes = &mut *self.mistakes;
            let mut step = Reader { text: self.text, table, whole: one.span(), mistakes };
            step.only(&["on", "text"]);
            let on = step.machine();
            let text = step.line("text");
            if let (Some(on), Some(text)) = (on, text) {
                steps.push(FixStep { on, text });
            }
        }
        steps
    }

    fn machine(&mut self) -> Option<On> {
        self.required("on")?;
        let (word, at) = self.optional("on")?;
        let on = On::parse(&word);
        if on.is_none() {
            self.wrong(at, format!("expected one of {}", On::ALL.map(On::name).join(", ")));
        }
        on
    }
}

const KEYS: [&str; 9] =
    ["id", "title", "severity", "when", "summary", "detail", "client_sees", "fix", "references"];
const FIX: &str = "expected a list of steps, as [{ on = \"server\", text = \"…\" }]";
/// Mistakes of which the place is looked for.
const PLACED: usize = 10 * limits::SITE_MISTAKES;
const LONGEST_ID: usize = 40;
const LONGEST_TEXT: usize = 4000;
const LONGEST_SHOWN: usize = 60;
