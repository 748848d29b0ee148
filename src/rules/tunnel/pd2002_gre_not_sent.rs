//! PD2002: the client opens the call and sends no GRE.

use super::reach::Reach;
use super::reach::reach;
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
        id: "PD2002",
        name: "gre-not-sent",
        title: "The client opens the call but sends no GRE",
        severity: Fault,
        yields_to: ["PD2004", "PD2005"],
        page: "pd2002_gre_not_sent.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    // Elsewhere than at the client's own wire it would mean that its GRE does not arrive (PD2003).
    if c.point.place != Place::Client {
        return None;
    }
    let call = c.call()?;
    let accepted = call.reply?.mark;
    let server = &call.gre[Dir::ToClient.index()];
    let (end, _) = c.closing().unwrap_or((c.ended, Dir::ToServer));
    let hit = match reach(c) {
        Some((_, Reach::NothingFromClient)) => {
            let asked = call.lcp.side(Dir::ToClient).request_count;
            Hit::new(Certainty::Likely, "the client sends no GRE: nothing of protocol 47 leaves it")
                .detail(format!("Captured on the client's side: the call was accepted, the server's GRE arrives here ({} packets, {asked} LCP requests), and not one GRE packet of the client goes out. Something on the client stops protocol 47, or its PPP never started.", server.packets))
                .frame(accepted, "Outgoing-Call-Reply: the call is accepted")
                .culprit(server.first.unwrap_or(accepted), "first GRE packet of the server, never answered")
                .frame_if(server.last.filter(|m| Some(*m) != server.first), "newest GRE packet of the server")
        }
        Some((_, Reach::ClearedAtOnce(left))) => {
            Hit::new(Certainty::Possible, "the client gives the call up at once and sends no GRE")
                .detail(format!("The client cleared the call {} after it was accepted, and the capture holds no GRE at all. No link comes about in that time. A client that may not open a raw socket for protocol 47 does this, or one whose PPP ends at once (inferred).", left.at - accepted.at))
                .frame(accepted, "Outgoing-Call-Reply: the call is accepted")
                .culprit(left, "the client clears the call")
        }
        None if nothing_either_way(c, end.at - accepted.at) => {
            Hit::new(Certainty::Possible, "neither side sends GRE after the call was accepted")
                .detail(format!("GRE of other sessions is in this capture, of this call there is none in {}, in either direction. A client speaks first in PPP, so most likely it sends none.", end.at - accepted.at))
                .culprit(accepted, "Outgoing-Call-Reply: the call is accepted, and no GRE follows")
        }
        _ => return None,
    };
    let hit = if c.closing().is_some() && !hit.evidence.iter().any(|e| e.mark == end) {
        hit.frame(end, "the call ends")
    } else {
        hit
    };
    Some(hit.missing("Make sure that the capture was not filtered to TCP ('tcp port 1723 or proto 47 or icmp' is right), and read the client's own log: it names a raw socket or an adapter that could not be opened."))
}

/// GRE to servers is visible here, yet this call has none.
fn nothing_either_way(c: &Conversation, waited: Span) -> bool {
    let Some(call) = c.call() else { return false };
    let sees = c.visibility.gre[Dir::ToServer.index()];
    let any = Dir::BOTH.into_iter().any(|d| call.has_gre(d)) || !c.stray_gre.is_empty();
    let stuck = c.stage == Stage::Link && call.accepted() && c.both_ways() && !c.control.is_empty();
    // A server that leaves at once is another matter (PD3001).
    let client_waited = c.closing().is_none_or(|(_, by)| by == Dir::ToServer) || waited >= LONG;
    stuck && sees && !any && c.astray.is_empty() && client_waited && waited >= T_GRE
}

/// T_GRE of the catalogue.
const T_GRE: Span = Span::from_secs(10);
/// A server that closes only now has waited for the client in vain.
const LONG: Span = Span::from_secs(25);
