//! PD1003: TCP connects, but the Start-Control-Connection-Request gets no reply.

use super::attempts;
use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD1003",
        name: "no-sccrp",
        title: "TCP connects but Start-Control-Connection-Request gets no reply",
        severity: Fault,
        yields_to: ["PD1005"],
        page: "pd1003_no_sccrp.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let k = c.connection()?;
    let request = k.start_request.as_ref()?;
    let seen_back = k.last[Dir::ToClient.index()].is_some();
    if c.stage != Stage::Control
        || k.start_reply.is_some()
        || k.foreign.is_some()
        || !seen_back
        || k.missing > 0
    {
        return None;
    }
    let closing = k.closed();
    let until = closing.map_or(c.visibility.until, |(m, _)| m.at);
    let waited = until - request.mark.at;
    let acked = k.last[Dir::ToClient.index()].is_some_and(|m| m.frame > request.mark.frame);
    let (how, why) = match closing {
        Some((_, Dir::ToClient)) if k.reset.is_some_and(|r| r.dir == Dir::ToClient) => (
            "resets the connection",
            "A server without a free address or port does this (pptpd with an empty address pool), and so does an access list.",
        ),
        Some((_, Dir::ToClient)) => (
            "closes the connection",
            "A server that turns this client away does this (access list, no free connection), or one whose worker process died.",
        ),
        _ if waited < SILENT => return None,
        _ if acked => (
            "acknowledges it in TCP and says nothing",
            "The service accepts connections but its worker hangs or has no free slot, or a device on the way completes the handshake in its name.",
        ),
        _ => (
            "does not even acknowledge it",
            "Small packets passed and this one did not: a stateful device or an MTU problem on the way is likely.",
        ),
    };
    // Short of the usual ten seconds a slow server is not ruled out.
    let certainty =
        if closing.is_some() || waited >= LONG { Certainty::Certain } else { Certainty::Likely };
    let mut hit = Hit::new(certainty, format!("the server {how} instead of answering the PPTP greeting{}", attempts(c)))
        .detail(format!("TCP connected, the client sent its Start-Control-Connection-Request, and in {waited} no reply came: the server {how}. That there was no reply is certain; the reason is not in the packets. {why}"))
        .frame_if(k.syn_ack, "TCP connected")
        .culprit(request.mark, "Start-Control-Connection-Request, never answered");
    if let Some((m, side)) = closing {
        hit = hit.frame(m, format!("the {} closes", side.sender()));
    }
    Some(hit)
}

/// Silence that counts as no reply (the protocol's own timer is 60 s, RFC 2637 §3.1.4).
const SILENT: Span = Span::from_secs(5);
/// Silence that leaves no doubt.
const LONG: Span = Span::from_secs(10);
