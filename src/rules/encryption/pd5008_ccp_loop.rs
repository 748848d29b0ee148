//! PD5008: CCP never settles. Either one side repeats a request that the other never takes, or, on a slow
//! or lossy path, a repeated request reopens a CCP that was open already.

use super::ras_seen;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::call::Call;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Answer;
use crate::model::negotiation::Reply;
use crate::model::negotiation::Request;
use crate::model::negotiation::Side;
use crate::rules::Certainty;
use crate::rules::Severity;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD5008",
        name: "ccp-loop",
        title: "CCP never settles",
        severity: Fault,
        yields_to: ["PD5001", "PD5002", "PD5003", "PD5004"],
        page: "pd5008_ccp_loop.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if c.stage < Stage::Authentication {
        return None;
    }
    reopened(c, call).or_else(|| Dir::BOTH.into_iter().find_map(|dir| refused(c, call, dir)))
}

/// The same request refused in the same way, over and over.
fn refused(c: &Conversation, call: &Call, asker: Dir) -> Option<Hit> {
    let side = call.ccp.side(asker);
    if side.acked.is_some() {
        return None;
    }
    let refusals = same_refusals(side);
    let (first, last) = (refusals.first()?, refusals.last()?);
    if refusals.len() < N_FAIL {
        return None;
    }
    let (who, other) = (asker.sender(), asker.receiver());
    let request = side.requests.first()?;
    let wanted = if request.options.is_empty() {
        "nothing at all".to_owned()
    } else {
        request.options.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let how = if first.reply == Reply::Nak { "answers Nak" } else { "rejects it" };
    let lasted = last.mark.at - first.mark.at;
    let connected = c.stage == Stage::Connected;
    let outcome = match c.closing() {
        _ if connected => {
            " The session works without: the loop costs bandwidth and hides behind it."
        }
        Some(_) => " The link is closed without CCP.",
        None => "",
    };
    let mut hit = Hit::new(
        Certainty::Certain,
        format!("CCP never settles: the {who} asks for {wanted} again and again"),
    )
    .detail(format!("The {who} sent {} CCP Configure-Requests for {wanted}; each time the {other} {how}, {} times in {lasted}, and neither side changes what it says.{outcome}", side.request_count, refusals.len()))
    .frame(request.mark, format!("the {who} asks for {wanted}"))
    .culprit(first.mark, format!("the {other} {how}"))
    .frame(last.mark, "the same answer still");
    if let Some((end, by)) = c.closing().filter(|_| !connected) {
        hit = hit.frame(end, format!("the {} ends the link", by.sender()));
    }
    if let Some(text) = ras_seen(call) {
        hit = hit.saw(text);
    }
    if connected {
        hit.severity = Some(Severity::Notice);
    }
    Some(hit)
}

/// Refusals of the first request's content, all of one kind and content.
fn same_refusals(side: &Side) -> Vec<&Answer> {
    let Some(first) = side.answers.iter().find(|a| a.reply != Reply::Ack) else {
        return Vec::new();
    };
    let wanted = side.requests.first().map(|r| &r.options);
    let unchanged = side.requests.iter().filter(|r| Some(&r.options) == wanted).count();
    if unchanged < N_FAIL {
        return Vec::new();
    }
    side.answers.iter().filter(|a| a.reply == first.reply && a.options == first.options).collect()
}

/// A side that had CCP open starts over because the other's request came once more: it takes encryption
/// down and asks under a new identifier (RFC 1661 §4.1, event RCR+ in the Opened state).
fn reopened(c: &Conversation, call: &Call) -> Option<Hit> {
    let open = call.ccp.opened()?;
    let (end, by) = c.closing()?;
    if !matches!(c.stage, Stage::Network | Stage::Connected) {
        return None;
    }
    let (dir, fresh) = Dir::BOTH.into_iter().find_map(|d| started_over(call, d).map(|r| (d, r)))?;
    let [who, other] = [dir.sender(), dir.receiver()];
    let repeats = repeated(call.ccp.side(dir.flip()))?;
    // Only what happens while CCP is being set up, and ends the link.
    let soon = fresh.mark.at - open.at <= SETTING_UP && (end.at - fresh.mark.at).abs() <= ENDS;
    if !soon {
        return None;
    }
    let told = call.terminates.iter().find(|t| t.dir == dir);
    let at_once = told.is_some_and(|t| (fresh.mark.at - t.mark.at).abs() <= AT_ONCE);
    let spacing = repeats.1.at - repeats.0.at;
    let slow = call.round_trip().is_some_and(|trip| trip >= spacing);
    let cause = match call.round_trip() {
        Some(trip) if slow => format!(
            "A round trip through the tunnel takes about {trip}, longer than that: so the {other} repeated a request whose Ack was still under way"
        ),
        Some(trip) => format!(
            "A round trip through the tunnel takes about {trip}, so the path is quick enough: the first Ack got lost or was held up (inferred), and the {other} repeated its request"
        ),
        None => format!("The Ack came too late or got lost, and the {other} repeated its request"),
    };
    let certainty = if at_once { Certainty::Certain } else { Certainty::Likely };
    let summary = if slow {
        format!(
            "CCP starts over: the answers take longer than the {spacing} after which the {other} asks again"
        )
    } else {
        format!("CCP starts over: the {other} repeats a request that was answered already")
    };
    let mut hit = Hit::new(certainty, summary)
        .detail(format!("The {other} sent its CCP Configure-Request again after {spacing}. {cause}. The repetition reached the {who} when CCP was open there; as PPP prescribes it began anew, and took encryption down for that moment. Encryption is required, so the {} ended the link. Its words \"MPPE disabled\" name the effect only.", by.sender()))
        .frame(repeats.0, format!("first CCP Configure-Request of the {other}"))
        .culprit(repeats.1, "the same request again")
        .frame(open, "CCP is open here");
    if let Some(t) = told {
        hit = hit.frame(t.mark, format!("the {who} ends the link"));
    }
    hit =
        hit.frame(fresh.mark, format!("the {who} negotiates CCP from the start, id {}", fresh.id));
    if told.is_none_or(|t| t.mark != end) {
        hit = hit.frame(end, format!("the {} ends it", by.sender()));
    }
    // The capture point decides in which order they pass.
    hit.evidence.sort_by_key(|e| e.mark);
    Some(hit)
}

/// The request with which a side that had been acknowledged begins again: a new identifier, the old
/// content.
fn started_over(call: &Call, dir: Dir) -> Option<&Request> {
    let side = call.ccp.side(dir);
    let open = call.ccp.opened()?;
    let first = side.requests.first()?;
    // CCP closed in so many words, and opened again, is another matter.
    let closed = call.ccp.terminated.iter().any(|(m, _)| *m < open);
    let before: Vec<u8> = side.requests.iter().filter(|r| r.mark <= open).map(|r| r.id).collect();
    side.requests
        .iter()
        .find(|r| r.mark > open && !before.contains(&r.id) && r.options == first.options)
        .filter(|_| !closed)
}

/// First and second of two requests with the same identifier and content.
fn repeated(side: &Side) -> Option<(Mark, Mark)> {
    side.requests.windows(2).find_map(|w| {
        let [a, b] = w else { return None };
        (a.id == b.id && a.options == b.options).then_some((a.mark, b.mark))
    })
}

/// Max-Failure of RFC 1661 §4.6.
const N_FAIL: usize = 5;
/// Starting over later than this after CCP opened is renegotiation, not set-up.
const SETTING_UP: Span = Span::from_secs(30);
/// The link ends within this time of the fresh start.
const ENDS: Span = Span::from_secs(10);
/// Terminate-Request and fresh request leave together.
const AT_ONCE: Span = Span::from_millis(500);
