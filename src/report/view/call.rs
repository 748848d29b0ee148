//! The mirror of one call.

use super::Authentication;
use super::Call;
use super::Encryption;
use super::LONGEST_NAME;
use super::Pair;
use super::Settings;
use super::inside;
use super::series;
use crate::base::addr::Dir;
use crate::base::text::lossy;
use crate::base::text::visible;
use crate::model::auth::AuthResult;
use crate::model::auth::Method;
use crate::model::call as model;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Opt;
use crate::model::negotiation::Side;

pub(super) fn mirror_all(c: &Conversation, settings: &Settings) -> Vec<Call> {
    let newest = c.calls.len().saturating_sub(1);
    let stage = |n: usize, call| {
        // The conversation's stage is that of its newest call.
        if n == newest { c.stage.max(Stage::Call) } else { earlier_stage(call) }
    };
    let mirror = |(n, call)| {
        let mut mirror = mirror(call, stage(n, call), settings.secrets);
        if settings.timeline {
            mirror.series = series::mirror(c, call);
            mirror.echoes = series::echoes(c, n);
        }
        mirror
    };
    c.calls.iter().enumerate().map(mirror).collect()
}

fn mirror(call: &model::Call, stage: Stage, secrets: bool) -> Call {
    let [to_server, to_client] = &call.gre;
    let [up, down] = &call.data;
    Call {
        client_call_id: call.client_call_id,
        server_call_id: call.server_call_id,
        stage,
        authentication: authentication(call, secrets),
        encryption: encryption(call),
        client_address: client_address(call),
        frames: Pair { to_server: to_server.packets, to_client: to_client.packets },
        bytes: Pair { to_server: up.octets, to_client: down.octets },
        inside: if secrets { inside::mirror(call) } else { None },
        series: None,
        echoes: Vec::new(),
    }
}

/// How far a call got that was given up for another, from what its layers reached.
fn earlier_stage(call: &model::Call) -> Stage {
    let carried = call.data.iter().any(|d| d.packets() > 0);
    if carried || call.ipcp.opened().is_some() || call.ipv6cp.opened().is_some() {
        Stage::Connected
    } else if call.attempt().is_some_and(|a| a.success().is_some()) {
        Stage::Network
    } else if call.lcp.opened().is_some() || !call.attempts.is_empty() {
        Stage::Authentication
    } else if call.accepted() || call.last_gre().is_some() {
        Stage::Link
    } else {
        Stage::Call
    }
}

fn authentication(call: &model::Call, secrets: bool) -> Authentication {
    let Some(attempt) = call.attempt() else {
        let agreed = call.lcp.sides.iter().find_map(|s| Side::method_of(&s.agreed));
        let open = call.lcp.opened().map(|_| Method::None);
        let method = agreed.or(open).map(Method::name);
        return Authentication {
            method,
            user: None,
            result: result_name(AuthResult::NotSeen),
            verified: None,
        };
    };
    Authentication {
        method: Some(attempt.method.name()),
        user: attempt.user().map(|name| visible(&lossy(name), LONGEST_NAME)),
        result: result_name(attempt.result()),
        verified: secrets.then(|| attempt.proof.verified.name()),
    }
}

const fn result_name(result: AuthResult) -> &'static str {
    match result {
        AuthResult::Success => "success",
        AuthResult::Failure => "failure",
        AuthResult::Incomplete => "incomplete",
        AuthResult::NotSeen => "not-seen",
    }
}

/// MPPE that both sides acknowledged (RFC 3078 §2). Each direction has its own bits; they are equal with
/// any sound peer, and where they are not the weaker is stated.
fn encryption(call: &model::Call) -> Option<Encryption> {
    call.ccp.opened()?;
    let [a, b] = call.ccp.sides.each_ref().map(|side| Side::mppe_of(&side.agreed));
    let (a, b) = (a?, b?);
    let bits = a.strongest()?.min(b.strongest()?);
    Some(Encryption { method: "MPPE", bits, stateless: a.stateless && b.stateless })
}

/// The address in the client's acknowledged IPCP request (RFC 1332 §3.3).
fn client_address(call: &model::Call) -> Option<String> {
    let side = call.ipcp.side(Dir::ToServer);
    side.acked?;
    side.agreed.iter().find_map(|o| match o {
        Opt::Address(address) => Some(address.to_string()),
        _ => None,
    })
}
