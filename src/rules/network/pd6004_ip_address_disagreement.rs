//! PD6004: an address is refused, insisted on, or never assigned.

use std::net::Ipv4Addr;

use super::phase::address_of;
use super::phase::says_address;
use super::phase::says_ras;
use super::phase::stopped;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::negotiation::Reply;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD6004",
        name: "ip-address-disagreement",
        title: "Address refused, insisted on, or never assigned",
        severity: Fault,
        yields_to: [],
        page: "pd6004_ip_address_disagreement.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = stopped(c)?;
    let end = c.closing();
    let hit = insisted(call, Dir::ToServer, end.is_some())
        .or_else(|| unassigned(call).filter(|_| end.is_some()))
        .or_else(|| insisted(call, Dir::ToClient, end.is_some()))
        .or_else(|| told(call))?;
    let hit = match says_address(call) {
        Some((m, by, text)) => hit.frame(m, format!("the {} says \"{text}\"", by.sender())),
        None => hit,
    };
    let hit = match says_ras(call, &[RAS_735, RAS_738]) {
        Some((_, _, RAS_735)) => {
            hit.saw("Error 735: the requested address was rejected by the server")
        }
        Some(_) => hit.saw("Error 738: the server did not assign an address"),
        None => hit,
    };
    Some(match end {
        Some((m, by)) => hit.frame(m, format!("the {} ends the link", by.sender())),
        None => hit,
    })
}

/// A side asks for one address again and again; the other answers with another one.
fn insisted(call: &Call, asker: Dir, ended: bool) -> Option<Hit> {
    let side = call.ipcp.side(asker);
    let wanted = side
        .requests
        .iter()
        .find_map(|r| address_of(&r.options).filter(|a| !a.is_unspecified()).map(|a| (r.mark, a)));
    let (first, wanted) = wanted?;
    let refusals: Vec<(Mark, Option<Ipv4Addr>, Reply)> = side
        .answers
        .iter()
        .filter(|a| match a.reply {
            Reply::Nak => address_of(&a.options).is_some_and(|n| n != wanted),
            Reply::Reject => address_of(&a.options) == Some(wanted),
            Reply::Ack => false,
        })
        .map(|a| (a.mark, address_of(&a.options), a.reply))
        .collect();
    let (mark, counter, reply) = *refusals.first()?;
    // Repeated after the first refusal, for the same address: the asker saw the answer and insists.
    let again = side
        .requests
        .iter()
        .filter(|r| r.mark > mark && address_of(&r.options) == Some(wanted))
        .count();
    let explicit = says_address(call).is_some() || says_ras(call, &[RAS_735]).is_some();
    let rounds = refusals.len();
    let enough = rounds >= N_FAIL && again >= N_FAIL - 1
        || ended && rounds >= 2 && again >= 1
        || ended && explicit;
    let acked = side.answered(Reply::Ack).any(|a| address_of(&a.options) == Some(wanted));
    if !enough || acked {
        return None;
    }
    let certainty =
        if rounds >= N_FAIL || explicit { Certainty::Certain } else { Certainty::Likely };
    let (who, other) = (asker.sender(), asker.receiver());
    let answer = match counter.filter(|_| reply == Reply::Nak) {
        Some(a) => format!("offers {a} (Configure-Nak)"),
        None => "rejects the option".to_owned(),
    };
    let all = side.request_count;
    let whose = if asker == Dir::ToServer {
        "The client has an address of its own set, and the server gives another one."
    } else {
        "The server names its own address, and the client expects another one."
    };
    Some(
        Hit::new(certainty, format!("the {who} insists on address {wanted}, the {other} does not accept it"))
            .detail(format!("{whose} The {who} asked for {wanted} and went on asking, although the {other} {answer}: {all} IPCP Configure-Requests, no agreement."))
            .frame(first, format!("the {who} asks for {wanted}"))
            .culprit(mark, format!("the {other} {answer}"))
            .frame_if(side.requests.iter().find(|r| r.mark > mark).map(|r| r.mark), "the same is asked for again")
            .frame_if(refusals.last().map(|r| r.0).filter(|m| *m != mark), "still the same answer")
            .explicit(),
    )
}

/// The client asks for any address and is given none.
fn unassigned(call: &Call) -> Option<Hit> {
    let side = call.ipcp.side(Dir::ToServer);
    let open = |options| address_of(options).is_some_and(|a: Ipv4Addr| a.is_unspecified());
    let asked = side.requests.iter().find(|r| open(&r.options))?;
    let given = side.answers.iter().any(|a| {
        a.reply != Reply::Reject && address_of(&a.options).is_some_and(|a| !a.is_unspecified())
    });
    let refusal = side.answers.iter().find(|a| a.reply != Reply::Nak && open(&a.options))?;
    if given {
        return None;
    }
    let how = if refusal.reply == Reply::Ack {
        "acknowledges 0.0.0.0 as the client's address"
    } else {
        "rejects the client's question for an address"
    };
    Some(
        Hit::new(Certainty::Certain, "the server assigns the client no address")
            .detail(format!("The client asks for an address by sending 0.0.0.0 (RFC 1332 §3.3). The server {how} instead of naming one, so the client has none, and the link ends."))
            .frame(asked.mark, "the client asks for an address (0.0.0.0)")
            .culprit(refusal.mark, format!("the server {how}"))
            .explicit(),
    )
}

/// Nothing of the rounds is conclusive, but a side says in so many words that it is the addresses.
fn told(call: &Call) -> Option<Hit> {
    let (mark, by, said) = match (says_address(call), says_ras(call, &[RAS_735, RAS_738])) {
        (Some((m, by, text)), _) => (m, by, format!("\"{text}\"")),
        (None, Some((m, by, n))) => (m, by, format!("RAS error {n}")),
        (None, None) => return None,
    };
    let who = by.sender();
    let names: Vec<String> = Dir::BOTH
        .into_iter()
        .filter_map(|d| {
            let list = &call.ipcp.side(d).requests;
            let a = list.iter().rev().find_map(|r| address_of(&r.options))?;
            Some(format!("the {} asked for {a}", d.sender()))
        })
        .collect();
    let names = if names.is_empty() { "no address was named".to_owned() } else { names.join(", ") };
    Some(
        Hit::new(Certainty::Certain, format!("no agreement on IP addresses: the {who} closes with {said}"))
            .detail(format!("IPCP came to no usable pair of addresses ({names}). The {who} says why it ends: {said}."))
            .frame_if(call.ipcp.side(by.flip()).requests.first().map(|r| r.mark), format!("the {} asks", by.receiver()))
            .culprit(mark, format!("the {who} ends it: {said}"))
            .explicit(),
    )
}

/// Max-Failure of RFC 1661 §4.6.
const N_FAIL: usize = 5;
/// "The requested address was rejected by the server."
const RAS_735: u32 = 735;
/// "The server did not assign an address."
const RAS_738: u32 = 738;
