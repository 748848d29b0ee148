//! PD4005: the client sent a new password, and the server refused the change.

use super::refusal::Refusal;
use crate::model::conversation::Conversation;
use crate::rules::error5::scene::Scene;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4005",
        name: "password-change-failed",
        title: "The server refuses the new password (709)",
        severity: Fault,
        yields_to: [],
        page: "pd4005_password_change_failed.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    let verdict = scene.attempt.failure()?;
    let refusal = Refusal { scene, verdict, error: verdict.error.unwrap_or_default() };
    refusal.change()?;
    let user = refusal.user();
    let said = match verdict.error {
        Some(709) => "error 709 (the password cannot be changed)".to_owned(),
        Some(n) => format!("error {n}"),
        None => "a Failure without an error number".to_owned(),
    };
    let asked = scene.attempt.verdicts.iter().find(|v| v.error == Some(648)).map(|v| v.mark);
    let expired = if asked.is_some() { "The old password had expired; t" } else { "T" };
    Some(
        refusal
            .hit(
                format!("the server refuses the new password of \"{user}\": {said}"),
                format!("{expired}he client sent a new one (Change-Password), and the server answered with {said}. Its rules for passwords or a defect on the way of the change are the reason; the packets do not tell which."),
            )
            .frame_if(
                asked.filter(|m| m.frame < verdict.mark.frame),
                "the server says that the password has expired (E=648)",
            ),
    )
}
