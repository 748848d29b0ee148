//! PD2004: a device rejects GRE by ICMP, and names itself.

use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD2004",
        name: "gre-icmp-rejected",
        title: "A device rejects GRE by ICMP",
        severity: Fault,
        yields_to: [],
        page: "pd2004_gre_icmp_rejected.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    // Late GRE of an ended call draws ICMP from a host that has closed its tunnel: a consequence.
    let end = c.closing();
    let while_closing = call.round_trip().map_or(GIVING_UP, |trip| trip.max(GIVING_UP));
    let report = call.icmp.iter().find(|i| {
        // A host that gives up closes its tunnel a moment before it says so on the control connection.
        let gives_up = end.is_some_and(|(m, side)| {
            i.from == c.peer(side).endpoint.addr && call.has_gre(side) && m.at - i.mark.at < while_closing
        });
        i.refuses && !gives_up && end.is_none_or(|(m, _)| i.mark.frame < m.frame)
    })?;
    if c.stage != Stage::Link {
        return None;
    }
    let from = report.from;
    let who = if from == c.server.endpoint.addr {
        "the server itself"
    } else if from == c.client.endpoint.addr {
        "the client, or the NAT that stands for it,"
    } else {
        "a device on the way"
    };
    let whose = report.about.sender();
    let count = call.icmp.iter().filter(|i| i.refuses && i.from == from).count();
    let protocol = if report.code == 2 {
        " \"Protocol unreachable\" means that nothing there handles GRE: no PPTP helper in a NAT, or no tunnel module on a host."
    } else {
        ""
    };
    let mut hit = Hit::new(Certainty::Certain, format!("{from} rejects the {whose}'s GRE: {}", report.meaning))
        .detail(format!("An ICMP error (type {} code {}, {count} of them) from {from}, {who}, quotes a GRE packet of this call that the {whose} sent: {}.{protocol}", report.kind, report.code, report.meaning))
        .frame_if(call.reply.map(|r| r.mark), "Outgoing-Call-Reply: the call is accepted")
        .frame_if(call.gre[report.about.index()].first.filter(|m| m.frame < report.mark.frame), format!("GRE of the {whose}"))
        .culprit(report.mark, format!("ICMP from {from}: {}", report.meaning))
        .explicit();
    if let Some((m, side)) = c.closing() {
        hit = hit.frame(m, format!("the {} gives up", side.sender()));
    }
    Some(hit)
}

/// Between closing the tunnel and clearing the call, on a short path.
const GIVING_UP: Span = Span::from_secs(2);
