//! PD0001: the MS-CHAPv2 timing race of old Windows clients (KB Q222060).

use std::fmt::Write as _;

use super::race;
use super::race::Marks;
use super::scene::Scene;
use crate::base::addr::Dir;
use crate::model::conversation::Conversation;
use crate::model::fingerprint::Family;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD0001",
        name: "q222060-auth-race",
        title: "\"Error 5: Access denied\" from an MS-CHAPv2 timing race in the client (KB Q222060)",
        severity: Fault,
        yields_to: ["PD0003", "PD0004", "PD0007"],
        page: "pd0001_q222060_auth_race.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    if !scene.is_v2() || !c.may_be_old_windows() {
        return None;
    }
    let hit = accepted(&scene, c.family(Dir::ToServer))
        .or_else(|| gave_up(&scene))
        .or_else(|| race::superseded(&scene))?;
    let hit = if c.family(Dir::ToServer).is_old_windows() { hit } else { hit.missing(WHICH) };
    Some(match scene.client_ras() {
        Some(5) => hit
            .saw("Error 5: Access is denied (the client wrote 5 into its Terminate-Request)")
            .explicit(),
        _ => hit,
    })
}

/// Variant A: the server says Success, the client leaves.
fn accepted(scene: &Scene<'_>, client: Family) -> Option<Hit> {
    let (success, left) = scene.left_after_success()?;
    let marks = Marks::of(scene, Some(left));
    let known = race::crossing(scene, success, left);
    if known.is_some_and(|k| k.disproven())
        || (known.is_none()
            && scene.attempt.proof.success != crate::model::proof::SuccessProof::NotChecked)
    {
        return None;
    }
    let nt4 = client == Family::WindowsNt4;
    if !nt4 && !marks.any() {
        return None;
    }
    let proven = known.is_some_and(|k| k.proven());
    // A later Windows has a number of its own for this, 778.
    let nt4 = nt4 || client == Family::WindowsRas && scene.client_ras() == Some(5);
    // The service pack cannot be read from the wire: this is never certain.
    let certainty =
        if nt4 && (proven || (marks.differing && known.is_some_and(|k| k.ground.is_some()))) {
            Certainty::Likely
        } else {
            Certainty::Possible
        };
    let summary = if marks.differing {
        "MS-CHAPv2 timing race: the client forgot the Response that the server accepted"
    } else {
        "the client refuses a Success, as the MS-CHAPv2 timing race of NT 4.0 would have it"
    };
    let mut detail = race::story(scene, &marks, known.as_ref(), success);
    if marks.any() {
        let _ = write!(detail, " Marks of the race: {}.", marks.words());
    } else {
        detail.push_str(
            " The packets show no mark of a race; it may have taken place inside the client.",
        );
    }
    detail.push_str(
        " That Q222060 is this mechanism is inferred: Microsoft documents a timing mismatch during MS-CHAPv2 that a client update cures, and no packets. The service pack itself cannot be read from the wire.",
    );
    let mut hit = Hit::new(certainty, summary).detail(detail);
    if certainty == Certainty::Possible && !proven {
        hit = hit.missing(
            "Capture at the client as well, and give the account's password with --secrets: that names the Response which the Success answers.",
        );
    }
    Some(race::with_evidence(hit, scene, Some(success), Some(left)))
}

/// Variant B: no verdict, several Challenges or different Responses, the client leaves.
fn gave_up(scene: &Scene<'_>) -> Option<Hit> {
    let a = scene.attempt;
    if !a.verdicts.is_empty() || a.responses.is_empty() {
        return None;
    }
    let (left, side) = scene.c.closing()?;
    let last = a.last()?;
    let marks = Marks::of(scene, Some(left));
    let crossed = marks.repeated || marks.superseded || marks.differing;
    if side != Dir::ToServer
        || !crossed
        || left.at - last.at > super::scene::ABORT
        || scene.hung_up_normally()
    {
        return None;
    }
    let detail = format!(
        "The client hung up before a verdict, in the middle of repeated Challenges: {}. It may have given up waiting, or met the race without the Success reaching this capture.",
        marks.words()
    );
    let hit =
        Hit::new(Certainty::Possible, "the client hung up in the middle of repeated Challenges")
            .detail(detail)
            .missing("Capture at the server: it shows whether a Success was sent.");
    Some(race::with_evidence(hit, scene, None, Some(left)))
}

/// What is missing where only the Terminate-Request or an Identification says that the client is a Windows.
const WHICH: &str = "Which Windows the client is: its Start-Control-Connection-Request, which says so, is not in this capture. Start the capture before the client dials.";
