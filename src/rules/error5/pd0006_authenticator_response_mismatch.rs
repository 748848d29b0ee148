//! PD0006: the server's proof (`S=`) is wrong for this client.

use super::race;
use super::race::Marks;
use super::scene::Scene;
use crate::model::conversation::Conversation;
use crate::model::proof::SuccessProof;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD0006",
        name: "authenticator-response-mismatch",
        title: "The server's S= proof is wrong for this client (impostor, stale password, proxy)",
        severity: Fault,
        yields_to: ["PD0001", "PD0002", "PD0003", "PD0004", "PD0007"],
        page: "pd0006_authenticator_response_mismatch.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    if !scene.is_v2() {
        return None;
    }
    let (success, left) = scene.left_after_success()?;
    success.authenticator_response?;
    if success.text_fault.is_some() {
        return None;
    }
    let proof = scene.attempt.proof.success;
    let marks = Marks::of(&scene, Some(left));
    let one = scene.attempt.distinct_responses().count() == 1;
    let (certainty, how) = match proof {
        SuccessProof::Answers { .. } => return None,
        SuccessProof::None
            if scene.attempt.proof.verified == crate::model::proof::Verified::Match =>
        {
            (
                Certainty::Certain,
                "The supplied password made the client's Response, yet the server's S= is not the one that this password gives: the server does not hold this password.",
            )
        }
        _ if !one || marks.any() => return None,
        SuccessProof::None => (
            Certainty::Possible,
            "The server's S= does not fit the supplied password; neither does the client's Response, so the supplied one may be another.",
        ),
        SuccessProof::NotChecked if scene.client_ras() == Some(778) => (
            Certainty::Likely,
            "The client itself says so: RAS error 778, the server could not prove who it is.",
        ),
        SuccessProof::NotChecked => (
            Certainty::Possible,
            "There was one Challenge and one Response, so no race; whether the S= is right cannot be computed without the password.",
        ),
    };
    let mut hit = Hit::new(certainty, "the client refuses the server's proof (S=) although the server said Success")
        .detail(format!("The server accepted the Response and sent its proof; the client hung up {} later without entering the network phase. {how}", left.at - success.mark.at));
    if scene.client_ras() == Some(778) {
        hit = hit
            .saw("Error 778: it was not possible to verify the identity of the server")
            .explicit();
    }
    if certainty != Certainty::Certain {
        hit = hit.missing("Give the account's password with --secrets: it shows whether the S= is right (then the client had another reason, PD0008) or wrong.");
    }
    Some(race::with_evidence(hit, &scene, Some(success), Some(left)))
}
