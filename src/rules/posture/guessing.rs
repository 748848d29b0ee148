//! What many refused log-ons have in common: names, and what is known of the passwords.

use std::collections::BTreeSet;

use crate::base::text::lossy;
use crate::base::time::Span;
use crate::model::logon::Logon;
use crate::rules::Certainty;

/// Refusals within [`WITHIN`] that no forgetful user collects.
pub(super) const MANY: usize = 10;
/// The catalogue's time.
pub(super) const WITHIN: Span = Span::from_secs(600);
/// So many names make it a spray.
const NAMES: usize = 5;
/// Names listed.
const SHOWN: usize = 5;

/// A burst of refusals that looks like guessing.
pub(super) struct Burst<'a> {
    /// Its refusals, as many as make a burst.
    pub(super) refused: Vec<&'a Logon>,
    pub(super) certainty: Certainty,
    /// What is tried.
    pub(super) kind: &'static str,
    /// Names, the first few, in quotes.
    pub(super) names: String,
}

/// Finds a burst in refused log-ons, given in the order of their verdicts. `None` also for one name with
/// one password: a device with a wrong password saved.
pub(super) fn burst<'a>(refused: &[&'a Logon]) -> Option<Burst<'a>> {
    let soon = |w: &&[&Logon]| matches!(w, [a, .., b] if b.verdict.at - a.verdict.at <= WITHIN);
    let burst = refused.windows(MANY).find(soon)?.to_vec();
    let names: BTreeSet<&[u8]> = refused.iter().map(|l| &*l.name).collect();
    let passwords = passwords(refused);
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
    Some(Burst { refused: burst, certainty, kind, names: format!("{}{more}", some.join(", ")) })
}

/// What the Responses tell of the passwords behind them, without knowing any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passwords {
    One,
    Several,
    Unknown,
}

/// Lengths (PAP), or hash tails (MS-CHAP).
fn passwords(refused: &[&Logon]) -> Passwords {
    let lengths: BTreeSet<usize> = refused.iter().filter_map(|l| l.password_length).collect();
    let classes: BTreeSet<u32> = refused.iter().filter_map(|l| l.password_class).collect();
    let tells = |l: &&&Logon| l.password_length.is_some() || l.password_class.is_some();
    let told = refused.iter().filter(tells).count();
    match lengths.len().max(classes.len()) {
        2.. => Passwords::Several,
        // One alone compares with nothing.
        1 if told > 1 => Passwords::One,
        _ => Passwords::Unknown,
    }
}
