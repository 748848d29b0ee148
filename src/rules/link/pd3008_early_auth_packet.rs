//! PD3008: the first authentication packet comes before LCP is open at its receiver, and is dropped.

use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::auth::Credential;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD3008",
        name: "early-auth-packet",
        title: "The first authentication packet comes before LCP is open at its receiver",
        severity: Warning,
        yields_to: ["PD0001", "PD0002", "PD3002", "PD3003", "PD3004"],
        page: "pd3008_early_auth_packet.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    let open = call.lcp.opened()?;
    let (dir, early, again) = challenge(call, open).or_else(|| request(call, open))?;
    let receiver = dir.receiver();
    let what = if dir == Dir::ToClient { "Challenge" } else { "Authenticate-Request" };
    // At the receiver's side the order is that of arrival; elsewhere a packet may still be overtaken.
    let at_receiver = c.point.is_at(dir.flip());
    let certainty = if at_receiver { Certainty::Likely } else { Certainty::Possible };
    let overtaken = call.gre[dir.index()].late > 0;
    let why = if overtaken {
        "GRE packets of that direction arrive out of order, so the network let it overtake the Configure-Ack."
    } else {
        "Its sender did not wait for the Configure-Ack of both sides."
    };
    let hit = Hit::new(
        certainty,
        format!("the first {what} came before LCP was open; the log-on lost {}", again.at - early.at),
    )
    .detail(format!("The {what} passes here {} before the Configure-Ack that opens LCP. A receiver has to drop it (RFC 1661 §3.4), and it was answered only when it was repeated, {} later. {why} That the order is the reason for the delay is inferred. On a slow path such a delay is how the race of Error 5 begins.", open.at - early.at, again.at - early.at))
    .culprit(early, format!("{what}, too early for the {receiver}"))
    .frame(open, "LCP opens")
    .frame(again, "repeated");
    Some(if at_receiver {
        hit
    } else {
        hit.missing(format!("In which order the packets arrive is seen at the {receiver} only."))
    })
}

/// The server's first Challenge, the time of its repetition, nothing answered between.
fn challenge(call: &Call, open: Mark) -> Option<(Dir, Mark, Mark)> {
    let attempt = call.attempts.iter().find(|a| a.toward == Dir::ToClient && !a.in_session)?;
    let first = attempt.challenges.first().filter(|k| k.before_open)?.mark;
    let again = attempt.challenges.get(1)?.mark;
    let between = |m: Mark| m.frame > first.frame && m.frame < again.frame;
    let answered = attempt.responses.iter().any(|r| between(r.mark))
        || attempt.verdicts.iter().any(|v| between(v.mark));
    let early = first.frame < open.frame && again.frame > open.frame;
    (early && !answered && again.at - first.at >= RESTART).then_some((Dir::ToClient, first, again))
}

/// The client's first PAP request, the same way.
fn request(call: &Call, open: Mark) -> Option<(Dir, Mark, Mark)> {
    let attempt = call.attempts.iter().find(|a| a.toward == Dir::ToClient && !a.in_session)?;
    let mut requests = attempt
        .responses
        .iter()
        .filter(|r| matches!(r.credential, Credential::Password { .. }))
        .map(|r| r.mark);
    let (first, again) = (requests.next()?, requests.next()?);
    let answered = attempt.verdicts.iter().any(|v| v.mark.frame < again.frame);
    let early = first.frame < open.frame && again.frame > open.frame;
    (early && !answered && again.at - first.at >= RESTART).then_some((Dir::ToServer, first, again))
}

/// The shortest restart interval in use.
const RESTART: Span = Span::from_secs(1);
