//! PD4010: the server refuses a password that is demonstrably right.

use super::refusal::Refusal;
use crate::base::addr::Dir;
use crate::model::auth::Method;
use crate::model::conversation::Conversation;
use crate::model::fingerprint::Family;
use crate::model::logon;
use crate::model::logon::Logon;
use crate::model::proof::Verified;
use crate::rules::Certainty;
use crate::rules::error5::race;
use crate::rules::error5::scene::Scene;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4010",
        name: "right-password-rejected",
        title: "The server refuses a password that is demonstrably right",
        severity: Fault,
        yields_to: ["PD0001", "PD0002", "PD0004", "PD0005", "PD4009"],
        page: "pd4010_right_password_rejected.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    if race::answers_superseded(&scene).is_some() {
        return None;
    }
    let verdict = scene.attempt.failure()?;
    // Another number names another reason.
    if verdict.error.is_some_and(|e| e != 691) || scene.attempt.password_change.is_some() {
        return None;
    }
    let refusal = Refusal { scene, verdict, error: 691 };
    by_secret(&refusal).or_else(|| by_contrast(c, &refusal))
}

/// The operator supplied the password, and the refused Response fits it.
fn by_secret(refusal: &Refusal<'_>) -> Option<Hit> {
    let attempt = refusal.scene.attempt;
    if attempt.proof.verified != Verified::Match {
        return None;
    }
    // MD5 is checked on the newest Response only; MS-CHAP on each.
    let last = attempt.responses.iter().rposition(|r| r.mark.frame < refusal.verdict.mark.frame)?;
    let md5 = matches!(attempt.method, Method::ChapMd5 | Method::EapMd5);
    let fits = attempt.proof.answers.get(last).copied().flatten().is_some();
    if !(fits || md5 && last + 1 == attempt.responses.len()) {
        return None;
    }
    let user = refusal.user();
    let why = if md5 {
        "For CHAP-MD5 the server must hold the password in plain or reversible form; without it no password is ever right."
    } else {
        "So the fault lies behind the server: what it knows of the account, or the way to its RADIUS server or domain controller."
    };
    Some(refusal.hit(
        format!("the server refuses \"{user}\" although the Response fits the supplied password"),
        format!("Recomputed with the password that you supplied, the Response is right for the server's newest Challenge; the server refused it. {why}"),
    ))
}

/// The same password was accepted for the same name elsewhere: in this conversation, or minutes before or
/// after it in another one.
fn by_contrast(c: &Conversation, refusal: &Refusal<'_>) -> Option<Hit> {
    let attempt = refusal.scene.attempt;
    let last = attempt.responses.iter().rposition(|r| r.mark.frame < refusal.verdict.mark.frame)?;
    let response = attempt.responses.get(last)?;
    let class = attempt.proof.password_class.get(last).copied().flatten()?;
    let same = |l: &Logon| l.success && l.name == response.name && l.password_class == Some(class);
    let here = logon::all(c).map(|(l, ..)| l).find(|l| same(l));
    let accepted = here.or_else(|| c.elsewhere.iter().find(|l| same(l)).cloned())?.verdict;
    let user = refusal.user();
    let accel = if c.family(Dir::ToClient) == Family::AccelPpp {
        " accel-ppp says 691 for every refusal: account restrictions, a silent RADIUS server."
    } else {
        ""
    };
    let mut hit = refusal.hit(
        format!("the server refuses \"{user}\" with a password that it accepted in another call"),
        format!("Both Responses were made from one password (equal hash tails; by chance once in 65,536), under the same name. The server accepted one and refused the other.{accel}"),
    );
    hit.certainty = Certainty::Likely;
    Some(hit.frame(accepted, "the same password, accepted").missing(
        "With --secrets the password can be proven right. Why the server refuses is in its log only.",
    ))
}
