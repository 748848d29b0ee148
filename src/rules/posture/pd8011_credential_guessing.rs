//! PD8011: many refused log-ons in one conversation: somebody guesses passwords.

use std::collections::BTreeSet;

use crate::base::addr::Dir;
use crate::base::text::lossy;
use crate::base::time::Span;
use crate::model::auth::Attempt;
use crate::model::auth::Credential;
use crate::model::auth::Verdict;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD8011",
        name: "credential-guessing",
        title: "Brute force or password spray",
        severity: Warning,
        yields_to: [],
        page: "pd8011_credential_guessing.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let attempts: Vec<&Attempt> = c
        .calls
        .iter()
        .flat_map(|call| &call.attempts)
        .filter(|a| a.toward == Dir::ToClient)
        .collect();
    let mut refused: Vec<&Verdict> = attempts
        .iter()
        .flat_map(|a| &a.verdicts)
        .filter(|v| !v.success && v.repeats.is_none())
        .collect();
    refused.sort_by_key(|v| v.mark.frame);
    let burst = refused
        .windows(MANY)
        .filter_map(|w| Some((w.first()?, w.last()?)))
        .find(|(first, last)| last.mark.at - first.mark.at <= WITHIN);
    let (first, last) = burst?;
    let names: BTreeSet<&[u8]> =
        attempts.iter().flat_map(|a| &a.responses).map(|r| &*r.name).collect();
    let passwords = passwords(&attempts);
    if names.len() == 1 && passwords == Passwords::One {
        return None;
    }
    let (kind, certainty) = match (names.len(), passwords) {
        (n, Passwords::One) if n >= NAMES => {
            ("one password is tried on many names (a spray)", Certainty::Likely)
        }
        (n, _) if n >= NAMES => ("many names are tried", Certainty::Likely),
        (1, Passwords::Several) => ("one name is tried with many passwords", Certainty::Likely),
        _ => ("names and passwords are tried", Certainty::Possible),
    };
    let some: Vec<String> = names.iter().take(SHOWN).map(|n| format!("\"{}\"", lossy(n))).collect();
    let more = if names.len() > SHOWN { " and others" } else { "" };
    let from = c.client.endpoint.addr;
    let lasted = last.mark.at - first.mark.at;
    let hit = Hit::new(
        certainty,
        format!("{} refused log-ons from {from} in this conversation: {kind}", refused.len()),
    )
    .detail(format!("{MANY} of the {} refusals came within {lasted}. Names: {}{more}. The count is certain; that somebody guesses is inferred from it.", refused.len(), some.join(", ")))
    .frame(first.mark, "refused")
    .culprit(last.mark, format!("refused for the {MANY}th time"));
    Some(match certainty {
        Certainty::Possible => hit.missing("Whether the passwords differ: a client that tries a wrong saved password again and again looks alike. The server's log over a longer time tells, and so do other conversations from this address."),
        _ => hit,
    })
}

/// What the Responses tell of the passwords behind them, without knowing any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passwords {
    One,
    Several,
    Unknown,
}

/// Lengths of all (PAP); hash tails within an attempt (MS-CHAP), for they are not kept beyond it.
fn passwords(attempts: &[&Attempt]) -> Passwords {
    let lengths: BTreeSet<usize> = attempts
        .iter()
        .flat_map(|a| &a.responses)
        .filter_map(|r| match r.credential {
            Credential::Password { length } => Some(length),
            _ => None,
        })
        .collect();
    let mut told = lengths.len() == 1;
    if lengths.len() > 1 {
        return Passwords::Several;
    }
    for a in attempts {
        let classes = || a.proof.password_class.iter().flatten();
        let kinds: BTreeSet<&u8> = classes().collect();
        match kinds.len() {
            0 => {}
            // One Response alone compares with nothing.
            1 => told |= classes().count() > 1,
            _ => return Passwords::Several,
        }
    }
    if told { Passwords::One } else { Passwords::Unknown }
}

/// Refusals within [`WITHIN`] that no forgetful user collects.
const MANY: usize = 10;
const WITHIN: Span = Span::from_secs(600);
/// So many names make it a spray.
const NAMES: usize = 5;
/// Names listed.
const SHOWN: usize = 5;
