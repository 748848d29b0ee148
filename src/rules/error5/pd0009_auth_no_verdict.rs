//! PD0009: credentials were sent and no verdict arrives.

use super::scene::AFTER;
use super::scene::Scene;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::model::auth::Credential;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::point::Place;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD0009",
        name: "auth-no-verdict",
        title: "A Response was sent, and the authenticator's verdict never comes",
        severity: Fault,
        yields_to: ["PD0001", "PD0003", "PD4001"],
        page: "pd0009_auth_no_verdict.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    lost_between(&scene).or_else(|| silent(&scene)).or_else(|| lost(&scene))
}

/// Captured at both ends: what became of the Response and the verdict is seen, not inferred.
fn lost_between(scene: &Scene<'_>) -> Option<Hit> {
    let server = scene.c.view_at(Dir::ToClient).filter(|_| !scene.c.views.is_empty())?;
    let there = server.call()?.attempt()?;
    let sent = scene.attempt.responses.iter().find(|r| r.credential != Credential::Opaque)?;
    if !scene.attempt.verdicts.is_empty() {
        return None;
    }
    let base = |summary: &str, detail: &str| {
        Hit::new(Certainty::Certain, summary)
            .detail(detail)
            .frame(sent.mark, "the client's first Response leaves")
    };
    if let Some(v) = there.verdicts.first() {
        let what = if v.success { "Success" } else { "Failure" };
        return Some(
            base(
                &format!("the server's {what} was sent and did not reach the client"),
                &format!("Captured at both ends: the {what} leaves the server's side and is in no frame of the client's capture. The client waits for it until it gives up."),
            )
            .culprit(v.mark, format!("{what} leaves the server, and is lost on the way")),
        );
    }
    let waited = scene.c.closing().map_or(scene.c.visibility.until, |(m, _)| m.at) - sent.mark.at;
    if waited < AFTER {
        return None;
    }
    match there.responses.iter().find(|r| r.credential != Credential::Opaque) {
        Some(r) => Some(
            base(
                "the Response reaches the server, which gives no verdict",
                "Captured at both ends: the Response arrives on the server's side, and no Success or Failure leaves it. The server discards the Response, or waits for its password backend.",
            )
            .culprit(r.mark, "the Response arrives at the server"),
        ),
        None => Some(
            base(
                "the client's Responses do not reach the server",
                "Captured at both ends: the Responses leave the client's side and are in no frame of the server's capture.",
            )
            .culprit(server.ended, "the server's capture ends without a Response"),
        ),
    }
}

/// No verdict in the capture.
fn silent(scene: &Scene<'_>) -> Option<Hit> {
    let (c, a) = (scene.c, scene.attempt);
    // An EAP Identity alone is no credential: the server has yet to ask for one.
    let credentials: Vec<_> = a
        .responses
        .iter()
        .filter(|r| r.credential != Credential::Opaque || a.inner_success.is_some())
        .collect();
    let (first, last) = (credentials.first()?, credentials.last()?);
    if !a.verdicts.is_empty() || !c.sees_gre(Dir::ToClient) || !scene.call.has_gre(Dir::ToClient) {
        return None;
    }
    let end = c.closing();
    let until = end.map_or(c.visibility.until, |(m, _)| m.at);
    let waited = until - first.mark.at;
    let repeated = credentials.len() > 2 || (a.challenges.len() > 2 && waited >= AFTER);
    if waited < AFTER && !(repeated && end.is_some()) {
        return None;
    }
    let after: Vec<_> = a.challenges.iter().filter(|k| k.mark.frame > first.mark.frame).collect();
    let place = c.point.place;
    let (certainty, why) = if a.inner_success.is_some() {
        (
            Certainty::Likely,
            "Inside EAP the server said Success, and the client confirmed it; the EAP Success that must follow (RFC 3748 §4.2) never came.",
        )
    } else if !after.is_empty() {
        match place {
            Place::Server => (
                Certainty::Certain,
                "The Response is seen arriving at the server, which goes on repeating its Challenge: the server discards the Response or waits for its password backend.",
            ),
            _ => (
                Certainty::Likely,
                "The server repeats its Challenge as if no Response had come: the Responses are lost on the way, or the server discards them.",
            ),
        }
    } else {
        let certainty = if place == Place::Server { Certainty::Certain } else { Certainty::Likely };
        (
            certainty,
            "The server repeats nothing either: it waits for its password backend (RADIUS, domain controller), or its verdict is lost on the way.",
        )
    };
    let mut hit =
        Hit::new(certainty, format!("credentials were sent, but no verdict came in {waited}"))
            .detail(format!(
                "{} credential packet(s) from the client, no Success and no Failure. {why}",
                credentials.len()
            ))
            .culprit(first.mark, "first Response, never answered");
    if last.mark != first.mark {
        hit = hit.frame(last.mark, "newest Response");
    }
    hit = hit.frame_if(after.first().map(|k| k.mark), "the server asks again");
    if let Some((m, side)) = end {
        hit = hit.frame(m, format!("the {} gives up", side.sender()));
    }
    if place != Place::Server {
        hit = hit.missing("A capture at the server tells loss from a silent backend: does the Response arrive, does a verdict leave?");
    }
    Some(hit)
}

/// The verdict passed the capture point, but the client never acts on it.
fn lost(scene: &Scene<'_>) -> Option<Hit> {
    let (c, call, a) = (scene.c, scene.call, scene.attempt);
    let success = a.success()?;
    if a.client_went_on.is_some()
        || c.point.place == Place::Client
        || c.stage < Stage::Authentication
    {
        return None;
    }
    let end: Option<(Mark, Dir)> = c.closing();
    let waited = end.map_or(c.visibility.until, |(m, _)| m.at) - success.mark.at;
    let asked =
        call.ccp.side(Dir::ToClient).request_count + call.ipcp.side(Dir::ToClient).request_count;
    if waited <= AFTER || asked < 3 || !call.has_gre(Dir::ToServer) {
        return None;
    }
    let mut hit = Hit::new(Certainty::Likely, "the server's Success did not reach the client")
        .detail(format!(
            "The Success passes this point, and the server goes on to the network phase ({asked} requests), but in {waited} the client answers none of it: it still waits for the verdict."
        ))
        .culprit(success.mark, "Success, lost between here and the client")
        .missing("A capture at the client shows whether the Success arrives.");
    if let Some((m, side)) = end {
        hit = hit.frame(m, format!("the {} gives up", side.sender()));
    }
    Some(hit)
}
