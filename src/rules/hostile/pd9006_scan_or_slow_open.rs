//! PD9006: a probe, or a connection that takes a place and asks for nothing.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::reach;
use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::model::census::Census;
use crate::model::census::Digest;
use crate::model::census::Opening;
use crate::model::control::ControlConnection;
use crate::model::conversation::Conversation;
use crate::model::fingerprint::Family;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD9006",
        name: "scan-or-slow-open",
        title: "Probe or connection-slot exhaustion",
        severity: Notice,
        yields_to: [],
        page: "pd9006_scan_or_slow_open.md",
        across: across,
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let k = c.connection()?;
    if !c.calls.is_empty() || !k.from_start {
        return None;
    }
    scanner(c, k).or_else(|| looked_only(c, k)).or_else(|| slow(c, k))
}

/// It says who it is.
fn scanner(c: &Conversation, k: &ControlConnection) -> Option<Hit> {
    let start = k.start_request.as_ref().filter(|_| c.family(Dir::ToServer) == Family::Nmap)?;
    let from = k.client.addr;
    Some(
        Hit::new(Certainty::Certain, format!("{from} scans for PPTP servers (nmap)"))
            .detail(format!("Its Start-Control-Connection-Request names the vendor \"{}\" and the host \"{}\", as nmap's PPTP probe does; it asks for no call.", start.vendor, start.host))
            .culprit(start.mark, "Start-Control-Connection-Request of nmap"),
    )
}

/// It was accepted, and left without a call.
fn looked_only(c: &Conversation, k: &ControlConnection) -> Option<Hit> {
    let reply = k.start_reply.as_ref().filter(|_| k.accepted())?;
    let closed = k.closed();
    let left = closed.filter(|(_, side)| *side == Dir::ToServer);
    let until = closed.map_or(c.visibility.until, |(m, _)| m.at);
    let waited = until - reply.mark.at;
    if left.is_none() && waited < SLOW {
        return None;
    }
    let from = k.client.addr;
    let mut hit = Hit::new(
        Certainty::Possible,
        format!("{from} opened a control connection and asked for no call"),
    )
    .detail(format!("The server accepted the control connection; in {waited} no call was asked for. A scanner or a monitor does so, and so does a client that was stopped right then. While it is open it takes one of the server's places."))
    .culprit(reply.mark, "the server accepts the control connection");
    if let Some((m, side)) = closed {
        hit = hit.frame(m, format!("the {} closes it", side.sender()));
    }
    Some(hit)
}

/// TCP stands, and nothing is said.
fn slow(c: &Conversation, k: &ControlConnection) -> Option<Hit> {
    let open = k.established?;
    let silent = k.start_request.is_none() && k.bad.is_none() && k.foreign.is_none();
    let closed = k.closed();
    let until = closed.map_or(c.visibility.until, |(m, _)| m.at);
    let left = closed.is_some_and(|(_, side)| side == Dir::ToServer);
    if !silent || k.missing > 0 || !left && until - open.at < SLOW {
        return None;
    }
    let from = k.client.addr;
    let mut hit = Hit::new(
        Certainty::Possible,
        format!("{from} connected to the PPTP port and said nothing for {}", until - open.at),
    )
    .detail("The TCP connection stood and no Start-Control-Connection-Request came: a port scan, a health check of a monitor or load balancer, or many such connections to use up the server's places.".to_owned())
    .culprit(open, "TCP stands; nothing follows");
    if let Some((m, side)) = closed {
        hit = hit.frame(m, format!("the {} closes it", side.sender()));
    }
    Some(hit)
}

/// Many servers tried from one address, or many places of one server taken.
fn across(census: &Census) -> Vec<Hit> {
    let mut by_client: BTreeMap<IpAddr, Vec<&Digest>> = BTreeMap::new();
    for d in
        census.digests.iter().filter(|d| !matches!(d.opening, Opening::Spoke | Opening::Unseen))
    {
        by_client.entry(d.client).or_default().push(d);
    }
    let each = by_client.into_iter().flat_map(|(from, list)| {
        let held = held(from, &list);
        [sweep(from, &list), held]
    });
    each.flatten().collect()
}

/// Connections to many servers that lead to no call.
fn sweep(from: IpAddr, list: &[&Digest]) -> Option<Hit> {
    let mut list = list.to_vec();
    list.sort_by_key(|d| d.started.at);
    let times: Vec<Timestamp> = list.iter().map(|d| d.started.at).collect();
    // Connections to each server from `start` to `end`.
    let mut servers: BTreeMap<IpAddr, usize> = BTreeMap::new();
    let mut counted = list.iter();
    let mut count = 0;
    let burst = reach(&times, |s| s <= SWEPT).into_iter().enumerate().find(|(start, end)| {
        if let Some(left) = start.checked_sub(1).and_then(|n| list.get(n))
            && let Some(n) = servers.get_mut(&left.server.addr)
        {
            *n -= 1;
            if *n == 0 {
                servers.remove(&left.server.addr);
            }
        }
        for d in counted.by_ref().take(end - count) {
            *servers.entry(d.server.addr).or_default() += 1;
        }
        count = *end;
        servers.len() >= SERVERS
    });
    let (start, end) = burst?;
    let near = list.get(start..end)?;
    let servers = servers.len();
    let (first, last) = (near.first()?.started, near.last()?.started);
    Some(
        Hit::new(Certainty::Likely, format!("{from} tries {servers} PPTP servers and asks none for a call"))
            .detail(format!("Within {} {from} connected to the PPTP port of {servers} hosts, and asked for a call at none of them. That is what a scan looks like; a monitor that watches many servers does the same.", last.at - first.at))
            .frame(first, "the first of them")
            .culprit(last, "the newest of them")
            .in_conversations(near.iter().map(|d| d.id)),
    )
}

/// Places of one server, taken at the same time for nothing.
fn held(from: IpAddr, list: &[&Digest]) -> Option<Hit> {
    let mut by_server: BTreeMap<IpAddr, Vec<(Timestamp, Timestamp, &Digest)>> = BTreeMap::new();
    for &d in list {
        let (Opening::Silent(open) | Opening::Idle(open)) = d.opening else { continue };
        if d.until - open.at >= SLOW {
            by_server.entry(d.server.addr).or_default().push((open.at, d.until, d));
        }
    }
    by_server.into_iter().find_map(|(server, spans)| {
        let sorted = |mut times: Vec<Timestamp>| {
            times.sort_unstable();
            times
        };
        let opened = sorted(spans.iter().map(|(open, ..)| *open).collect());
        let closed = sorted(spans.iter().map(|(_, until, _)| *until).collect());
        let beside = |at: Timestamp| {
            let gone = closed.partition_point(|t| *t < at);
            opened.partition_point(|t| *t <= at).saturating_sub(gone)
        };
        let at = spans.iter().map(|(open, ..)| *open).max_by_key(|at| beside(*at))?;
        let there = spans.iter().filter(|(a, b, _)| *a <= at && at <= *b);
        let together: Vec<&Digest> = there.map(|(.., d)| *d).collect();
        let (first, last) = (together.first()?, together.last()?);
        (together.len() >= HELD).then(|| {
            Hit::new(Certainty::Likely, format!("{from} holds {} connections to {server} and uses none", together.len()))
                .detail(format!("{} control connections from {from} stood at {server} at one time, each for {SLOW} or longer, and none asked for a call. Each takes one of the server's places; with enough of them nobody else gets one.", together.len()))
                .frame(first.started, "the first of them")
                .culprit(last.started, "the newest of them")
                .in_conversations(together.iter().map(|d| d.id))
        })
    })
}

/// Servers that one client tries for no call.
const SERVERS: usize = 10;
/// Time within which it does.
const SWEPT: Span = Span::from_secs(600);
/// Connections that one client holds for nothing.
const HELD: usize = 10;
/// A client asks within moments.
const SLOW: Span = Span::from_secs(10);
