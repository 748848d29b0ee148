//! PD6001: no network control protocol succeeds, nothing in common.

use super::phase::any_open;
use super::phase::ended_soon;
use super::phase::stopped;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::negotiation::Negotiation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD6001",
        name: "no-network-protocol",
        title: "No NCP succeeds: nothing in common",
        severity: Fault,
        yields_to: ["PD6002", "PD6003", "PD6004"],
        page: "pd6001_no_network_protocol.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = stopped(c)?;
    if any_open(call) {
        return None;
    }
    refused(c, call).or_else(|| not_spoken(c, call))
}

/// Everything that was asked for was refused.
fn refused(c: &Conversation, call: &Call) -> Option<Hit> {
    let said = call.terminate_texts().find(|(_, text)| text.contains(NONE_RUNNING));
    let asked: Vec<(&str, &Negotiation)> =
        layers(call).into_iter().filter(|(_, n)| n.any()).collect();
    let rejected: Vec<(&str, Mark, Dir)> =
        asked.iter().filter_map(|(name, n)| n.rejected.map(|(m, by)| (*name, m, by))).collect();
    let all_rejected = !rejected.is_empty() && rejected.len() == asked.len();
    if said.is_none() && !all_rejected {
        return None;
    }
    let last = rejected.iter().map(|(_, m, _)| *m).max().or(said.map(|(t, _)| t.mark))?;
    let (end, by) = ended_soon(c, last)?;
    let list: Vec<String> = rejected
        .iter()
        .map(|(name, _, by)| format!("{name} refused by the {}", by.sender()))
        .collect();
    let list = if list.is_empty() { "none opened".to_owned() } else { list.join(", ") };
    let words = said.map(|(t, text)| format!(" The {} says \"{text}\".", t.dir.sender()));
    let mut hit = Hit::new(Certainty::Certain, "no network protocol in common: nothing can be carried over the link")
        .detail(format!("Link, authentication{} are in order, but of the network control protocols {list}. A link without one carries nothing, and the {} ends it.{}", if call.ccp.opened().is_some() { " and encryption" } else { "" }, by.sender(), words.unwrap_or_default()));
    for (name, mark, by) in rejected.iter().take(3) {
        hit =
            hit.culprit(*mark, format!("the {} refuses {name} (LCP Protocol-Reject)", by.sender()));
    }
    Some(hit.frame(end, format!("the {} ends the link", by.sender())).explicit())
}

/// Encryption stands, the server offers IPCP, and the client leaves at once without a word of IPCP.
fn not_spoken(c: &Conversation, call: &Call) -> Option<Hit> {
    let silent = layers(call).into_iter().all(|(_, n)| {
        n.side(Dir::ToServer).request_count == 0 && n.side(Dir::ToClient).answer_count == 0
    });
    let offer = call.ipcp.side(Dir::ToClient).requests.first()?;
    let open = call.ccp.opened()?;
    let (end, by) = c.closing()?;
    let waited = end.at - offer.mark.at;
    // Someone who hangs up by hand is not that quick; a path this slow would have hidden an answer.
    let at_once = waited.0 >= 0 && waited <= AT_ONCE;
    if !silent || by != Dir::ToServer || !at_once || end < open {
        return None;
    }
    Some(
        Hit::new(Certainty::Likely, "the client brings up no network protocol and leaves at once")
            .detail(format!("Authentication and CCP are through. The server offers IPCP; the client sends no packet of any network control protocol, neither a request nor an answer, and ends the link {waited} after the offer. So it has none to run: IPv4 is switched off or unbound for this connection (inferred). Words such as \"MPPE disabled\" are what pppd says at every end."))
            .frame(open, "CCP is open")
            .frame(offer.mark, "the server offers IPCP, never answered")
            .culprit(end, "the client ends the link")
            .missing("The client's log: pppd writes \"No network protocols running\" there. A user who hung up in that very moment would look the same."),
    )
}

fn layers(call: &Call) -> [(&'static str, &Negotiation); 3] {
    [("IPCP", &call.ipcp), ("IPV6CP", &call.ipv6cp), ("IPXCP or NBFCP", &call.other_ncp)]
}

/// pppd's sentence.
const NONE_RUNNING: &str = "No network protocols running";
/// Too soon for a hand on a button.
const AT_ONCE: Span = Span::from_secs(1);
