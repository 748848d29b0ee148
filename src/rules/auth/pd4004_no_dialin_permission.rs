//! PD4004: the account has no permission to dial in.

use super::refusal::Refusal;
use crate::model::conversation::Conversation;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4004",
        name: "no-dialin-permission",
        title: "The account has no remote-access permission (649)",
        severity: Fault,
        yields_to: ["PD4005"],
        page: "pd4004_no_dialin_permission.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let refusal = Refusal::of(c).filter(|r| r.error == 649)?;
    let user = refusal.user();
    let special = special_case(&user);
    let hit = refusal.hit(
        format!("the account \"{user}\" has no permission to dial in (E=649)"),
        format!("The server knows the account and refuses it with error 649: neither the account's dial-in setting nor a remote-access policy lets it in.{special}"),
    );
    Some(hit)
}

/// Names with which NT 4.0 servers say 649 although the permission is granted.
fn special_case(name: &str) -> String {
    let (domain, user) = name.split_once('\\').unwrap_or(("", name));
    if user.eq_ignore_ascii_case("system") {
        " The user is called \"System\": an NT 4.0 server is known to refuse that name, whatever its permission (likely here if the server is one).".to_owned()
    } else if !domain.is_empty() && domain.eq_ignore_ascii_case(user) {
        format!(
            " User and domain are both called \"{user}\": an NT 4.0 server is known to take one for the other (likely here if the server is one)."
        )
    } else {
        String::new()
    }
}
