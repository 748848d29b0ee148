//! PD4003: the password has expired, and no change of it brought the user in.

use super::refusal::Refusal;
use crate::model::conversation::Conversation;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4003",
        name: "password-expired",
        title: "The password has expired and has to be changed",
        severity: Fault,
        yields_to: ["PD4005"],
        page: "pd4003_password_expired.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let refusal = Refusal::of(c).filter(|r| r.error == 648)?;
    let changed = refusal.scene.attempt.password_change;
    let next = if changed.is_some() {
        "The client then sent a new password, but the capture shows no verdict on it."
    } else {
        "The client did not send a new password: its software cannot, or the user was not asked."
    };
    let user = refusal.user();
    Some(
        refusal
            .hit(
                format!("the password of \"{user}\" has expired (E=648)"),
                format!("The server refused with error 648 (password expired). It expects a Change-Password packet next. {next}"),
            )
            .frame_if(changed, "the client sends a new password"),
    )
}
