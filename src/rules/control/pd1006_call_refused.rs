//! PD1006: the Outgoing-Call-Request is refused by result code.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

use super::error_words;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::model::call::Call;
use crate::model::census::Census;
use crate::model::census::Digest;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::Severity;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD1006",
        name: "call-refused",
        title: "The Outgoing-Call-Request is refused",
        severity: Fault,
        yields_to: [],
        page: "pd1006_call_refused.md",
        across: across,
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Call {
        return None;
    }
    if let Some(reply) = call.reply.filter(|r| r.result != 1) {
        let result = match reply.result {
            2 => "general error",
            3 => "no carrier",
            4 => "busy",
            5 => "no dial tone",
            6 => "time-out",
            7 => "do not accept",
            _ => "a result that RFC 2637 does not define",
        };
        let error = error_words(reply.error);
        return Some(
            Hit::new(Certainty::Certain, format!("the server refuses the call: {result}{error}"))
                .detail(format!("The Outgoing-Call-Reply carries Result Code {} ({result}) and Error Code {}{error} (RFC 2637 §2.8, §2.16).", reply.result, reply.error))
                .frame_if(call.request, "Outgoing-Call-Request")
                .culprit(reply.mark, format!("Outgoing-Call-Reply, result {}, error {}", reply.result, reply.error))
                .explicit(),
        );
    }
    let disconnected =
        call.disconnected.filter(|d| call.reply.is_none() && !may_be_up(c, call, d.mark))?;
    Some(
        Hit::new(Certainty::Certain, "the server disconnects the call instead of answering it")
            .detail(format!(
                "Call-Disconnect-Notify came before any Outgoing-Call-Reply (result {}, error {}).",
                disconnected.result, disconnected.error
            ))
            .frame_if(call.request, "Outgoing-Call-Request")
            .culprit(disconnected.mark, "Call-Disconnect-Notify")
            .explicit(),
    )
}

/// Whether the call may have been up though the capture shows no reply: it lacks octets, something came that
/// only a call has, or the disconnection answers the client (RFC 2637 §2.12).
fn may_be_up(c: &Conversation, call: &Call, disconnected: Mark) -> bool {
    c.control.iter().any(|k| k.missing > 0)
        || call.link_info.iter().any(|(_, dir, _)| *dir == Dir::ToClient)
        || call.cleared.is_some_and(|m| m.frame < disconnected.frame)
}

/// A server that refuses several clients within minutes, while others are connected: it has no place left.
fn across(census: &Census) -> Vec<Hit> {
    let mut by_server: BTreeMap<IpAddr, Vec<&Digest>> = BTreeMap::new();
    for d in &census.digests {
        by_server.entry(d.server.addr).or_default().push(d);
    }
    by_server.into_iter().filter_map(|(server, list)| exhausted(server, &list)).collect()
}

fn exhausted(server: IpAddr, list: &[&Digest]) -> Option<Hit> {
    let full = |d: &&Digest| d.call_refused.filter(|(_, result, error)| no_place(*result, *error));
    let mut refused: Vec<_> = list.iter().filter_map(|d| Some((full(d)?.0, *d))).collect();
    refused.sort_by_key(|(mark, _)| mark.at);
    let (first, _) = refused.first()?;
    let (last, _) = refused.last()?;
    let clients: BTreeSet<IpAddr> = refused.iter().map(|(_, d)| d.client).collect();
    let up = list.iter().filter(|d| connected_at(d, first.at)).count();
    if clients.len() < CLIENTS || up == 0 || last.at - first.at > WITHIN {
        return None;
    }
    let count = refused.len();
    let mut hit = Hit::new(
        Certainty::Likely,
        format!("{server} has no place left: it refuses {count} calls of {} clients while {up} are connected", clients.len()),
    )
    .detail(format!("Within {} the server answered {count} Outgoing-Call-Requests of {} clients with busy or no resource; {up} sessions in this capture were up at that time. So it is not the clients: the server's ports, licences or addresses are used up (inferred; how many it has is not in the packets).", last.at - first.at, clients.len()))
    .frame(*first, "the first call that is refused")
    .culprit(*last, "the newest call that is refused")
    .missing("How many sessions were up in all: the capture shows only those that it saw.")
    .in_conversations(refused.iter().map(|(_, d)| d.id));
    // Each refused call is a fault of its own already.
    hit.severity = Some(Severity::Warning);
    Some(hit)
}

/// Busy, or a general error for want of resources (RFC 2637 §2.8, §2.16).
fn no_place(result: u8, error: u8) -> bool {
    result == 4 || result == 2 && error == 4
}

fn connected_at(d: &Digest, at: Timestamp) -> bool {
    let until = d.closed.map_or(d.ended.at + QUIET, |m| m.at);
    d.stage == Stage::Connected && d.started.at <= at && at <= until
}

/// A session that has not ended may be quiet for this long: control connections send an echo a minute
/// (RFC 2637 §3.1.4).
const QUIET: Span = Span::from_secs(120);
/// Clients that are refused.
const CLIENTS: usize = 2;
/// Refusals that belong together.
const WITHIN: Span = Span::from_secs(600);
