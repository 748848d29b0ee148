//! PD0005: the client sends a blank as its domain (KB Q256509).

use super::scene::Scene;
use crate::base::text::lossy;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD0005",
        name: "blank-domain",
        title: "The client sends a blank as domain name: user name \" \\user\"",
        severity: Fault,
        yields_to: [],
        page: "pd0005_blank_domain.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    let refusal = scene.attempt.failure()?;
    // A code other than 691 says that the account was found.
    if refusal.error.is_some_and(|e| e != 691) {
        return None;
    }
    let response = scene
        .attempt
        .responses
        .iter()
        .rev()
        .find(|r| r.name.starts_with(b" \\") || r.name.starts_with(b"\\"))?;
    let blank = response.name.starts_with(b" ");
    let what = if blank { "a blank" } else { "nothing" };
    let detail = format!(
        "The client put {what} before the backslash of its user name (\"{}\"): the Domain box of the dial-in window is not empty. Servers that know one name per account find no such user.",
        lossy(&response.name)
    );
    let certainty = if blank { Certainty::Likely } else { Certainty::Possible };
    Some(
        Hit::new(
            certainty,
            format!("the user name begins with {what} and a backslash, and the server refuses it"),
        )
        .detail(detail)
        .culprit(response.mark, format!("user name \"{}\"", lossy(&response.name)))
        .frame(refusal.mark, format!("refusal: \"{}\"", refusal.text))
        .explicit(),
    )
}
