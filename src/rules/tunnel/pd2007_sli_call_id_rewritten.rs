//! PD2007: the call id inside Set-Link-Info is not the receiver's.

use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::Severity;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD2007",
        name: "sli-call-id-rewritten",
        title: "Set-Link-Info carries a call id of nobody",
        severity: Fault,
        yields_to: [],
        page: "pd2007_sli_call_id_rewritten.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call().filter(|k| k.accepted())?;
    if c.calls.len() != 1 {
        return None;
    }
    let expected = |dir| match dir {
        Dir::ToServer => call.server_call_id,
        Dir::ToClient => call.client_call_id,
    };
    let (sent, dir, id) = call
        .link_info
        .iter()
        .copied()
        .find(|(_, dir, id)| expected(*dir).is_some_and(|right| right != *id))?;
    let right = expected(dir)?;
    let (who, other) = (dir.sender(), dir.receiver());
    // Set-Link-Info also comes when LCP is taken down: an end in order is no consequence of it.
    let end = c.closing().filter(|(m, _)| {
        let soon = m.frame > sent.frame && m.at - sent.at <= SOON;
        soon && call.terminates.iter().all(|t| t.mark.frame > m.frame)
    });
    let what = format!(
        "Set-Link-Info of the {who} names call id {id}; the {other} gave itself {right} (RFC 2637 §2.15)"
    );
    let hit = match end {
        Some((m, by)) => Hit::new(Certainty::Likely, format!("Set-Link-Info carries a wrong call id, and the {} drops the call", by.sender()))
            .detail(format!("{what}. {} later the {} ends the call without LCP Terminate. That the id is wrong is certain: a device between the sender and this point rewrites call ids and gets this message wrong. That the {} ends the call for this reason is likely.", m.at - sent.at, by.sender(), by.sender())),
        None if c.stage == Stage::Connected => {
            let mut hit = Hit::new(Certainty::Certain, "Set-Link-Info carries a wrong call id")
                .detail(format!("{what}. The session works all the same, since the receiver does not mind. A device between the sender and this point rewrites call ids and gets this message wrong; a stricter server or firewall would drop the call."));
            hit.severity = Some(Severity::Warning);
            hit
        }
        None => return None,
    };
    let hit = hit
        .frame_if(
            call.request,
            format!(
                "Outgoing-Call-Request: the client's id is {}",
                call.client_call_id.unwrap_or_default()
            ),
        )
        .frame_if(
            call.reply.map(|r| r.mark),
            format!(
                "Outgoing-Call-Reply: the server's id is {}",
                call.server_call_id.unwrap_or_default()
            ),
        )
        .culprit(sent, format!("Set-Link-Info for call id {id}"));
    Some(match end {
        Some((m, by)) => hit.frame(m, format!("the {} ends the call", by.sender())),
        None => hit,
    })
}

/// An end this soon after the message counts as the answer to it.
const SOON: Span = Span::from_secs(5);
