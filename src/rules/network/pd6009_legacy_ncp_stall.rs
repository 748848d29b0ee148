//! PD6009: NBFCP or IPXCP holds up the network phase.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD6009",
        name: "legacy-ncp-stall",
        title: "NBF/IPX negotiation delays or breaks the set-up",
        severity: Warning,
        yields_to: ["PD6001", "PD6002"],
        page: "pd6009_legacy_ncp_stall.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call().filter(|_| matches!(c.stage, Stage::Network | Stage::Connected))?;
    let asker = Dir::BOTH.into_iter().max_by_key(|d| call.other_ncp.side(*d).request_count)?;
    let side = call.other_ncp.side(asker);
    let first = side.requests.first()?.mark;
    // One round of requests and answers more than Max-Failure allows: a loop, not a search.
    if side.request_count <= N_FAIL || side.answer_count == 0 {
        return None;
    }
    let (last, _) = side.last_request?;
    let waited = delay(c, call, first)?;
    let (who, rounds) = (asker.sender(), side.request_count);
    let then = match call.ipcp.opened() {
        Some(_) => "Only then came IPCP",
        None => "IPCP never opened",
    };
    let mut hit = Hit::new(Certainty::Likely, format!("NetBEUI or IPX negotiation holds up the set-up for {waited}"))
        .detail(format!("The {who} sent {rounds} Configure-Requests for NBFCP or IPXCP between {} and {} seconds into the call; both sides answer, and they do not settle. {then}. IPv4 does not need these protocols.", seconds(first, c), seconds(last, c)))
        .frame(first, format!("first request of the {who} for NBFCP or IPXCP"))
        .culprit(last, format!("request number {rounds}"))
        .frame_if(ipcp_begun(call), "IPCP begins");
    hit = hit.frame_if(call.ipcp.opened(), "IPCP is open");
    Some(hit)
}

/// How long IPCP had to wait for the other protocol; `None` where it did not wait.
fn delay(c: &Conversation, call: &Call, first: Mark) -> Option<Span> {
    let (until, waiting) = match ipcp_begun(call) {
        Some(begun) => (begun.at, true),
        None => (c.closing().map(|(m, _)| m.at)?, call.ipv6cp.opened().is_none()),
    };
    let waited = until - first.at;
    (waiting && waited >= STALL).then_some(waited)
}

/// First packet of IPCP that either side asks with.
fn ipcp_begun(call: &Call) -> Option<Mark> {
    Dir::BOTH.into_iter().filter_map(|d| call.ipcp.side(d).requests.first()).map(|r| r.mark).min()
}

fn seconds(mark: Mark, c: &Conversation) -> String {
    format!("{:.1}", (mark.at - c.started.at).as_secs())
}

/// Max-Failure of RFC 1661 §4.6.
const N_FAIL: u32 = 5;
/// A user notices this.
const STALL: Span = Span::from_secs(5);
