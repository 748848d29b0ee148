//! PD1007: the Outgoing-Call-Request gets no reply, or one for another call.

use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::point::Place;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD1007",
        name: "call-unanswered",
        title: "The Outgoing-Call-Request gets no reply",
        severity: Fault,
        yields_to: [],
        page: "pd1007_call_unanswered.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let k = c.connection()?;
    let call = c.call()?;
    let request = call.request?;
    if !c.both_ways() || k.missing > 0 {
        return None;
    }
    if let Some(reply) = call.reply.filter(|r| r.mismatch && r.result == 1) {
        let stuck = c.stage == Stage::Link && !call.lcp.any();
        return stuck.then(|| {
            Hit::new(Certainty::Certain, "the server answers a call that the client did not make")
                .detail("The Outgoing-Call-Reply accepts the call, but its Peer's Call ID is not the Call ID of the request: the client cannot match it and waits on. The server is defective, or a device on the way rewrites call ids in one message and not in the other.")
                .frame(request, format!("Outgoing-Call-Request, call id {}", call.client_call_id.unwrap_or_default()))
                .culprit(reply.mark, "Outgoing-Call-Reply for another call id")
                .frame_if(c.closing().map(|(m, _)| m), "the end")
        });
    }
    if c.stage != Stage::Call || call.reply.is_some() || call.disconnected.is_some() {
        return None;
    }
    let closing = c.closing();
    let waited = closing.map_or(c.visibility.until, |(m, _)| m.at) - request.at;
    let heard = k.last[Dir::ToClient.index()].is_some_and(|m| m.frame > request.frame);
    let how = match closing {
        Some((m, Dir::ToClient)) if k.stop_request.is_none_or(|(s, ..)| s != m) => {
            "closes the connection instead of answering"
        }
        // It says that it stops: nothing was left unanswered.
        Some((_, Dir::ToClient)) => return None,
        _ if waited < SHORT => return None,
        _ if heard => "acknowledges it in TCP and says nothing",
        _ => "does not even acknowledge it",
    };
    let why = if heard {
        "The worker of the service hangs or has no free port, or a PPTP helper on the way swallows the reply because it cannot translate the call id."
    } else {
        "The greeting passed before, so the path was cut in between, or a device on the way drops this message."
    };
    let by_server = closing.is_some_and(|(_, side)| side == Dir::ToClient);
    let certain = heard && (by_server || closing.is_some() && waited >= LONG || waited >= T_CTRL);
    let certainty = if certain { Certainty::Certain } else { Certainty::Likely };
    let mut hit = Hit::new(certainty, format!("the call request is never answered: the server {how}"))
        .detail(format!("Client and server agreed to speak PPTP; the client asked for a call, and in {waited} neither an Outgoing-Call-Reply nor a Call-Disconnect-Notify came: the server {how}. That no reply came is in the packets; the reason is not. {why}"))
        .frame_if(k.start_reply.as_ref().map(|r| r.mark), "Start-Control-Connection-Reply: agreed")
        .culprit(request, "Outgoing-Call-Request, never answered");
    if let Some((m, side)) = closing {
        hit = hit.frame(m, format!("the {} gives up", side.sender()));
    }
    if c.point.place != Place::Server {
        hit = hit.missing("Capture at the server too: a reply that leaves there and does not arrive here was swallowed by a device on the way.");
    }
    Some(hit)
}

/// Below this a slow server is not ruled out.
const SHORT: Span = Span::from_secs(10);
/// A client that waited this long before it closed did not just change its mind.
const LONG: Span = Span::from_secs(25);
/// The protocol's own timer (RFC 2637 §3.2.1).
const T_CTRL: Span = Span::from_secs(60);
