//! PD6002: the server refuses IPCP, or does not answer it.

use super::phase::stopped;
use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD6002",
        name: "ipcp-unavailable",
        title: "IPCP refused or unanswered by the server",
        severity: Fault,
        yields_to: ["PD6004"],
        page: "pd6002_ipcp_unavailable.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = stopped(c)?;
    // A link that carries IPv6 alone may be what both sides want.
    if call.ipcp.opened().is_some() || call.ipv6cp.opened().is_some() {
        return None;
    }
    rejected(c, call).or_else(|| unanswered(c, call))
}

fn rejected(c: &Conversation, call: &Call) -> Option<Hit> {
    let (mark, _) = call.ipcp.rejected.filter(|(_, by)| *by == Dir::ToClient)?;
    let request = call.ipcp.side(Dir::ToServer).requests.first();
    let end = c.closing();
    let then = end.map_or_else(String::new, |(m, by)| {
        format!(" The {} ends the link {} later.", by.sender(), (m.at - mark.at).abs())
    });
    let mut hit = Hit::new(Certainty::Certain, "the server refuses IPCP: it carries no IPv4 for this user")
        .detail(format!("Authentication went well. The client asks for IPCP, the server answers with an LCP Protocol-Reject of 8021: it has no IPv4 to offer on this link, so the client gets no address.{then}"))
        .frame_if(request.map(|r| r.mark), "the client asks for IPCP")
        .culprit(mark, "the server refuses IPCP as a whole (LCP Protocol-Reject)");
    if let Some((m, by)) = end {
        hit = hit.frame(m, format!("the {} ends the link", by.sender()));
    }
    Some(hit.explicit())
}

fn unanswered(c: &Conversation, call: &Call) -> Option<Hit> {
    let side = call.ipcp.side(Dir::ToServer);
    let server = call.ipcp.side(Dir::ToClient);
    let first = side.requests.first()?.mark;
    let (last, _) = side.last_request?;
    if side.answer_count > 0 || server.request_count > 0 || side.request_count < 3 {
        return None;
    }
    let until = c.closing().map_or(c.visibility.until, |(m, _)| m.at);
    let waited = until - first.at;
    // The server's PPP was alive and within reach: it sent something after the requests had begun.
    let alive = call.gre[Dir::ToClient.index()].last_payload.filter(|m| m.at - first.at >= ALIVE);
    if waited < WAIT {
        return None;
    }
    let alive = alive?;
    let acks = call.ipcp.terminate_acks.iter().filter(|(_, by)| *by == Dir::ToClient).count();
    let how = if acks > 0 {
        format!(
            "answered {acks} of them with Terminate-Ack, which says that its IPCP is closed, and never started it"
        )
    } else {
        "answered none, and sent none of its own".to_owned()
    };
    Some(
        Hit::new(Certainty::Likely, format!("the server does not bring up IPCP: {} requests without an answer", side.request_count))
            .detail(format!("Authentication went well. The client sent {} IPCP Configure-Requests in {waited}; the server {how}, though its PPP was alive: it sent other packets meanwhile. So it lacks an address for this client, or IPv4 for it is switched off (inferred).", side.request_count))
            .frame(first, "first IPCP Configure-Request of the client")
            .culprit(last, "newest one, still no answer")
            .frame(alive, "the server's PPP is alive")
            .missing("The server's log says whether it had no address or does not route IPv4."),
    )
}

/// Minimum wait of the catalogue.
const WAIT: Span = Span::from_secs(10);
/// A sign of life this long after the first request shows that the path and the peer were there.
const ALIVE: Span = Span::from_secs(5);
