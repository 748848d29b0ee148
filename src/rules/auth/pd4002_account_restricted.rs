//! PD4002: the account may not log on now: hours, disabled, expired.

use super::refusal::Refusal;
use crate::model::conversation::Conversation;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4002",
        name: "account-restricted",
        title: "The account may not log on: logon hours, disabled or expired",
        severity: Fault,
        yields_to: ["PD4005"],
        page: "pd4002_account_restricted.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let refusal = Refusal::of(c)?;
    let (why, sees) = match refusal.error {
        646 => (
            "is outside its permitted logon hours",
            "Error 646 (not permitted to log on at this time of day)",
        ),
        647 => ("is disabled", "Error 647 (the account is disabled)"),
        708 => ("has expired", "Error 708 (the account has expired)"),
        _ => return None,
    };
    let (user, error) = (refusal.user(), refusal.error);
    let beyond = if error == 708 {
        " 708 is not in the list of RFC 2759 §6, but RAS knows it."
    } else {
        ""
    };
    Some(
        refusal
            .hit(
                format!("the account \"{user}\" {why} (E={error})"),
                format!("The server looked the account up and refused it with error {error}: it {why}.{beyond} A server that tells this has as a rule found the password right (inferred; it depends on the account database)."),
            )
            .saw(sees),
    )
}
