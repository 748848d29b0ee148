//! PD8008: the session opens with no authentication at all.

use crate::base::addr::Dir;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD8008",
        name: "no-authentication",
        title: "Session opens with no authentication at all",
        severity: Warning,
        yields_to: [],
        page: "pd8008_no_authentication.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    c.calls.iter().find_map(of_call)
}

fn of_call(call: &Call) -> Option<Hit> {
    let link = call.lcp.opened()?;
    let network = call.ipcp.opened().or(call.ipv6cp.opened())?;
    let asked = |dir: Dir| Side::method_of(&call.lcp.side(dir).agreed).is_some();
    if Dir::BOTH.into_iter().any(asked) || !call.attempts.is_empty() {
        return None;
    }
    Some(
        Hit::new(Certainty::Certain, "the server lets anybody in: no authentication")
            .detail("LCP opened both ways with no authentication protocol, no PAP, CHAP or EAP packet followed, and the network phase opened. Anybody who reaches the server gets into the network behind it. Without authentication there are no keys, so no encryption either.")
            .culprit(link, "LCP is open, no authentication agreed")
            .frame(network, "the network protocol is open"),
    )
}
