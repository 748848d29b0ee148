//! A site rule as `explain` and `rules` show it.

use std::fmt::Write as _;

use super::Rule;
use crate::report::explain::RulePage;
use crate::report::view::Fix;

/// Heading under which site rules are listed.
const FAMILY: &str = "Rules of the site";

impl Rule {
    /// Its page. Texts of the rule may use the Markdown of our own pages.
    #[must_use]
    pub fn page(&self) -> RulePage {
        RulePage {
            id: self.id.clone(),
            name: self.title.clone(),
            title: self.title.clone(),
            family: FAMILY.to_owned(),
            severity: self.severity.name(),
            yields_to: Vec::new(),
            client_sees: self.client_sees.clone(),
            fix: self
                .fix
                .iter()
                .map(|s| Fix { on: s.on.name(), text: s.text.clone().into() })
                .collect(),
            references: self.references.clone(),
            page: self.markdown(),
        }
    }

    fn markdown(&self) -> String {
        let mut out = String::new();
        let mut section = |heading: &str, body: String| {
            if !body.is_empty() {
                // Writing to a string cannot fail.
                let _ = write!(out, "## {heading}\n{body}\n");
            }
        };
        let list = |items: &[String]| match items {
            [] => String::new(),
            items => format!("- {}\n", items.join("\n- ")),
        };
        section("What it finds", format!("{}\n", self.title));
        section("When", format!("```\n{}\n```\n", self.when));
        section("What happened", self.detail.clone());
        section("What the user sees", list(&self.client_sees));
        let steps =
            self.fix.iter().zip(1..).map(|(s, n)| format!("{n}. {}: {}\n", s.on.name(), s.text));
        section("Fix", steps.collect());
        section("Sources", list(&self.references));
        section("File", format!("{}\n", self.file));
        out
    }
}
