//! PD8011: many refused log-ons: somebody guesses passwords.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use super::guessing::Burst;
use super::guessing::MANY;
use super::guessing::burst;
use crate::base::text::lossy;
use crate::base::time::Span;
use crate::model::census::Census;
use crate::model::census::Digest;
use crate::model::conversation::Conversation;
use crate::model::logon;
use crate::model::logon::Logon;
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
        across: across,
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let all: Vec<Logon> = logon::all(c).map(|(l, ..)| l).filter(|l| !l.success).collect();
    let refused = in_order(all.iter());
    let found = burst(&refused)?;
    let from = c.client.endpoint.addr;
    Some(hit(
        &found,
        refused.len(),
        &format!("from {from} in this conversation"),
        "The server's log over a longer time tells, and so do other conversations from this address.",
    ))
}

/// Guessing that dials anew for each password, from one address or from many.
fn across(census: &Census) -> Vec<Hit> {
    let mut by_source: BTreeMap<(IpAddr, IpAddr), Vec<&Digest>> = BTreeMap::new();
    for d in census.digests.iter().filter(|d| d.logons.iter().any(|l| !l.success)) {
        by_source.entry((d.server.addr, d.client)).or_default().push(d);
    }
    let from_one = by_source.iter().filter_map(|((server, client), digests)| {
        together(digests, &format!("from {client} at {server}"))
    });
    let mut hits: Vec<Hit> = from_one.collect();
    if hits.is_empty() {
        hits.extend(distributed(census));
    }
    hits
}

/// One name, from many addresses.
fn distributed(census: &Census) -> Vec<Hit> {
    let mut by_name: BTreeMap<(IpAddr, &[u8]), Vec<&Digest>> = BTreeMap::new();
    for d in &census.digests {
        let names: BTreeSet<&[u8]> =
            d.logons.iter().filter(|l| !l.success).map(|l| &*l.name).collect();
        for name in names {
            by_name.entry((d.server.addr, name)).or_default().push(d);
        }
    }
    let many = by_name.into_iter().filter(|(_, digests)| {
        digests.iter().map(|d| d.client).collect::<BTreeSet<_>>().len() >= SOURCES
    });
    many.filter_map(|((server, name), digests)| {
        together(&digests, &format!("for \"{}\" from many addresses at {server}", lossy(name)))
    })
    .collect()
}

/// A burst that no conversation shows alone.
fn together(digests: &[&Digest], whence: &str) -> Option<Hit> {
    if digests.len() < 2 {
        return None;
    }
    let refused = in_order(digests.iter().flat_map(|d| &d.logons).filter(|l| !l.success));
    let found = burst(&refused)?;
    let ids: Vec<u32> = digests.iter().map(|d| d.id).collect();
    let whence = format!("{whence} in {} conversations", ids.len());
    let more = "The server's log over a longer time tells.";
    Some(hit(&found, refused.len(), &whence, more).in_conversations(ids))
}

fn in_order<'a>(refused: impl Iterator<Item = &'a Logon>) -> Vec<&'a Logon> {
    let mut refused: Vec<&Logon> = refused.collect();
    refused.sort_by_key(|l| (l.verdict.at, l.verdict.frame));
    refused
}

fn hit(found: &Burst<'_>, count: usize, whence: &str, more: &str) -> Hit {
    let Burst { refused, certainty, kind, names } = found;
    let lasted = match refused.as_slice() {
        [first, .., last] => last.verdict.at - first.verdict.at,
        _ => Span::ZERO,
    };
    let mut hit = Hit::new(*certainty, format!("{count} refused log-ons {whence}: {kind}"))
    .detail(format!("{MANY} of the {count} refusals came within {lasted}. Names: {names}. The count is certain; that somebody guesses is inferred from it."));
    for logon in refused {
        hit = hit.frame(logon.verdict, format!("\"{}\" is refused", lossy(&logon.name)));
    }
    match certainty {
        Certainty::Possible => hit.missing(format!("Whether the passwords differ: a client that tries a wrong saved password again and again looks alike. {more}")),
        _ => hit,
    }
}

/// Addresses that make it a distributed attack.
const SOURCES: usize = 5;
