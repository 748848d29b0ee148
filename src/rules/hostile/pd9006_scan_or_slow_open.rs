//! PD9006: a probe, or a connection that takes a place and asks for nothing.

use crate::base::addr::Dir;
use crate::base::time::Span;
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

/// A client asks within moments.
const SLOW: Span = Span::from_secs(10);
