//! All rules, in the order of their ids.

use super::Rule;
use super::auth;
use super::control;
use super::encryption;
use super::error5;
use super::hostile;
use super::link;
use super::network;
use super::posture;
use super::traffic;
use super::tunnel;

/// Families in catalogue order: name and rules.
pub static FAMILIES: &[(&str, &[&Rule])] = &[
    ("The Error 5 and authentication-race family", error5::RULES),
    ("Control connection and TCP", control::RULES),
    ("GRE and the tunnel path", tunnel::RULES),
    ("LCP and the link", link::RULES),
    ("Authentication verdicts and method negotiation", auth::RULES),
    ("Encryption and compression", encryption::RULES),
    ("Network layer: IPCP and its kin", network::RULES),
    ("Security posture", posture::RULES),
    ("Data phase and performance", traffic::RULES),
    ("Malformed and hostile", hostile::RULES),
];

/// Every rule.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|(_, rules)| rules.iter().copied())
}

/// A rule by id (`PD2001`, `pd2001`, `2001`) or name (`gre-no-return`).
#[must_use]
pub fn find(word: &str) -> Option<&'static Rule> {
    let word = word.trim().to_ascii_lowercase();
    all().find(|r| {
        let id = r.id.to_ascii_lowercase();
        word == id || word == r.name || Some(word.as_str()) == id.strip_prefix("pd")
    })
}
