//! PD0010: the server refuses, but sends no RAS code (KB Q256509).

use super::scene::Scene;
use crate::base::addr::Dir;
use crate::model::auth::Method;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD0010",
        name: "refusal-without-ras-code",
        title: "The server refuses the log-on but sends no RAS code",
        severity: Fault,
        yields_to: ["PD0004", "PD0005", "PD4001", "PD4005", "PD4009", "PD4010"],
        page: "pd0010_refusal_without_ras_code.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    let refusal = scene.attempt.failure()?;
    if refusal.error.is_some() || scene.attempt.method.is_eap() {
        return None;
    }
    let form = match scene.attempt.method {
        Method::Pap => "PAP Authenticate-Nak",
        Method::ChapMd5 => "CHAP Failure",
        _ => "MS-CHAP Failure without E=",
    };
    let said = if refusal.text.is_empty() {
        "it gives no text".to_owned()
    } else {
        format!("its text is \"{}\"", refusal.text)
    };
    let hit = Hit::new(Certainty::Certain, format!("the server refuses by {form}; why, it does not say"))
        .detail(format!(
            "That the server refused is certain; the reason is not in the packet ({said}). A wrong password, an unknown user and a policy all look like this."
        ))
        .frame_if(scene.attempt.responses.last().map(|r| r.mark), scene.say_response(scene.attempt.responses.len().saturating_sub(1)))
        .culprit(refusal.mark, format!("{form}: \"{}\"", refusal.text))
        .missing("The server's log has the reason.")
        .explicit();
    Some(if c.family(Dir::ToServer).is_old_windows() {
        hit.saw("Error 5: Access is denied (documented for NT 4.0 after a refusal without a code)")
    } else {
        hit
    })
}
