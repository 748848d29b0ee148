//! The names that the messages of a conversation carry: what a report for strangers must not show.

use super::LONGEST_TEXT;
use crate::base::limits;
use crate::base::text::lossy;
use crate::base::text::visible;
use crate::model::conversation::Conversation;

/// A name that tells who or where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// What bears it.
    pub whose: Whose,
    /// As the report shows it.
    pub text: String,
}

/// What bears a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Whose {
    User,
    Domain,
    Host,
}

/// Every name once, in the order of the alphabet.
pub(super) fn names(c: &Conversation) -> Vec<Name> {
    let mut found = Vec::new();
    for k in &c.control {
        for start in [&k.start_request, &k.start_reply].into_iter().flatten() {
            add(&mut found, Whose::Host, &start.host);
        }
    }
    for call in &c.calls {
        for (_, _, text) in &call.identifications {
            // `MSRAS-0-MACHINE`, of Windows.
            if let Some(("MSRAS", rest)) = text.split_once('-') {
                add(&mut found, Whose::Host, rest.split_once('-').map_or("", |(_, host)| host));
            }
        }
        for attempt in &call.attempts {
            for challenge in &attempt.challenges {
                add(&mut found, Whose::Host, &whole(challenge.name.to_string()));
            }
            for response in &attempt.responses {
                user(&mut found, &whole(lossy(&response.name)));
            }
        }
    }
    // Of very many messages the model keeps the words only.
    for event in c.timeline.iter() {
        let words = c.timeline.words(event);
        for (key, whose) in QUOTED {
            let Some((_, rest)) = words.split_once(key) else { continue };
            let name = rest.split('"').next().unwrap_or_default();
            let mut quoted = Vec::new();
            match whose {
                Whose::User => user(&mut quoted, name),
                _ => add(&mut quoted, *whose, name),
            }
            // A quote within a name ends nothing: the whole name is known.
            let known = |n: &Name| found.iter().any(|f: &Name| f.text.starts_with(&n.text));
            quoted.retain(|n| !known(n));
            found.extend(quoted);
        }
    }
    found.sort();
    found.dedup();
    found
}

/// A name with a sign where the model kept only its beginning.
fn whole(name: String) -> String {
    if name.len() < limits::WIRE_TEXT { name } else { name + "…" }
}

/// `user`, `DOMAIN\user`, `user@realm`.
fn user(found: &mut Vec<Name>, name: &str) {
    let (domain, name) = name.split_once('\\').unwrap_or(("", name));
    let (name, realm) = name.rsplit_once('@').unwrap_or((name, ""));
    add(found, Whose::Domain, domain);
    add(found, Whose::Domain, realm);
    add(found, Whose::User, name);
}

fn add(found: &mut Vec<Name>, whose: Whose, name: &str) {
    // Fields of fixed width are padded by some.
    let text = visible(name.trim_matches([' ', '\0']), LONGEST_TEXT);
    if !text.is_empty() {
        found.push(Name { whose, text });
    }
}

/// What stands before a name in the words of the timeline.
const QUOTED: &[(&str, Whose)] = &[
    ("user \"", Whose::User),
    ("Identity \"", Whose::User),
    ("name \"", Whose::Host),
    ("host \"", Whose::Host),
];
