//! PD0008: the client hangs up right after a good Success, for a reason that the packets do not show.

use super::race;
use super::scene::Scene;
use crate::model::conversation::Conversation;
use crate::model::proof::SuccessProof;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD0008",
        name: "client-abort-after-success",
        title: "The client hangs up right after a good Success; the reason is not visible",
        severity: Warning,
        yields_to: ["PD0001", "PD0002", "PD0003", "PD0004", "PD0005", "PD0006", "PD0007", "PD5001", "PD5002"],
        page: "pd0008_client_abort_after_success.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    let (success, left) = scene.left_after_success()?;
    let proven = matches!(scene.attempt.proof.success, SuccessProof::Answers { .. });
    // A client that says why it leaves is not a riddle: "MPPE required but not available" and the like.
    let says_why = scene.client_terminate().is_some_and(|t| {
        matches!(&t.reason, crate::model::call::Reason::Text(text) if !text.contains("authenticate ourselves"))
    });
    if says_why {
        return None;
    }
    let ras = scene.client_ras();
    let known = match ras {
        Some(n) => format!("The client itself names a reason in its Terminate-Request: RAS error {n}."),
        None if proven => "The supplied secret proves that the server's S= is right for the client's newest Response, so neither the race nor a false server is the reason.".to_owned(),
        None => "Nothing in the packets shows why.".to_owned(),
    };
    let summary = match ras {
        Some(n) => {
            format!("the client hung up right after the server's Success, with RAS error {n}")
        }
        None => {
            "the client hung up right after the server's Success; the reason is not in the packets"
                .to_owned()
        }
    };
    let mut hit = Hit::new(Certainty::Certain, summary)
        .detail(format!(
            "The server accepted the credentials; {} later the client ended the call without a packet of the network phase. {known} Candidates: the client's own policy (encryption or EAP required), a check of the server's proof, or a user who cancelled.",
            left.at - success.mark.at
        ))
        .missing("Ask for the error number on the client's screen, or its PPP log; capture at the client as well.");
    if let Some(n) = ras {
        hit = hit.saw(format!("Error {n} (the client wrote it into its Terminate-Request)"));
    }
    Some(race::with_evidence(hit, &scene, Some(success), Some(left)))
}
