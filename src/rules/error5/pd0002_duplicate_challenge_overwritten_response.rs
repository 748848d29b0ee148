//! PD0002: the same race with a client that makes a new Response to each repeated Challenge (pppd before
//! 2.4.6 and firmware built on it).

use super::race;
use super::race::Marks;
use super::scene::Scene;
use crate::base::addr::Dir;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD0002",
        name: "duplicate-challenge-overwritten-response",
        title: "The client answers a repeated Challenge anew and forgets its first Response (pppd before 2.4.6)",
        severity: Fault,
        yields_to: ["PD0001", "PD0003", "PD0004", "PD0007"],
        page: "pd0002_duplicate_challenge_overwritten_response.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    if !scene.is_v2() || c.may_be_old_windows() {
        return None;
    }
    accepted(&scene).or_else(|| race::superseded(&scene))
}

fn accepted(scene: &Scene<'_>) -> Option<Hit> {
    let (success, left) = scene.left_after_success()?;
    let marks = Marks::of(scene, Some(left));
    let known = race::crossing(scene, success, left)?;
    if !marks.repeated && !marks.superseded || known.disproven() {
        return None;
    }
    let pppd = scene.c.family(Dir::ToServer).is_pppd();
    let named = pppd || scene.c.has_client_vendor();
    let certainty = match race::certainty(&marks, Some(&known)) {
        // Another client may have had its own reason to leave, unless the crossing is proven.
        Certainty::Likely if !pppd => Certainty::Possible,
        // A client that the capture does not name may be an old Windows, of which PD0001 tells.
        Certainty::Certain if !named => Certainty::Likely,
        other => other,
    };
    let summary = match known.answered.filter(|i| *i != known.remembered) {
        Some(i) => format!(
            "MS-CHAPv2 timing race: the Success answers Response {}, the client remembers only Response {}",
            i + 1,
            known.remembered + 1
        ),
        None => "MS-CHAPv2 timing race: the client forgot the Response that the server accepted"
            .to_owned(),
    };
    let hit =
        Hit::new(certainty, summary).detail(race::story(scene, &marks, Some(&known), success));
    let hit = match certainty {
        Certainty::Certain => hit,
        _ if known.proven() => hit.missing(
            "Which software the client is: its Start-Control-Connection-Request is not in this capture. With the vendor \"Microsoft Windows NT\" there it is PD0001. Start the capture before the client dials.",
        ),
        _ => hit.missing(
            "The account's password with --secrets makes this certain: it names the Response which the Success answers.",
        ),
    };
    Some(race::with_evidence(hit, scene, Some(success), Some(left)))
}
