//! PD6007: the address inside the tunnel is the server's own, and the tunnel swallows itself.

use std::net::IpAddr;

use super::phase::address_of;
use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD6007",
        name: "tunnel-equals-server",
        title: "Assigned peer address or default route sends the tunnel into itself",
        severity: Fault,
        yields_to: [],
        page: "pd6007_tunnel_equals_server.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call().filter(|_| c.stage == Stage::Connected)?;
    let open = call.ipcp.opened()?;
    let inside = address_of(&call.ipcp.side(Dir::ToClient).agreed)?;
    let outside = c.server.endpoint.addr;
    if IpAddr::V4(inside) != outside {
        return None;
    }
    // The same address on both levels harms only a client that sends the tunnel's own packets into the
    // tunnel: then its GRE stops, acknowledgments included, while the server's goes on.
    let [client, server] = &call.gre;
    let stopped = client.last?;
    let server_last = server.last_payload?;
    let went_on = server_last.at - stopped.at;
    let left = c.closing().filter(|(m, by)| *by == Dir::ToServer && m.at - stopped.at < SILENT);
    if stopped.at - open.at > AT_ONCE || went_on < SILENT || left.is_some() {
        return None;
    }
    let end = c.closing();
    let mut hit = Hit::new(Certainty::Likely, format!("the tunnel leads into itself: {inside} is the server's address inside and outside"))
        .detail(format!("In IPCP the server names {inside} as its own address in the tunnel; it is also the address to which the tunnel itself is sent. {} after IPCP opened the client's GRE stopped altogether, while the server went on for {went_on}. So the client's route to {inside} points into the tunnel, and its GRE packets circle inside it (inferred: nothing of it leaves the client).", stopped.at - open.at))
        .frame_if(call.ipcp.side(Dir::ToClient).requests.last().map(|r| r.mark), format!("the server names {inside} as its address in the tunnel"))
        .frame(open, "IPCP is open")
        .culprit(stopped, "last GRE packet of the client")
        .frame(server_last, "the server still sends");
    if let Some((m, by)) = end {
        hit = hit.frame(m, format!("the {} ends it", by.sender()));
    }
    Some(hit.missing("The routing table of the client while connected: a host route to the server must lead outside. Without one this is it."))
}

/// The client's GRE stops within this time of IPCP.
const AT_ONCE: Span = Span::from_secs(5);
/// The server goes on for at least this long.
const SILENT: Span = Span::from_secs(10);
