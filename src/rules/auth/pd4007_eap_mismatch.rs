//! PD4007: EAP on one side only, or no EAP type in common.

use super::offer::Offer;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::auth::Credential;
use crate::model::auth::EapStep;
use crate::model::auth::Method;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::error5::scene::Scene;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4007",
        name: "eap-mismatch",
        title: "EAP on one side only, or no common EAP type",
        severity: Fault,
        yields_to: [],
        page: "pd4007_eap_mismatch.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    one_side_only(c).or_else(|| {
        let scene = Scene::of(c)?;
        no_common_type(&scene).or_else(|| unanswered(&scene))
    })
}

/// LCP: one side wants EAP and nothing else, the other everything else.
fn one_side_only(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage > Stage::Authentication || call.attempts.iter().any(|a| a.began().is_some()) {
        return None;
    }
    let offer = Offer::of(call)?;
    let (end, by) = c.closing()?;
    let names = |set: &std::collections::BTreeSet<Method>| {
        set.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let server_wants_eap = offer.offered.iter().all(|m| m.is_eap());
    let client_wants_eap = !offer.wanted.is_empty() && offer.wanted.iter().all(|m| m.is_eap());
    let (summary, answer) = match (server_wants_eap, client_wants_eap) {
        (true, false) if offer.wanted.is_empty() => (
            "the server wants EAP, the client rejects it and names no other method".to_owned(),
            "the client rejects it".to_owned(),
        ),
        (true, false) => (
            format!("the server wants EAP only, the client {} only", names(&offer.wanted)),
            format!("the client asks for {} instead", names(&offer.wanted)),
        ),
        (false, true) => (
            format!("the client wants EAP only, the server {} only", names(&offer.offered)),
            "the client asks for EAP instead".to_owned(),
        ),
        _ => return None,
    };
    let asked = call.lcp.side(Dir::ToClient).requests.first().map(|r| r.mark);
    Some(
        Hit::new(Certainty::Certain, summary)
            .detail(format!(
                "In LCP the server asks for {}; {answer}. Neither gives way, and the {} ends the link. No password was tried.",
                names(&offer.offered),
                by.sender()
            ))
            .frame_if(asked, format!("the server asks for {}", names(&offer.offered)))
            .culprit(offer.refusal.mark, answer)
            .frame(end, format!("the {} ends the link", by.sender()))
            .explicit(),
    )
}

/// The client Naks the server's EAP type, and it ends there.
fn no_common_type(scene: &Scene<'_>) -> Option<Hit> {
    let attempt = scene.attempt;
    let at = attempt.eap.iter().rposition(|e| e.kind == NAK && !e.request)?;
    let nak = attempt.eap.get(at)?;
    // A type that the client took up after it: they found one.
    let taken_up = attempt.eap.iter().skip(at).any(|e| !e.request && e.kind > NAK);
    if attempt.success().is_some() || taken_up {
        return None;
    }
    let failure = attempt.verdicts.iter().rev().find(|v| !v.success).map(|v| v.mark);
    let (end, said) = if let Some(m) = failure {
        (m, "EAP Failure".to_owned())
    } else {
        let (m, by) = scene.c.closing()?;
        (m, format!("the {} ends the link", by.sender()))
    };
    let offered: Vec<&EapStep> =
        attempt.eap.iter().filter(|e| e.request && e.kind >= NAK).collect();
    let mut names: Vec<String> = offered.iter().map(|e| type_name(e.kind)).collect();
    names.dedup();
    let (offers, wants) = (names.join(", "), wishes(nak));
    Some(
        Hit::new(
            Certainty::Certain,
            format!("no EAP type in common: the server offers {offers}, the client wants {wants}"),
        )
        .detail(format!("Both sides agreed on EAP, but the server offered {offers}, and the client answered with Nak: it wants {wants}. No password was tried."))
        .frame_if(offered.last().map(|e| e.mark), format!("EAP Request, {offers}"))
        .culprit(nak.mark, format!("EAP Nak: the client wants {wants}"))
        .frame(end, said)
        .explicit(),
    )
}

/// The client leaves the server's EAP Requests without an answer.
fn unanswered(scene: &Scene<'_>) -> Option<Hit> {
    let (c, attempt) = (scene.c, scene.attempt);
    let credentials = attempt.responses.iter().any(|r| r.credential != Credential::Opaque);
    if !attempt.verdicts.is_empty() || credentials || attempt.inner_success.is_some() {
        return None;
    }
    let open: Vec<&EapStep> = attempt.eap.iter().rev().take_while(|e| e.request).collect();
    let (last, first) = (open.first()?, open.last()?);
    let end: Option<(Mark, Dir)> = c.closing();
    let until = end.map_or(c.visibility.until, |(m, _)| m.at);
    let alive = scene.call.gre[Dir::ToServer.index()].last?;
    if open.len() < 3 || until - first.mark.at < RESTARTS || alive.frame < first.mark.frame {
        return None;
    }
    let at_client = c.point.is_at(Dir::ToServer);
    let certainty = if at_client { Certainty::Likely } else { Certainty::Possible };
    let name = type_name(first.kind);
    let mut hit = Hit::new(certainty, format!("the client does not answer the server's EAP Request ({name})"))
        .detail(format!("The server sent {} EAP Requests ({name}) in {}; other packets of the client are seen, an EAP Response is not. A client that lacks the method should answer with Nak; one that stays silent waits for its user, or its EAP is broken.", open.len(), until - first.mark.at))
        .culprit(first.mark, format!("EAP Request, {name}, never answered"))
        .frame(last.mark, "newest repetition");
    if let Some((m, by)) = end {
        hit = hit.frame(m, format!("the {} ends the link", by.sender()));
    }
    Some(if at_client {
        hit
    } else {
        hit.missing(
            "A capture at the client tells whether it sends no Response or the Responses are lost.",
        )
    })
}

/// Types that a Nak asks for, in words.
fn wishes(nak: &EapStep) -> String {
    let names: Vec<String> = nak.wants.iter().filter(|&&k| k != 0).map(|&k| type_name(k)).collect();
    if names.is_empty() { "none of its types".to_owned() } else { names.join(", ") }
}

/// Name of an EAP method type (IANA).
fn type_name(kind: u8) -> String {
    match kind {
        1 => "Identity".to_owned(),
        4 => "EAP-MD5".to_owned(),
        6 => "EAP-GTC".to_owned(),
        13 => "EAP-TLS".to_owned(),
        21 => "EAP-TTLS".to_owned(),
        25 => "PEAP".to_owned(),
        26 => "EAP-MSCHAPv2".to_owned(),
        n => format!("EAP type {n}"),
    }
}

/// EAP type Nak (RFC 3748 §5.3); method types are above it.
const NAK: u8 = 3;
/// Three restart intervals of PPP.
const RESTARTS: Span = Span::from_secs(9);
