//! PD8005: the session carries data with no encryption.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::negotiation::Mppe;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD8005",
        name: "no-encryption",
        title: "Session carries data with no encryption",
        severity: Warning,
        yields_to: [],
        page: "pd8005_no_encryption.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    c.calls.iter().find_map(of_call)
}

fn of_call(call: &Call) -> Option<Hit> {
    let encrypts = |dir: Dir| Side::mppe_of(&call.ccp.side(dir).agreed).is_some_and(Mppe::encrypts);
    let clear: u64 = call.data.iter().map(|d| d.clear).sum();
    let wrapped: u64 = call.data.iter().map(|d| d.wrapped).sum();
    let first = call.data.iter().filter_map(|d| d.first_clear).min_by_key(|m| m.frame)?;
    if Dir::BOTH.into_iter().any(encrypts) {
        return None;
    }
    let network = call.ipcp.opened().or(call.ipv6cp.opened());
    // Packets that may be encrypted beside clear ones, and no CCP to tell: nothing can be said.
    if network.is_none() && wrapped > 0 {
        return None;
    }
    let certainty = if network.is_some() { Certainty::Certain } else { Certainty::Likely };
    let (why, mark) = why(call);
    let mut hit = Hit::new(certainty, "user data crosses the tunnel with no encryption")
        .detail(format!("{clear} packets of user data are in clear. {why} Whoever is on the path reads and changes them."))
        .frame_if(mark, "encryption is turned down")
        .frame_if(network, "the network protocol is open")
        .culprit(first, "first packet in clear");
    if network.is_none() {
        hit = hit.missing("The negotiation is not in the capture: begin before the client dials to see why there is no encryption.");
    }
    Some(hit)
}

/// What the negotiation says of the reason.
fn why(call: &Call) -> (String, Option<Mark>) {
    if let Some((mark, by)) = call.ccp.rejected {
        return (format!("The {} has no CCP.", by.sender()), Some(mark));
    }
    let refused = Dir::BOTH.into_iter().find_map(|asker| {
        let side = call.ccp.side(asker);
        let refusal = side.answers.iter().find(|a| {
            a.reply == crate::model::negotiation::Reply::Reject
                && Side::mppe_of(&a.options).is_some_and(Mppe::encrypts)
        })?;
        Some((asker, refusal.mark))
    });
    if let Some((asker, mark)) = refused {
        let text = format!(
            "The {} asked for MPPE, the {} rejected it, and the session went on without.",
            asker.sender(),
            asker.receiver()
        );
        return (text, Some(mark));
    }
    if call
        .attempt()
        .is_some_and(|a| !a.method.gives_keys() && a.challenges.len() + a.responses.len() > 0)
    {
        return ("The authentication method yields no keys for MPPE.".to_owned(), None);
    }
    let text = if call.ccp.any() { "CCP came to no MPPE." } else { "Neither side asked for MPPE." };
    (text.to_owned(), None)
}
