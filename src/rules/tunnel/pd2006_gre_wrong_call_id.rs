//! PD2006: GRE carries a call id that nobody gave out.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD2006",
        name: "gre-wrong-call-id",
        title: "GRE carries a call id that nobody gave out",
        severity: Fault,
        yields_to: [],
        page: "pd2006_gre_wrong_call_id.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    // With several calls between the hosts the id may be another call's.
    if c.stage != Stage::Link || c.calls.len() != 1 || !c.rivals.is_empty() {
        return None;
    }
    let accepted = call.reply.filter(|r| r.result == 1)?.mark;
    let (client_id, server_id) = (call.client_call_id?, call.server_call_id?);
    let (id, dir, first, count) = c.stray_gre.iter().copied().find(|(_, dir, first, count)| {
        *count >= ENOUGH && first.frame > accepted.frame && !call.has_gre(*dir)
    })?;
    let (right, own) = match dir {
        Dir::ToServer => (server_id, client_id),
        Dir::ToClient => (client_id, server_id),
    };
    let (who, other) = (dir.sender(), dir.receiver());
    let reading = if id == own {
        format!("{id} is the {who}'s own id: a packet must carry the id of its receiver.")
    } else if id == right.swap_bytes() {
        format!("{id} is {right} with its two octets exchanged.")
    } else if id == 0 {
        "0 is what a sender puts that has lost the id.".to_owned()
    } else {
        "A device that rewrites call ids in the control connection and not in GRE, or the other way round, does this; so does GRE left over from an earlier call.".to_owned()
    };
    let mut hit = Hit::new(Certainty::Likely, format!("the {who}'s GRE carries call id {id}; the call has {right}"))
        .detail(format!("The {other} gave itself call id {right}, so all GRE to it must carry {right} (RFC 2637 §4.1). {count} packets of the {who} carry {id}, none carries {right}, and the {other} cannot assign them to a call. {reading} That the id is wrong is certain; that it keeps the link from starting is likely."))
        .frame_if(call.request, format!("Outgoing-Call-Request: the client's id is {client_id}"))
        .frame(accepted, format!("Outgoing-Call-Reply: the server's id is {server_id}"))
        .culprit(first, format!("GRE of the {who} with id {id}"));
    let end: Option<(Mark, Dir)> = c.closing();
    if let Some((m, by)) = end {
        hit = hit.frame(m, format!("the {} gives up", by.sender()));
    }
    Some(hit.missing("A second capture on the other side of the NAT or firewall between client and server shows whether that device changed the id, or the sender."))
}

/// One or two packets may be left over from something else.
const ENOUGH: u64 = 3;
