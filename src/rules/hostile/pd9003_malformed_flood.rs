//! PD9003: a stream of malformed packets from one side.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::reach;
use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::census::Census;
use crate::model::census::Digest;
use crate::model::conversation::Conversation;
use crate::model::traffic::Defects;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD9003",
        name: "malformed-flood",
        title: "Stream of malformed PPTP packets (MS01-009 class)",
        severity: Fault,
        yields_to: [],
        page: "pd9003_malformed_flood.md",
        across: across,
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    Dir::BOTH.into_iter().find_map(|dir| flood(c, dir))
}

fn flood(c: &Conversation, dir: Dir) -> Option<Hit> {
    let Defects { first, last, count } = c.malformed(dir)?;
    let count = u64::from(count);
    let took = last.at - first.at;
    // Fifty in each minute that it lasted, and in one minute at least.
    let minutes = took.0.max(0) / MINUTE.0 + 1;
    if count < MANY || count < MANY.saturating_mul(minutes.unsigned_abs()) {
        return None;
    }
    let (who, whom) = (dir.sender(), dir.flip().sender());
    let address = c.peer(dir).endpoint.addr;
    Some(
        Hit::new(Certainty::Certain, format!("{count} malformed packets from {address} in {took}"))
            .detail(format!("The {who}, {address}, sent {count} packets that break RFC 2637 or RFC 1661 within {took}. No valid session is needed for that. On a Windows NT 4.0 server malformed PPTP packets use up memory that is never freed (MS01-009); the bulletin does not say which ones, so this is possible, not proven. Whether the {whom} suffers does not show."))
            .frame(first, "the first of them")
            .culprit(last, "the newest of them"),
    )
}

/// A flood that opens a connection anew for every few packets.
fn across(census: &Census) -> Vec<Hit> {
    let mut by_source: BTreeMap<(IpAddr, IpAddr), Vec<&Digest>> = BTreeMap::new();
    for d in census.digests.iter().filter(|d| d.malformed[Dir::ToServer.index()].is_some()) {
        by_source.entry((d.client, d.server.addr)).or_default().push(d);
    }
    by_source.into_iter().filter_map(|((from, to), list)| stream(from, to, list)).collect()
}

fn stream(from: IpAddr, to: IpAddr, mut list: Vec<&Digest>) -> Option<Hit> {
    let defects = |d: &Digest| d.malformed[Dir::ToServer.index()];
    list.sort_by_key(|d| defects(d).map(|m| m.first.at));
    let all: Vec<_> = list.iter().filter_map(|d| defects(d)).collect();
    // The longest run of connections that begins in one minute.
    let times: Vec<_> = all.iter().map(|m| m.first.at).collect();
    let mut sum = 0;
    let mut sums: Vec<u64> = vec![0];
    sums.extend(all.iter().map(|m| {
        sum += u64::from(m.count);
        sum
    }));
    let ends = reach(&times, |s| s < MINUTE).into_iter().enumerate();
    let (start, end) = ends.max_by_key(|(start, end)| Some(sums.get(*end)? - sums.get(*start)?))?;
    let run = all.get(start..end)?;
    let (first, last) = (run.first()?.first, run.iter().map(|m| m.last).max_by_key(|m| m.at)?);
    let connections = run.len();
    if connections < 2 || packets(run) < MANY && all.len() < CONNECTIONS {
        return None;
    }
    let count: u64 = packets(&all);
    Some(
        Hit::new(Certainty::Certain, format!("{count} malformed packets from {from} to {to} over {} connections", all.len()))
            .detail(format!("{from} opens one connection after the other and breaks RFC 2637 or RFC 1661 in each: {} such packets in {connections} connections within one minute. No valid session is needed for that. On a Windows NT 4.0 server malformed PPTP packets use up memory that is never freed (MS01-009); the bulletin does not say which ones, so this is possible, not proven.", packets(run)))
            .frame(first, "the first of them")
            .culprit(last, "the newest of them in that minute")
            .in_conversations(list.iter().map(|d| d.id)),
    )
}

fn packets(run: &[Defects]) -> u64 {
    run.iter().map(|m| u64::from(m.count)).sum()
}

/// So many connections that begin with a malformed message are a flood at any pace.
const CONNECTIONS: usize = 200;
/// The catalogue's number per minute.
const MANY: u64 = 50;
const MINUTE: Span = Span::from_secs(60);
