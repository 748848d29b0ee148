//! Conversation → findings. One rule is one `.rs` (metadata and check) and one `.md` beside it: the text
//! of `explain`, which also carries the rule's scenarios, and so its tests and samples.
//!
//! A rule reads facts only: no bytes, no I/O, no other rule's findings. Which finding wins is data
//! ([`Rule::yields_to`], [`Rule::rank`]), applied by [`engine`].

pub mod auth;
pub mod catalog;
pub mod control;
pub mod encryption;
pub mod engine;
pub mod error5;
pub mod finding;
pub mod hostile;
pub mod index;
pub mod link;
pub mod network;
pub mod page;
pub mod posture;
pub mod traffic;
pub mod tunnel;

use std::sync::OnceLock;

use crate::model::census::Census;
use crate::model::conversation::Conversation;
use finding::Hit;
use page::Advice;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Works, but should be mended.
    Warning,
    /// Something is broken.
    Fault,
}

/// How sure the rule is (`faults.md` §1): never more than the evidence allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// It fits, but a look-alike could not be ruled out from this capture.
    Possible,
    /// One mechanism fits and its nearest look-alikes were tested and ruled out.
    Likely,
    /// The packets admit no other reading, or cryptography proves it.
    Certain,
}

impl Severity {
    /// All, the worst last.
    pub const ALL: [Self; 3] = [Self::Notice, Self::Warning, Self::Fault];

    /// The name fixed by the report's schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

impl Certainty {
    /// The name fixed by the report's schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// A check of all conversations together.
pub type Across = fn(&Census) -> Vec<Hit>;

/// A rule of the catalogue.
#[derive(Debug)]
pub struct Rule {
    /// `PD` and four digits; never used again for another fault.
    pub id: &'static str,
    /// Names the fault, never the cure.
    pub name: &'static str,
    /// One line.
    pub title: &'static str,
    /// Severity, unless a hit says otherwise.
    pub severity: Severity,
    /// More specific rules: where one of them fires too, this one is folded under it.
    pub yields_to: &'static [&'static str],
    /// Its page, Markdown.
    pub page: &'static str,
    /// What [`Rule::advice`] has read of it.
    pub read: OnceLock<Advice>,
    /// The check.
    pub check: fn(&Conversation) -> Option<Hit>,
    /// The check of all conversations together, for what no single one shows.
    pub across: Option<Across>,
}

impl Rule {
    /// Place of its layer in the order of causes: the earlier layer wins (`faults.md` §3).
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self.id.as_bytes().get(2) {
            Some(b'0') => 4,
            Some(d) => d.wrapping_sub(b'0'),
            None => u8::MAX,
        }
    }

    /// What its page says to whoever has the fault; read once, for a report may hold it thousands of times.
    #[must_use]
    pub fn advice(&self) -> &Advice {
        self.read.get_or_init(|| Advice::read(self.page))
    }
}

/// Declares a rule: a static with its page beside it.
#[macro_export]
macro_rules! rule {
    ($(#[$m:meta])* $n:ident { id: $id:literal, name: $name:literal, title: $title:literal,
        severity: $severity:ident, yields_to: [$($y:literal),* $(,)?], page: $page:literal
        $(, across: $across:ident)? $(,)? }) => {
        $(#[$m])*
        pub(super) static $n: $crate::rules::Rule = $crate::rules::Rule {
            id: $id,
            name: $name,
            title: $title,
            severity: $crate::rules::Severity::$severity,
            yields_to: &[$($y),*],
            page: include_str!($page),
            read: ::std::sync::OnceLock::new(),
            check,
            across: {
                let across: Option<$crate::rules::Across> = None;
                $(
                    let _ = across;
                    let across: Option<$crate::rules::Across> = Some($across);
                )?
                across
            },
        };
    };
}
