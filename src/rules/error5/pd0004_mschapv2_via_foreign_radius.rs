//! PD0004: a RADIUS hop mangles or omits the MS-CHAPv2 attributes (KB Q242349).

use super::scene::Scene;
use crate::base::addr::Dir;
use crate::model::auth::TextFault;
use crate::model::conversation::Conversation;
use crate::model::fingerprint::Family;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD0004",
        name: "mschapv2-via-foreign-radius",
        title: "MS-CHAPv2 fails because the RADIUS hop mangles or omits the v2 attributes",
        severity: Fault,
        yields_to: [],
        page: "pd0004_mschapv2_via_foreign_radius.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    if !scene.is_v2() || scene.attempt.client_went_on.is_some() {
        return None;
    }
    stray_octet(&scene).or_else(|| no_proof(&scene))
}

/// The verdict's text begins with the identifier octet of the RADIUS attribute.
fn stray_octet(scene: &Scene<'_>) -> Option<Hit> {
    let verdict = scene.attempt.verdicts.iter().find(|v| v.stray == Some(v.id))?;
    let which = if verdict.success { "Success" } else { "Failure" };
    let detail = format!(
        "The text of the {which} begins with the octet {:#04x}, which is the CHAP identifier. RADIUS attributes carry that octet in front (RFC 2548 §2.1.5, §2.3.3); the server should have taken it off before it answered the client.",
        verdict.id
    );
    Some(
        Hit::new(
            Certainty::Certain,
            format!("the server's {which} still carries the RADIUS identifier octet"),
        )
        .detail(detail)
        .frame_if(scene.attempt.responses.last().map(|r| r.mark), "the client's Response")
        .culprit(verdict.mark, format!("{which}: \"{}\"", verdict.text))
        .explicit(),
    )
}

/// A Success without `S=` although MS-CHAPv2 was agreed, from a server that may ask RADIUS.
fn no_proof(scene: &Scene<'_>) -> Option<Hit> {
    let (success, left) = scene.left_after_success()?;
    // pppd turns a missing attribute into a Failure; its Success always has the proof.
    let server = scene.c.family(Dir::ToClient);
    if success.text_fault != Some(TextFault::NoProof)
        || server.is_pppd()
        || server == Family::AccelPpp
    {
        return None;
    }
    Some(
        Hit::new(Certainty::Possible, "the server's Success has no proof (S=): its RADIUS server may not know MS-CHAPv2")
            .detail("MS-CHAPv2 was agreed, but the Success has no S=. A RADIUS server that does not return MS-CHAP2-Success leaves the access server with nothing to send. The capture holds no RADIUS packets that would show it.")
            .culprit(success.mark, format!("Success: \"{}\"", success.text))
            .frame(left, scene.say_left(left))
            .missing("Capture RADIUS (UDP 1812 and 1645) at the server: does Access-Accept hold MS-CHAP2-Success (vendor 311, type 26)?"),
    )
}
