//! PD3001: GRE gets through, but the other side's PPP never speaks.

use crate::base::addr::Dir;
use crate::model::conversation::Conversation;
use crate::model::point::Place;
use crate::rules::Certainty;
use crate::rules::finding::Hit;
use crate::rules::tunnel::reach::Reach;
use crate::rules::tunnel::reach::reach;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD3001",
        name: "lcp-silent-peer",
        title: "GRE path works but the other PPP never speaks",
        severity: Fault,
        yields_to: ["PD2004", "PD2005", "PD2006", "PD2010", "PD3002", "PD3004"],
        page: "pd3001_lcp_silent_peer.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let (call, found) = reach(c)?;
    let accepted = call.reply?.mark;
    let client = &call.gre[Dir::ToServer.index()];
    match found {
        Reach::ServerGoneAtOnce(left) => {
            let at_server = c.point.place == Place::Server;
            let certainty = if at_server { Certainty::Certain } else { Certainty::Possible };
            let hit = Hit::new(certainty, format!("the server accepted the call and closed it {} later without one PPP packet", left.at - accepted.at))
                .detail("The call was accepted, and right after it the server closed the control connection; its PPP never spoke. On pptpd this is a pppd that exits at once: an option it does not know, no usable secret, a missing program or kernel module. Seen from the client, a NAT that refuses the server's GRE looks the same.")
                .frame(accepted, "Outgoing-Call-Reply: the call is accepted")
                .frame_if(client.first, "the client's first LCP packet")
                .culprit(left, "the server closes");
            Some(if at_server {
                hit
            } else {
                hit.missing("This capture cannot decide between a server whose PPP dies and GRE that is refused on the way (PD2004). Capture at the server with 'tcp port 1723 or proto 47 or icmp', or read its log.")
            })
        }
        Reach::NothingFromServer if c.view_at(Dir::ToClient).is_some() => Some(
            Hit::new(Certainty::Certain, "the server's PPP never speaks although the client's GRE arrives")
                .detail(format!("Captured on the server's side: {} GRE packets of the client come in, with {} LCP requests, and not one GRE packet leaves the server.", client.packets, call.lcp.side(Dir::ToServer).request_count))
                .frame(accepted, "Outgoing-Call-Reply: the call is accepted")
                .culprit(client.first.unwrap_or(accepted), "the client's first LCP request, never answered")
                .frame_if(client.last, "its newest"),
        ),
        Reach::SilentPpp(asker) => {
            let side = asker.receiver();
            let own = call.lcp.side(asker);
            let other = &call.gre[asker.flip().index()];
            Some(
                Hit::new(Certainty::Certain, format!("the {side}'s PPP never speaks, although its GRE layer is alive"))
                    .detail(format!("The {} sent {} LCP requests. GRE packets come back from the {side} ({} of them only acknowledge), so the path is open both ways, but no LCP packet of the {side} is among them.", asker.sender(), own.request_count, other.acks_only))
                    .culprit(own.requests.first().map_or(accepted, |r| r.mark), "first LCP request, never answered")
                    .frame_if(other.last, format!("newest GRE packet of the {side}"))
                    .frame_if(own.last_request.map(|r| r.0), "newest LCP request"),
            )
        }
        _ => None,
    }
}
