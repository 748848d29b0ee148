//! PD4011: the client does not answer a proper Challenge.

use crate::base::addr::Dir;
use crate::base::time::Span;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::error5::scene::Scene;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD4011",
        name: "no-response-to-challenge",
        title: "The client does not answer a proper Challenge",
        severity: Fault,
        yields_to: ["PD0003"],
        page: "pd4011_no_response_to_challenge.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let scene = Scene::of(c)?;
    let (call, attempt) = (scene.call, scene.attempt);
    if c.stage != Stage::Authentication
        || attempt.method.is_eap()
        || !attempt.responses.is_empty()
        || !attempt.verdicts.is_empty()
    {
        return None;
    }
    let open = call.lcp.opened()?;
    // Only Challenges that came to an open link count, and only sound ones.
    let mut proper = attempt
        .challenges
        .iter()
        .filter(|k| k.fault.is_none() && !k.before_open && k.mark.frame > open.frame);
    let first = proper.next()?;
    let last = proper.next_back()?;
    // A side that asks for LCP again has not opened it: the client has to drop the Challenge.
    let reopened =
        |d: Dir| call.lcp.side(d).last_request.is_some_and(|(m, _)| m.frame > first.mark.frame);
    if Dir::BOTH.into_iter().any(reopened) {
        return None;
    }
    let end = c.closing();
    let until = end.map_or(c.visibility.until, |(m, _)| m.at);
    // Other packets of the client must be seen after it, or they are lost on the way.
    let alive = call.gre[Dir::ToServer.index()].last?;
    if until - first.mark.at < RESTARTS || alive.frame < first.mark.frame {
        return None;
    }
    let reached = first
        .seq
        .zip(call.gre[Dir::ToServer.index()].highest_ack)
        .is_some_and(|(seq, (ack, _))| ack.wrapping_sub(seq) < HALF);
    let at_client = c.point.is_at(Dir::ToServer);
    let certainty = if at_client { Certainty::Likely } else { Certainty::Possible };
    let count = attempt.challenges.len();
    let delivered = if reached {
        " The client's GRE acknowledges the Challenge, so it arrived; whether its PPP took it is not seen."
    } else {
        ""
    };
    let mut hit = Hit::new(
        certainty,
        format!("the client does not answer the server's Challenge ({count} sent, {} waited)", until - first.mark.at),
    )
    .detail(format!(
        "LCP is open, {} was agreed, and the server sent {count} Challenges. Other packets of the client are seen after the first of them, but no Response.{delivered} As a rule the client has no password to answer with: it waits for its user, has no entry for \"{}\", or may not use saved credentials.",
        attempt.method, first.name
    ))
    .culprit(first.mark, "Challenge, never answered")
    .frame(last.mark, "newest repetition")
    .frame(alive, "newest packet of the client");
    if let Some((m, by)) = end {
        hit = hit.frame(m, format!("the {} gives up", by.sender()));
    }
    Some(if at_client {
        hit
    } else {
        hit.missing("Responses may be lost before this point. A capture at the client tells.")
    })
}

/// Three restart intervals of PPP.
const RESTARTS: Span = Span::from_secs(9);
/// Numbers that far ahead count as behind (RFC 1982).
const HALF: u32 = 0x8000_0000;
