//! PD2003: the client's GRE never arrives at the server.

use super::reach::Reach;
use super::reach::lost_frames;
use super::reach::reach;
use crate::base::addr::Dir;
use crate::model::conversation::Conversation;
use crate::model::point::Place;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD2003",
        name: "gre-not-arriving",
        title: "The client's GRE never arrives at the server",
        severity: Fault,
        yields_to: ["PD2004", "PD2005", "PD2006", "PD2010"],
        page: "pd2003_gre_not_arriving.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let (call, found) = reach(c)?;
    let accepted = call.reply?.mark;
    let server = &call.gre[Dir::ToClient.index()];
    let asked = call.lcp.side(Dir::ToClient).request_count;
    match found {
        // At the client's own wire it would mean that the client sends none (PD2002).
        Reach::NothingFromClient if c.point.place != Place::Client => {
            let certainty = if c.point.place == Place::Server { Certainty::Certain } else { Certainty::Likely };
            let mut hit = Hit::new(certainty, "the client's GRE does not arrive: protocol 47 is not forwarded to the server")
                .detail(format!("The server accepted the call and asked {asked} times over GRE; not one GRE packet of the client came, while its TCP packets do arrive. As a rule the router in front of the server forwards TCP 1723 and not protocol 47, or a device on the client's side drops it."))
                .frame(accepted, "Outgoing-Call-Reply: the call is accepted")
                .frame_if(server.first, "first GRE packet of the server")
                .frame_if(server.last.filter(|m| Some(*m) != server.first), "newest GRE packet of the server, still nothing from the client");
            if let Some((m, side)) = c.closing() {
                hit = hit.culprit(m, format!("the {} gives up", side.sender()));
            }
            Some(hit.missing("Capture at the client too: it shows whether the client sends GRE at all."))
        }
        Reach::LostBetween(Dir::ToServer) => {
            let (left, end, count) = lost_frames(c, Dir::ToServer)?;
            Some(
                Hit::new(Certainty::Certain, "the client's GRE leaves the client and does not reach the server")
                    .detail(format!("Captured at both ends: {count} GRE packets leave the client's side, not one arrives on the server's side, although the control connection passes. A device between the two points drops protocol 47, or the router in front of the server forwards TCP 1723 only."))
                    .frame(accepted, "Outgoing-Call-Reply: the call is accepted")
                    .culprit(left, "the client's first GRE packet leaves; it is in no frame of the server's capture")
                    .frame(end, "the server's capture ends without it"),
            )
        }
        Reach::ClearedAtOnce(left) if c.point.place != Place::Client => Some(
            Hit::new(Certainty::Possible, "the client gave the call up at once, and none of its GRE is seen here")
                .detail(format!("The client cleared the call {} after it was accepted, and the capture holds no GRE packet at all. No link comes about in that time: the client's GRE was refused on its side of this point, or the capture was filtered to TCP.", left.at - accepted.at))
                .frame(accepted, "Outgoing-Call-Reply: the call is accepted")
                .culprit(left, "the client clears the call")
                .missing("Capture at the client with 'tcp port 1723 or proto 47 or icmp': an ICMP error there names the device that refuses GRE (PD2004)."),
        ),
        Reach::Unheard(Dir::ToServer) => {
            let client = &call.gre[Dir::ToServer.index()];
            let acks = if server.highest_ack.is_some() {
                "acknowledges none of them"
            } else {
                "acknowledges nothing"
            };
            Some(
                Hit::new(Certainty::Likely, "the client's GRE packets do not arrive at the server")
                    .detail(format!("The server's packets come through, the client's do not: the server repeats its LCP request ({asked} times) although the client answers each, {acks}, and never answers the client's own {} requests.", call.lcp.side(Dir::ToServer).request_count))
                    .frame(accepted, "Outgoing-Call-Reply: the call is accepted")
                    .culprit(client.first.unwrap_or(accepted), "first GRE packet of the client, never acknowledged")
                    .frame_if(server.first, "first GRE packet of the server")
                    .frame_if(server.last.filter(|m| Some(*m) != server.first), "the server still repeats its request")
                    .missing("A capture at the server makes it certain: no GRE of the client arrives there."),
            )
        }
        _ => None,
    }
}
