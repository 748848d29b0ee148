//! PD5004: encryption is required, but the authentication yields no keys.

use super::asked;
use super::ras_seen;
use crate::base::addr::Dir;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::model::auth::Attempt;
use crate::model::auth::Method;
use crate::model::call::Call;
use crate::model::call::Reason;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::rules::Certainty;
use crate::rules::finding::Hit;

crate::rule! {
    /// The rule.
    RULE {
        id: "PD5004",
        name: "mppe-no-keys",
        title: "Encryption required but the method yields no keys",
        severity: Fault,
        yields_to: [],
        page: "pd5004_mppe_no_keys.md",
    }
}

fn check(c: &Conversation) -> Option<Hit> {
    let call = c.call()?;
    if !matches!(c.stage, Stage::Network | Stage::Authentication) || call.ccp.opened().is_some() {
        return None;
    }
    let attempt = call.attempt().filter(|a| a.success().is_some() || says(call).is_some())?;
    let (end, by) = c.closing()?;
    if attempt.method.gives_keys() {
        return keys_missing(call, attempt);
    }
    // Of a method that was not understood nothing is known about keys.
    if !matches!(attempt.method, Method::Pap | Method::ChapMd5 | Method::EapMd5) {
        return None;
    }
    let method = attempt.method;
    let (demand, certainty, asker, how) = demand(call, end, by)?;
    let who = asker.sender();
    let left = if by == asker {
        "ends the link".to_owned()
    } else {
        format!("the {} ends the link", by.sender())
    };
    let verdict = attempt.success().map(|v| v.mark);
    let mut hit = Hit::new(
        certainty,
        format!("the {who} requires encryption, but {method} yields no keys for it"),
    )
    .detail(format!("MPPE takes its keys from the authentication: MS-CHAP, MS-CHAPv2, EAP-MSCHAPv2 and EAP-TLS give them, {method} does not. The user was let in by {method}; the {who} {how}, and {left}. No other MPPE setting helps: the method has to change."))
    .frame_if(attempt.challenges.first().map(|k| k.mark), format!("{method} is the method"))
    .frame_if(verdict, format!("{method} succeeds, without keys"))
    .culprit(demand, format!("the {who} {how}"));
    if end != demand {
        hit = hit.frame(end, format!("the {} ends the link", by.sender()));
    }
    if let Some(text) = ras_seen(call) {
        hit = hit.saw(text);
    }
    Some(hit.explicit())
}

/// MS-CHAP gave keys to the client at least, but a side says that it has none.
fn keys_missing(call: &Call, attempt: &Attempt) -> Option<Hit> {
    let (mark, by, text) = says(call).filter(|(.., text)| text.contains(NOT_AVAILABLE))?;
    let (who, method) = (by.sender(), attempt.method);
    Some(
        Hit::new(Certainty::Possible, format!("the {who} requires encryption and has no keys, although {method} gives them"))
            .detail(format!("{method} succeeded, and keys come out of it; yet the {who} closes with \"{text}\". pppd says so where its authentication plug-in (RADIUS) handed over no MPPE keys, or where its kernel has no MPPE. Which of the two, the packets do not tell."))
            .frame_if(attempt.success().map(|v| v.mark), format!("{method} succeeds"))
            .culprit(mark, format!("the {who} ends the link: \"{text}\""))
            .missing(format!("The log of the {who}: \"keys are not available\" means the first, \"kernel has no support\" the second. A capture of the RADIUS traffic (UDP 1812) shows whether the Access-Accept carries MS-MPPE-Send-Key and MS-MPPE-Recv-Key."))
            .explicit(),
    )
}

/// How a side made known that it wants encryption: the frame, how sure, which side, in words.
fn demand(call: &Call, end: Mark, by: Dir) -> Option<(Mark, Certainty, Dir, String)> {
    if let Some((mark, side, text)) = says(call) {
        return Some((mark, Certainty::Certain, side, format!("says \"{text}\"")));
    }
    if let Some((t, n)) = call.terminates.iter().find_map(|t| match t.reason {
        Reason::Ras(n @ (741 | 742)) => Some((t, n)),
        _ => None,
    }) {
        return Some((t.mark, Certainty::Certain, t.dir, format!("ends with RAS error {n}")));
    }
    // Without words: the side that asked for encryption is the one that leaves, and nothing else of
    // the network phase had gone wrong.
    let ipcp = &call.ipcp;
    if ipcp.side(by).answer_count > 0 || ipcp.rejected.is_some() || !ipcp.terminated.is_empty() {
        return None;
    }
    let wanted = asked(call, by);
    let request = call.ccp.side(by).requests.first().filter(|_| !wanted.is_empty())?;
    let soon = end.at - request.mark.at <= LATER && end.at >= request.mark.at;
    let bits = wanted.first().map(ToString::to_string).unwrap_or_default();
    soon.then(|| (request.mark, Certainty::Likely, by, format!("asks for {bits}")))
}

/// pppd's sentence about required encryption.
fn says(call: &Call) -> Option<(Mark, Dir, &str)> {
    call.terminate_texts()
        .find(|(_, text)| text.contains("MPPE required"))
        .map(|(t, text)| (t.mark, t.dir, text))
}

/// The end of pppd's sentence where it has no keys.
const NOT_AVAILABLE: &str = "MPPE required but not available";
/// A side that leaves this soon after it asked for encryption leaves over it.
const LATER: Span = Span::from_secs(30);
