//! PD2004: a device rejects GRE by ICMP, and names itself.

use crate::base::frame::Mark;
use crate::model::call::Call;
use crate::model::call::IcmpReport;
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
    let end = c.closing().map(|(m, _)| m.frame);
    let report = call
        .icmp
        .iter()
        .find(|i| i.refuses && !gave_up(c, call, i) && end.is_none_or(|e| i.mark.frame < e))?;
    // Without the set-up in the capture it may be the late GRE of a call that ended before.
    if c.stage != Stage::Link || call.reply.is_none() {
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

/// The complaint comes from the very end that had answered such packets before: it took them, and has
/// closed its tunnel since.
fn gave_up(c: &Conversation, call: &Call, i: &IcmpReport) -> bool {
    let receiver = i.about.flip();
    let answered = call.lcp.side(i.about).answers.first().map(|a| a.mark);
    let acknowledged = call.gre[receiver.index()].highest_ack.map(|(_, m)| m);
    let before = |m: Mark| m.frame < i.mark.frame;
    i.from == c.peer(receiver).endpoint.addr && answered.or(acknowledged).is_some_and(before)
}
