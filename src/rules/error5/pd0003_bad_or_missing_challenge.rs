//! PD0003: the server's Challenge is malformed or never comes, and the client gives up (KB Q240870).

use super::scene::ABORT;
use super::scene::Scene;
use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::auth::ChallengeFault;
use crate::model::auth::Method;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD0003",
        name: "bad-or-missing-challenge",
        title: "The server's CHAP Challenge is malformed or absent and the client gives up",
        severity: Fault,
        yields_to: [],
        page: "pd0003_bad_or_missing_challenge.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    malformed(c).or_else(|| missing(c))
}

fn malformed(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    let (index, challenge) = scene.challenges().find(|(_, k)| k.fault.is_some())?;
    // A client that answers has found the Challenge good enough.
    if !scene.attempt.responses.is_empty() {
        return None;
    }
    let (left, side) = c.closing()?;
    if side != Dir::ToServer || left.at - challenge.mark.at > ABORT {
        return None;
    }
    let asked = match scene.attempt.method {
        Method::MsChapV1 => "MS-CHAPv1 wants 8 octets (RFC 2433 §5)",
        Method::MsChapV2 => "MS-CHAPv2 wants 16 octets (RFC 2759 §3)",
        _ => "a value of at least one octet is wanted (RFC 1994 §4.1)",
    };
    let wrong = match challenge.fault? {
        ChallengeFault::Size(n) => format!("its value has {n} octets; {asked}"),
        ChallengeFault::Overrun(n) => {
            format!("its Value-Size of {n} reaches beyond the end of the packet")
        }
        ChallengeFault::Zero => "its value is all zero".to_owned(),
    };
    let detail = format!(
        "The server's Challenge is malformed: {wrong}. The client sent no Response and hung up {} later. What exactly the server got wrong inside is not published; with NT 4.0 RRAS and RADIUS it is known as Q240870 (inferred here from the picture).",
        left.at - challenge.mark.at
    );
    Some(
        Hit::new(Certainty::Likely, format!("the server's Challenge is malformed: {wrong}"))
            .detail(detail)
            .culprit(challenge.mark, scene.say_challenge(index))
            .frame(left, scene.say_left(left))
            .explicit(),
    )
}

/// LCP agreed on CHAP, both sides are open, and no Challenge ever comes.
fn missing(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage != Stage::Authentication || call.attempts.iter().any(|a| a.began().is_some()) {
        return None;
    }
    let method = Side::method_of(&call.lcp.side(Dir::ToClient).agreed)?;
    if !matches!(method, Method::ChapMd5 | Method::MsChapV1 | Method::MsChapV2) {
        return None;
    }
    let open = call.lcp.opened()?;
    let (left, side) = c.closing().unwrap_or((c.ended, Dir::ToServer));
    let server_speaks = call.gre[Dir::ToClient.index()].last.is_some_and(|m| m.frame > open.frame);
    let until = if c.closing().is_some() { left.at } else { c.visibility.until };
    if side != Dir::ToServer || until - open.at < WAITED || !server_speaks {
        return None;
    }
    let detail = format!(
        "Both sides agreed on {method} and LCP was open, but the server sent no Challenge in the {} that followed, although its packets are visible.",
        until - open.at
    );
    Some(
        Hit::new(Certainty::Likely, "LCP agreed on CHAP, but the server never sends a Challenge")
            .detail(detail)
            .frame(open, format!("LCP open, {method} agreed"))
            .culprit(left, "still no Challenge"),
    )
}

/// Two restart intervals of PPP.
const WAITED: Span = Span::from_secs(6);
