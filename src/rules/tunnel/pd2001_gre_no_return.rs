//! PD2001: the client's GRE goes out and none comes back.

use super::reach::Reach;
use super::reach::lost_frames;
use super::reach::reach;
use crate::base::addr::Dir;
use crate::base::addr::is_private;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::error5::scene::AFTER;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD2001",
        name: "gre-no-return",
        title: "The client's GRE goes out, no GRE comes back",
        severity: Fault,
        yields_to: ["PD2004", "PD2005", "PD2006", "PD2008", "PD2010"],
        page: "pd2001_gre_no_return.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let (call, found) = reach(c)?;
    let accepted = call.reply?.mark;
    let out = &call.gre[Dir::ToServer.index()];
    match found {
        // At the server's own wire, no GRE from the server means that its PPP is silent (PD3001).
        Reach::NothingFromServer if c.view_at(Dir::ToClient).is_none() => {
            let (end, side) = c.closing().unwrap_or((c.ended, Dir::ToServer));
            let waited = end.at - accepted.at;
            let certainty = if c.closing().is_some() || c.visibility.until - accepted.at >= AFTER {
                Certainty::Certain
            } else {
                Certainty::Likely
            };
            let nat = if is_private(c.client.endpoint.addr) && !is_private(c.server.endpoint.addr) {
                " The client has a private address, so a NAT on its side must carry GRE by a PPTP helper."
            } else {
                ""
            };
            let blame = if side == Dir::ToClient && c.closing().is_some() {
                " The server gave up by itself: its own PPP timed out too, so it did send, and the way back is blocked (likely)."
            } else {
                " From this side it cannot be told whether the server's packets are blocked on the way, the client's never reach it, or the server's PPP is silent."
            };
            let mut hit = Hit::new(certainty, format!("GRE goes out ({} packets), nothing comes back: protocol 47 is blocked or lost", out.packets))
                .detail(format!("The control connection works and the call was accepted, but in {waited} not one GRE packet came from the server, while the client sent {} LCP requests.{nat}{blame}", call.lcp.side(Dir::ToServer).request_count))
                .frame(accepted, "Outgoing-Call-Reply: the call is accepted")
                .frame_if(out.first, "first GRE packet of the client")
                .frame_if(out.last.filter(|m| Some(*m) != out.first), "newest GRE packet of the client, still no answer");
            if c.closing().is_some() {
                hit = hit.culprit(end, format!("the {} gives up", side.sender()));
            }
            Some(hit.missing("Capture at the server at the same time: if the client's GRE arrives and the server's leaves, the return path is blocked; if it does not arrive, the way out is (PD2003); if it arrives and nothing leaves, the server's PPP is silent (PD3001)."))
        }
        Reach::LostBetween(Dir::ToClient) => {
            let (left, end, count) = lost_frames(c, Dir::ToClient)?;
            Some(
                Hit::new(Certainty::Certain, "the server's GRE leaves the server and does not reach the client")
                    .detail(format!("Captured at both ends: {count} GRE packets leave the server's side, not one arrives on the client's side, while the client's GRE goes through the other way or is sent. A device between the two points drops protocol 47 on the way back."))
                    .frame(accepted, "Outgoing-Call-Reply: the call is accepted")
                    .culprit(left, "the server's first GRE packet leaves; it is in no frame of the client's capture")
                    .frame(end, "the client's capture ends without it"),
            )
        }
        Reach::Unheard(Dir::ToClient) => {
            let back = &call.gre[Dir::ToClient.index()];
            Some(
                Hit::new(Certainty::Likely, "the server's GRE does not reach the client")
                    .detail(format!("Both directions are visible here. The client goes on asking ({} LCP requests) although the server answers, and none of the server's requests is ever answered or acknowledged: what the server sends gets lost between this point and the client.", call.lcp.side(Dir::ToServer).request_count))
                    .frame(accepted, "Outgoing-Call-Reply: the call is accepted")
                    .culprit(back.first.unwrap_or(accepted), "first GRE packet of the server, never acknowledged")
                    .frame_if(back.last, "newest GRE packet of the server")
                    .missing("A capture at the client makes it certain: no GRE of the server arrives there."),
            )
        }
        _ => None,
    }
}
