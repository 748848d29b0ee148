//! Reads the fixed headings of a rule's page, so that fix, symptoms and sources stand in one place.

/// Machine on which something must be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum On {
    Client,
    Server,
    Network,
    Account,
}

impl On {
    /// All.
    pub const ALL: [Self; 4] = [Self::Client, Self::Server, Self::Network, Self::Account];

    /// The name fixed by the report's schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Network => "network",
            Self::Account => "account",
        }
    }

    /// The machine of that name.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|on| on.name() == word)
    }
}

/// One step of a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixStep {
    /// Where.
    pub on: On,
    /// What to do there.
    pub text: String,
}

/// What a page says to whoever has the fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// The items of "What the user sees".
    pub client_sees: Vec<String>,
    /// The steps of "Fix", in order.
    pub fix: Vec<FixStep>,
    /// The items of "Sources".
    pub references: Vec<String>,
}

impl Advice {
    /// Reads it from a page.
    #[must_use]
    pub fn read(page: &str) -> Self {
        let list = |heading| items(section(page, heading)).iter().map(|i| plain(i)).collect();
        Self {
            client_sees: list("What the user sees"),
            fix: fix(page),
            references: list("Sources"),
        }
    }
}

/// The headings that every page has, in this order.
pub const HEADINGS: [&str; 7] = [
    "What it finds",
    "Why it breaks",
    "What the user sees",
    "Fix",
    "Not this",
    "Example",
    "Sources",
];

/// Lines of one section, without its heading.
#[must_use]
pub fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let mut start = None;
    let mut offset = 0;
    for line in page.split_inclusive('\n') {
        let title = line.trim_end().strip_prefix("## ");
        match (start, title) {
            (None, Some(t)) if t == heading => start = Some(offset + line.len()),
            (Some(from), Some(_)) => return page.get(from..offset).unwrap_or_default(),
            _ => {}
        }
        offset += line.len();
    }
    start.and_then(|from| page.get(from..)).unwrap_or_default()
}

/// The page without its scenarios: what `explain` prints.
#[must_use]
pub fn prose(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut inside = false;
    for line in page.split_inclusive('\n') {
        if line.starts_with("~~~") {
            inside = !inside;
        } else if !inside {
            out.push_str(line);
        }
    }
    out
}

/// The steps of the section "Fix": lines `1. **client**: text`, continued by indented lines.
fn fix(page: &str) -> Vec<FixStep> {
    items(section(page, "Fix"))
        .into_iter()
        .filter_map(|item| {
            let (machine, text) = item.strip_prefix("**")?.split_once("**:")?;
            Some(FixStep { on: On::parse(machine)?, text: plain(text.trim()) })
        })
        .collect()
}

/// List items (`- ` or `1. `) of a section, continuation lines joined.
fn items(section: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in section.lines() {
        let text = line.trim();
        let numbered = text
            .split_once(". ")
            .filter(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        if let Some(item) =
            text.strip_prefix("- ").or(numbered.map(|(_, t)| t)).filter(|_| !line.starts_with(' '))
        {
            out.push(item.to_owned());
        } else if let Some(last) = out.last_mut().filter(|_| !text.is_empty()) {
            last.push(' ');
            last.push_str(text);
        }
    }
    out
}

/// Markdown's back-ticks and stars taken off: the text is printed as it is.
fn plain(text: &str) -> String {
    text.replace("**", "").replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# PD0000 x\n\n## What it finds\nA.\n\n## Fix\n1. **client**: install `SP5`\n   or later.\n2. **server**: nothing.\n\n## Example\n~~~scenario fires=PD0000\n0 > tcp syn\n~~~\n\n## Sources\n- RFC 1 §2\n";

    #[test]
    fn reads_sections() {
        assert_eq!(section(PAGE, "What it finds").trim(), "A.");
        assert_eq!(
            fix(PAGE),
            [
                FixStep { on: On::Client, text: "install SP5 or later.".into() },
                FixStep { on: On::Server, text: "nothing.".into() }
            ]
        );
        let advice = Advice::read(PAGE);
        assert_eq!((advice.fix.len(), advice.references), (2, vec!["RFC 1 §2".to_owned()]));
        assert!(!prose(PAGE).contains("tcp syn"));
        assert!(section(PAGE, "Nothing such").is_empty());
    }
}
