//! PD8007: user data in clear although encryption is agreed.

use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::negotiation::Mppe;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::Severity;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD8007",
        name: "plaintext-leak",
        title: "Clear user data although encryption is agreed",
        severity: Fault,
        yields_to: [],
        page: "pd8007_plaintext_leak.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let calls = || c.calls.iter();
    calls().find_map(after).or_else(|| calls().find_map(before))
}

/// Clear data under MPPE.
fn after(call: &Call) -> Option<Hit> {
    let leaks: Vec<_> = Dir::BOTH
        .into_iter()
        .filter_map(|dir| call.data[dir.index()].leaked.map(|(mark, count)| (dir, mark, count)))
        .collect();
    let (dir, mark, count) = *leaks.iter().min_by_key(|(_, m, _)| m.frame)?;
    let open = call.ccp.opened()?;
    let who = dir.sender();
    let again =
        call.ccp.sides.iter().any(|s| s.last_request.is_some_and(|(m, _)| m > open && m < mark));
    let because = if again {
        " A CCP Configure-Request was repeated in the open session before; the sender seems to have dropped its encryption over it (inferred)."
    } else {
        ""
    };
    Some(
        Hit::new(
            Certainty::Certain,
            format!("the {who} sends user data in clear although MPPE is agreed"),
        )
        .detail(format!("CCP agreed on MPPE, and nobody has taken it down. {} later the {who} sends user data in clear, {count} packets in all.{because}", (mark.at - open.at).max(Span::ZERO)))
        .frame(open, "CCP is open both ways, with MPPE")
        .culprit(mark, format!("first user data of the {who} in clear")),
    )
}

/// Clear data while encryption was still being agreed: some of it got out, the rest is safe.
fn before(call: &Call) -> Option<Hit> {
    let open = call.ccp.opened()?;
    let (dir, mark) = Dir::BOTH
        .into_iter()
        .filter(|dir| Side::mppe_of(&call.ccp.side(dir.flip()).agreed).is_some_and(Mppe::encrypts))
        .filter_map(|dir| call.data[dir.index()].first_clear.map(|m| (dir, m)))
        .find(|(_, m)| *m < open)?;
    let who = dir.sender();
    let mut hit = Hit::new(
        Certainty::Certain,
        format!("the {who} sends user data before encryption is agreed"),
    )
    .detail(format!("The {who} sent user data in clear {} before CCP opened; MPPE was agreed after that. RFC 3078 §2 wants no data before.", open.at - mark.at))
    .culprit(mark, format!("first user data of the {who}, in clear"))
    .frame(open, "CCP opens, with MPPE");
    hit.severity = Some(Severity::Warning);
    Some(hit)
}
