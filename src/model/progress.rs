//! How far a conversation got, and whether that can be said at all.

use super::auth::Attempt;
use super::auth::AuthResult;
use super::call::Call;
use super::conversation::Conversation;
use super::conversation::Outcome;
use super::conversation::Stage;
use super::negotiation::Reply;
use super::negotiation::Side;
use crate::base::addr::Dir;
use crate::base::time::Span;

/// The first step that did not complete.
pub(super) fn stage(c: &Conversation) -> Stage {
    let by_call = c.call().map(|call| call_stage(call, c.control.is_empty()));
    match (by_call, c.connection()) {
        (Some(stage), _) if stage > Stage::Call => stage,
        (Some(stage), None) => stage,
        (call, Some(k)) => {
            if call.is_some() || k.accepted() {
                Stage::Call
            } else if k.established.is_some() || (k.syn_ack.is_some() && k.reset.is_none()) {
                Stage::Control
            } else if k.from_start {
                Stage::Tcp
            } else {
                // Began in the middle and showed no message: only that TCP stood is known.
                Stage::Control
            }
        }
        (None, None) => Stage::Link,
    }
}

fn call_stage(call: &Call, gre_alone: bool) -> Stage {
    if connected(call) {
        return Stage::Connected;
    }
    let gre = call.gre.iter().any(|g| g.packets > 0);
    if !call.accepted() && !gre && !gre_alone {
        return Stage::Call;
    }
    let attempt = call.attempt();
    let authenticated = attempt.is_some_and(|a| a.success().is_some());
    if authenticated {
        let client_left = call.ended().is_some_and(|(_, side)| side == Dir::ToServer);
        let went_on = attempt.is_some_and(|a| a.client_went_on.is_some());
        return if went_on || !client_left { Stage::Network } else { Stage::Authentication };
    }
    if attempt.is_some_and(|a| passed_unseen(call, a)) {
        return Stage::Network;
    }
    let tried = attempt.is_some_and(|a| !a.responses.is_empty() || !a.verdicts.is_empty());
    if tried {
        return Stage::Authentication;
    }
    if refused_to_authenticate(call) {
        return Stage::Link;
    }
    let open_too_late = call.lcp.opened().zip(call.ended()).zip(call.round_trip()).is_some_and(
        // The side that ended it cannot have seen what opened the link here.
        |((open, (end, _)), trip)| end.at - open.at < Span(trip.0 / 2) && trip > FAR,
    );
    let renegotiating = call.lcp.sides.iter().any(|s| s.acked.is_some() && s.asked_since_ack > 0);
    let network = call.ccp.any() || call.ipcp.any() || call.ipv6cp.any() || call.other_ncp.any();
    match call.lcp.opened() {
        Some(_) if !renegotiating && !open_too_late => {
            let asked = call.lcp.sides.iter().any(|s| Side::method_of(&s.agreed).is_some());
            if asked || attempt.is_some() || !network {
                Stage::Authentication
            } else {
                Stage::Network
            }
        }
        _ => Stage::Link,
    }
}

/// The capture lacks the verdict, but both sides went on to the network phase, which neither does before the
/// log-on is through (RFC 1661 §3.5).
fn passed_unseen(call: &Call, attempt: &Attempt) -> bool {
    let Some(last) = attempt.responses.last().filter(|_| attempt.verdicts.is_empty()) else {
        return false;
    };
    let layers = [&call.ccp, &call.ipcp, &call.ipv6cp];
    let asks = |side: Dir| layers.iter().filter_map(move |layer| layer.side(side).last_request);
    Dir::BOTH.iter().all(|side| asks(*side).any(|(m, _)| m.frame > last.mark.frame))
}

/// The client turned down the server's request for authentication, the server dropped it and closed:
/// the link never came to terms, although LCP was open for a moment (pppd does so).
fn refused_to_authenticate(call: &Call) -> bool {
    let server = call.lcp.side(Dir::ToClient);
    let refused = server
        .answers
        .iter()
        .any(|a| a.reply != Reply::Ack && Side::method_of(&a.options).is_some());
    refused && Side::method_of(&server.agreed).is_none() && call.ended().is_some()
}

/// The network phase is through: an NCP is open both ways, or user data flows.
fn connected(call: &Call) -> bool {
    if call.data.iter().any(|d| d.packets() > 0) {
        return true;
    }
    let ncp = call.ipcp.opened().max(call.ipv6cp.opened());
    let Some(open) = ncp else { return false };
    // A side that took IPCP down again at once had not agreed to it (pppd: "Refused our IP address").
    let withdrawn = call.ipcp.terminated.iter().any(|(m, _)| m.at - open.at < SETTLED);
    // Encryption asked for and not agreed ends a link that IPCP alone had opened.
    let waits_for_ccp = call.ccp.any() && call.ccp.opened().is_none();
    let cut_off = call.ended().is_some_and(|(m, _)| m.at - open.at < SETTLED);
    !(withdrawn || waits_for_ccp && cut_off)
}

/// Whether it came about, as far as packets alone tell; a fault found by a rule settles `Unknown` too.
pub(super) fn outcome(c: &Conversation) -> Outcome {
    if c.stage == Stage::Connected {
        return Outcome::Connected;
    }
    let attempt = c.call().and_then(Call::attempt);
    if attempt.is_some_and(|a| a.result() == AuthResult::Failure) {
        return Outcome::Failed;
    }
    let visible = match c.stage {
        // The reply may be among the octets that the capture lacks.
        Stage::Call if c.control.iter().any(|k| k.missing > 0) => false,
        Stage::Tcp | Stage::Control | Stage::Call => c.both_ways() || c.stage == Stage::Tcp,
        _ => !c.gre_invisible() && (c.control.is_empty() || c.both_ways()),
    };
    if !visible {
        return Outcome::Unknown;
    }
    let ended = c.closing().is_some();
    let silent = c.visibility.until - c.ended.at >= SILENT;
    let begun = c.from_start() || c.calls.iter().any(|k| k.request.is_some() || k.lcp.any());
    if begun && (ended || silent) { Outcome::Failed } else { Outcome::Unknown }
}

/// After an end this soon the network phase counts as not settled.
const SETTLED: Span = Span::from_secs(10);
/// T_AFTER of the catalogue: silence this long to the end of the capture is an end.
const SILENT: Span = Span::from_secs(10);
/// Round trips below this play no part in what a side has seen.
const FAR: Span = Span::from_secs(1);
