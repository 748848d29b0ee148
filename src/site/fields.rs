//! The fields that a condition may ask for, and their types, as the JSON schema of the report has them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::expression::Path;
use super::expression::Placed;
use crate::base::spelling;
use crate::base::text::visible;
use crate::report::schema;

/// Type of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    /// A text that is one of these.
    Name(Vec<String>),
    /// A text that is an IP address.
    Address,
    Number,
    Boolean,
    /// Fields by their names.
    Group(BTreeMap<String, Kind>),
    List(Box<Kind>),
}

/// What a path leads to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'k> {
    /// Type of the field, or of the elements of a list.
    pub(super) kind: &'k Kind,
    /// Whether it is a list, or lies beyond one.
    pub(super) many: bool,
}

impl Kind {
    /// The fields of a conversation.
    pub(super) fn conversation() -> Self {
        Self::of(&schema::conversation())
    }

    fn of(schema: &Value) -> Self {
        let types = schema.get("type");
        let is = |name: &str| match types {
            Some(Value::String(only)) => only == name,
            Some(Value::Array(all)) => all.iter().any(|t| t == name),
            _ => false,
        };
        if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
            return Self::Group(fields.iter().map(|(n, s)| (n.clone(), Self::of(s))).collect());
        }
        if let Some(either) = schema.get("anyOf").and_then(Value::as_array) {
            // An optional group: the group, or null.
            let real = either.iter().find(|s| s.get("type").is_none_or(|t| t != "null"));
            return real.map_or(Self::Text, Self::of);
        }
        if let Some(element) = schema.get("items") {
            return Self::List(Box::new(Self::of(element)));
        }
        if let Some(names) = schema.get("enum").and_then(Value::as_array) {
            return Self::Name(names.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        }
        match schema.get("format").and_then(Value::as_str) {
            Some("ip") => Self::Address,
            _ if is("boolean") => Self::Boolean,
            _ if is("integer") || is("number") => Self::Number,
            _ => Self::Text,
        }
    }

    /// Follows a path from here; through a list it leads to all elements.
    pub(super) fn follow(&self, path: &Path) -> Result<Target<'_>, Placed<String>> {
        let mut kind = self;
        let mut many = false;
        for (n, word) in path.0.iter().enumerate() {
            let Self::Group(fields) = kind else {
                let so_far: Vec<&str> = path.words().take(n).collect();
                let what = format!("`{}` is {} and has no fields", so_far.join("."), kind.name());
                return Err(Placed { at: word.at.clone(), it: what });
            };
            let Some(next) = fields.get(&word.it) else {
                let at = path.at().start..word.at.end;
                return Err(Placed { at, it: self.unknown(path, n, fields) });
            };
            kind = next;
            while let Self::List(element) = kind {
                kind = element;
                many = true;
            }
        }
        Ok(Target { kind, many })
    }

    /// The type in words.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Name(_) => "a name",
            Self::Address => "an address",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Group(_) => "a group of fields",
            Self::List(_) => "a list",
        }
    }

    /// What to say of a path whose word `n` is no field.
    fn unknown(&self, path: &Path, n: usize, fields: &BTreeMap<String, Self>) -> String {
        let words: Vec<&str> = path.words().collect();
        let written = words.get(..=n).unwrap_or_default().join(".");
        let word = words.get(n).copied().unwrap_or_default();
        let mut parent = words.get(..n).unwrap_or_default().join(".");
        if n > 0 {
            parent.push('.');
        }
        let near = spelling::nearest(word, fields.keys().map(String::as_str));
        let meant = match near {
            Some(near) => vec![format!("{parent}{near}")],
            None => self.elsewhere(&words),
        };
        let hint = if meant.is_empty() {
            let all: Vec<String> = fields.keys().map(|f| format!("`{parent}{f}`")).collect();
            format!("; here are {}", all.join(", "))
        } else {
            format!("; did you mean `{}`?", meant.join("` or `"))
        };
        format!("no field `{}` in the report{hint}", visible(&written, LONGEST_SHOWN))
    }

    /// The fields of the whole tree whose paths end like this one.
    fn elsewhere(&self, words: &[&str]) -> Vec<String> {
        let mut all = Vec::new();
        self.paths("", &mut all);
        let tail = format!(".{}", words.join("."));
        all.retain(|p| p.ends_with(&tail));
        all.sort_by_key(|p| (p.matches('.').count(), p.clone()));
        all.truncate(SUGGESTIONS);
        all
    }

    fn paths(&self, here: &str, out: &mut Vec<String>) {
        match self {
            Self::Group(fields) => {
                for (name, kind) in fields {
                    let path =
                        if here.is_empty() { name.clone() } else { format!("{here}.{name}") };
                    kind.paths(&path, out);
                    out.push(path);
                }
            }
            Self::List(element) => element.paths(here, out),
            _ => {}
        }
    }
}

const LONGEST_SHOWN: usize = 100;
const SUGGESTIONS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::expression::Condition;
    use crate::site::expression::parse;

    fn follow(path: &str) -> Result<(&'static str, bool), String> {
        let Ok(Condition::Is(path)) = parse(path) else { panic!("{path}") };
        let fields = Kind::conversation();
        fields.follow(&path).map(|t| (t.kind.name(), t.many)).map_err(|e| e.it)
    }

    #[test]
    fn knows_the_report() {
        for (path, name, many) in [
            ("outcome", "a name", false),
            ("client.address", "an address", false),
            ("client.port", "a number", false),
            ("duration", "a number", false),
            ("calls", "a group of fields", true),
            ("calls.authentication.method", "a name", true),
            ("calls.authentication.user", "a text", true),
            ("calls.encryption.stateless", "true or false", true),
            ("calls.client_address", "an address", true),
            ("timeline.from", "a name", true),
            ("findings.evidence.from", "a name", true),
            ("findings.fix.on", "a name", true),
            ("missing", "a text", true),
            ("views.lost.to_server", "a number", true),
            ("capture_point.place", "a name", false),
        ] {
            assert_eq!(follow(path), Ok((name, many)), "{path}");
        }
    }

    #[test]
    fn says_what_was_meant() {
        let said = |path| follow(path).unwrap_err();
        assert!(said("calls.auth.user").ends_with("did you mean `calls.authentication`?"));
        assert!(said("calls.auth.user").starts_with("no field `calls.auth` in"));
        assert!(said("outcom").ends_with("did you mean `outcome`?"));
        assert!(said("authentication.user").ends_with("`calls.authentication.user`?"));
        assert!(said("client.zzz").contains("here are `client.address`, "));
        assert_eq!(said("outcome.x"), "`outcome` is a name and has no fields");
    }
}
