//! PD6005: two sessions that are up at the same time have one address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::net::Ipv4Addr;

use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::census::Census;
use crate::model::census::Digest;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD6005",
        name: "duplicate-tunnel-address",
        title: "Same inner address given to two live sessions",
        severity: Warning,
        yields_to: [],
        page: "pd6005_duplicate_tunnel_address.md",
        across: across,
    }
}

/// One conversation never shows it.
fn check(_: &Conversation) -> Option<Hit> {
    None
}

fn across(census: &Census) -> Vec<Hit> {
    let mut leases: BTreeMap<(IpAddr, Ipv4Addr), Vec<Lease<'_>>> = BTreeMap::new();
    for of in &census.digests {
        if let Some((address, agreed)) = of.lease.filter(|(a, _)| !a.is_unspecified()) {
            leases.entry((of.server.addr, address)).or_default().push(Lease { of, agreed });
        }
    }
    leases
        .into_iter()
        .filter_map(|((server, address), mut list)| {
            list.sort_by_key(|l| l.agreed.at);
            let (first, second) = list.windows(2).find_map(|w| match w {
                [a, b] if a.lives_beside(b) => Some((a, b)),
                _ => None,
            })?;
            Some(hit(server, address, first, second))
        })
        .collect()
}

struct Lease<'a> {
    of: &'a Digest,
    agreed: Mark,
}

impl Lease<'_> {
    /// Whether this session still sent when the later one had the address, for longer than what was under
    /// way needs.
    fn lives_beside(&self, later: &Self) -> bool {
        let closed = self.of.closed.is_some_and(|m| m.at <= later.agreed.at);
        let heard = self.of.heard.is_some_and(|m| m.at - later.agreed.at >= LIVE);
        !closed && heard && !self.of.may_be(later.of)
    }
}

fn hit(server: IpAddr, address: Ipv4Addr, first: &Lease<'_>, second: &Lease<'_>) -> Hit {
    let (one, other) = (first.of.client, second.of.client);
    let heard = first.of.heard.unwrap_or(first.agreed);
    Hit::new(
        Certainty::Certain,
        format!("{server} gave {address} to {one} and to {other} at the same time"),
    )
    .detail(format!("Conversation {} agreed on {address} for {one}, and conversation {} on the same address for {other} while the first was still up: its client went on sending for {} after that. Packets for {address} reach one of the two only.", first.of.id, second.of.id, heard.at - second.agreed.at))
    .frame(first.agreed, format!("{one} has {address}"))
    .culprit(second.agreed, format!("{other} gets {address} too"))
    .frame(heard, format!("{one} still sends"))
    .in_conversations([first.of.id, second.of.id])
}

/// The first session goes on for at least this long.
const LIVE: Span = Span::from_secs(2);
