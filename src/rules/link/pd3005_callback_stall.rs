//! PD3005: the server agreed to callback, and the link then waits for callback control that never comes.

use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Opt;
use crate::model::negotiation::Reply;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD3005",
        name: "callback-stall",
        title: "Callback agreed, then the call waits for callback control",
        severity: Fault,
        yields_to: [],
        page: "pd3005_callback_stall.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage >= Stage::Connected || !Dir::BOTH.into_iter().all(|d| call.has_gre(d)) {
        return None;
    }
    let client = call.lcp.side(Dir::ToServer);
    let agreed = |options: &[Opt]| options.iter().any(|o| matches!(o, Opt::Callback(_)));
    if !agreed(&client.agreed) {
        return None;
    }
    let ack = client.answered(Reply::Ack).find(|a| agreed(&a.options))?;
    let success = call.attempt().and_then(|a| a.success())?;
    // The network phase begins after callback control; where it has begun, nothing waits.
    if call.ipcp.any() || call.ipv6cp.any() || call.ccp.any() || call.other_ncp.any() {
        return None;
    }
    let [by_client, by_server] = call.callback_packets;
    let end = c.closing();
    let until = end.map_or(c.visibility.until, |(m, _)| m.at);
    let waited = until - success.mark.at;
    if waited < AFTER || (by_client > 0 && by_server > 0) {
        return None;
    }
    let why = if by_server > 0 {
        format!(
            "The server sent {by_server} callback control packets, and the client answered none of them."
        )
    } else {
        "The server then has to ask how it shall call back (CBCP, RFC 1570 §2.3); it sends no such packet.".to_owned()
    };
    let mut hit = Hit::new(
        Certainty::Likely,
        format!("the server agreed to callback, and after the log-on nothing happens for {waited}"),
    )
    .detail(format!("The client offered callback in LCP and the server acknowledged it, which VPN servers as a rule reject. {why} The network phase never begins."))
    .culprit(ack.mark, "the server acknowledges callback (option 13)")
    .frame(success.mark, "the log-on succeeds");
    if let Some((m, by)) = end {
        hit = hit.frame(m, format!("the {} gives up", by.sender()));
    }
    Some(hit)
}

/// T_AFTER of the catalogue.
const AFTER: Span = Span::from_secs(10);
