//! PD6003: the server ends IPCP.

use super::phase::says_ras;
use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD6003",
        name: "ipcp-terminated",
        title: "Server ends IPCP (736)",
        severity: Fault,
        yields_to: ["PD6004"],
        page: "pd6003_ipcp_terminated.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call().filter(|_| matches!(c.stage, Stage::Network | Stage::Connected))?;
    let (mark, _) = *call.ipcp.terminated.iter().find(|(_, by)| *by == Dir::ToClient)?;
    // What belongs to the end of the link is no event of its own. In a session that stood, the server
    // that takes IPCP down and LCP right after hangs up.
    let end = c.closing();
    if let Some((m, by)) = end {
        let hangs_up = by == Dir::ToClient && c.stage == Stage::Connected;
        if m <= mark || hangs_up && m.at - mark.at <= HANGUP {
            return None;
        }
    }
    let said = call.ipcp.reasons.iter().find(|(m, ..)| *m == mark);
    let words = said.map(|(.., text)| format!(" It says \"{text}\".")).unwrap_or_default();
    let when = match call.ipcp.opened() {
        Some(open) if open < mark => format!("{} after IPCP had opened", mark.at - open.at),
        _ => "before IPCP had opened".to_owned(),
    };
    let mut hit = Hit::new(Certainty::Certain, "the server ends IPCP: it withdraws the client's IPv4")
        .detail(format!("The server sent an IPCP Terminate-Request {when}, while the link itself stayed up.{words} It has no address for the client, may not give it one, or its IP configuration went away."))
        .frame_if(call.ipcp.side(Dir::ToServer).requests.first().map(|r| r.mark), "the client asks for IPCP")
        .frame_if(call.ipcp.opened().filter(|m| *m < mark), "IPCP is open")
        .culprit(mark, "IPCP Terminate-Request of the server");
    if let Some((m, by)) = end {
        hit = hit.frame(m, format!("the {} ends the link", by.sender()));
    }
    if says_ras(call, &[736]).is_some() {
        hit = hit.saw("Error 736: the remote computer terminated the control protocol");
    }
    Some(hit.missing("The server's log at this time has the reason.").explicit())
}

/// A side that closes IPCP and then the link within this time hangs up.
const HANGUP: Span = Span::from_secs(1);
