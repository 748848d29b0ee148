//! PAP, CHAP and EAP packets → authentication attempts.

use super::SWAPPED;
use super::auth::Attempt;
use super::auth::Challenge;
use super::auth::ChallengeFault;
use super::auth::Credential;
use super::auth::EapStep;
use super::auth::Method;
use super::auth::Response;
use super::auth::TextFault;
use super::auth::Verdict;
use super::build::push_first;
use super::call::Call;
use super::event::Kind;
use super::negotiation::Side;
use super::ppp::Arrival;
use super::ppp::Orientation;
use super::ppp::Told;
use super::ppp::malformed;
use super::ppp::text;
use crate::base::addr::Dir;
use crate::base::limits;
use crate::base::text::hex;
use crate::base::text::lossy;
use crate::wire::ppp::chap;
use crate::wire::ppp::eap;
use crate::wire::ppp::mschap;
use crate::wire::ppp::pap;

/// Takes a CHAP packet.
pub(super) fn observe(call: &mut Call, at: Arrival, information: &[u8]) -> (Told, Orientation) {
    let Ok(packet) = chap::parse(information) else {
        // A cut packet still has its code: enough to know that it was there.
        malformed(call, at, "a CHAP packet whose lengths are wrong");
        return (
            Some((Kind::Authentication, "CHAP packet that cannot be read", "".into())),
            Orientation::None,
        );
    };
    match packet {
        chap::Packet::Value { code: chap::Code::Challenge, id, value_size, value, name } => {
            (challenge(call, at, Method::None, id, value_size, value, name), sent_by(true))
        }
        chap::Packet::Value { id, value, name, .. } => {
            (response(call, at, id, value, name), sent_by(false))
        }
        chap::Packet::Message { code, id, message } => {
            let success = code == chap::Code::Success;
            (verdict(call, at, id, success, message, "CHAP Success", "CHAP Failure"), sent_by(true))
        }
        chap::Packet::Other { code, id, .. } => {
            let changes = matches!(
                code,
                chap::Code::ChangePassword1
                    | chap::Code::ChangePassword2
                    | chap::Code::ChangePassword3
            );
            if !changes {
                let told =
                    (Kind::Authentication, "CHAP packet", format!("code {code}, id {id}").into());
                return (Some(told), Orientation::None);
            }
            let asked_by = at.dir.flip();
            if let Some(a) = call.attempts.iter_mut().rev().find(|a| a.toward == asked_by) {
                a.password_change.get_or_insert(at.mark);
            }
            let told = (
                Kind::Authentication,
                "CHAP Change-Password",
                format!("code {code}, id {id}").into(),
            );
            (Some(told), sent_by(false))
        }
    }
}

/// Takes a PAP packet.
pub(super) fn observe_pap(call: &mut Call, at: Arrival, information: &[u8]) -> (Told, Orientation) {
    let Ok(packet) = pap::parse(information) else {
        malformed(call, at, "a PAP packet whose lengths are wrong");
        return (
            Some((Kind::Authentication, "PAP packet that cannot be read", "".into())),
            Orientation::None,
        );
    };
    match packet {
        pap::Packet::Request { id, peer_id, password } => {
            let toward = at.dir.flip();
            let a = attempt(call, toward, Method::Pap, false);
            let credential = Credential::Password { length: password.len() };
            push_response(a, at, id, peer_id, credential);
            let told = format!(
                "id {id}, user \"{}\", password of {} octets",
                lossy(peer_id),
                password.len()
            );
            (Some((Kind::Authentication, "PAP Authenticate-Request", told.into())), sent_by(false))
        }
        pap::Packet::Ack { id, message } => {
            let told = verdict(call, at, id, true, message, "PAP Authenticate-Ack", "");
            (told, sent_by(true))
        }
        pap::Packet::Nak { id, message } => {
            let told = verdict(call, at, id, false, message, "", "PAP Authenticate-Nak");
            (told, sent_by(true))
        }
        pap::Packet::Unknown { .. } => (None, Orientation::None),
    }
}

/// Takes an EAP packet.
pub(super) fn observe_eap(call: &mut Call, at: Arrival, information: &[u8]) -> (Told, Orientation) {
    let Ok(packet) = eap::parse(information) else {
        malformed(call, at, "an EAP packet whose lengths are wrong");
        return (
            Some((Kind::Authentication, "EAP packet that cannot be read", "".into())),
            Orientation::None,
        );
    };
    match packet.code {
        eap::Code::Success => {
            (verdict(call, at, packet.id, true, &[], "EAP Success", ""), sent_by(true))
        }
        eap::Code::Failure => {
            (verdict(call, at, packet.id, false, &[], "", "EAP Failure"), sent_by(true))
        }
        eap::Code::Request | eap::Code::Response => {
            let request = packet.code == eap::Code::Request;
            (eap_step(call, at, &packet, request), sent_by(request))
        }
        _ => (None, Orientation::None),
    }
}

const fn sent_by(server: bool) -> Orientation {
    if server { Orientation::SentByServer } else { Orientation::SentByClient }
}

#[allow(clippy::unnecessary_wraps)] // the shape that all observers return
fn eap_step(call: &mut Call, at: Arrival, packet: &eap::Packet<'_>, request: bool) -> Told {
    let kind = packet.kind.unwrap_or(eap::Type(0));
    let toward = if request { at.dir } else { at.dir.flip() };
    let method = match kind {
        eap::Type::Md5 => Method::EapMd5,
        eap::Type::Tls | eap::Type::Ttls | eap::Type::Peap => Method::EapTls,
        eap::Type::MsChapV2 => Method::EapMsChapV2,
        _ => Method::Eap,
    };
    let label = if request { "EAP Request" } else { "EAP Response" };
    let starts = request && kind == eap::Type::Identity;
    let a = attempt(call, toward, method, starts);
    if method != Method::Eap && !(a.method == Method::EapTls && method == Method::EapMd5) {
        a.method = method;
    }
    let mut detail = format!("id {}, {kind}", packet.id);
    let wants: Box<[u8]> = if kind == eap::Type::Nak { packet.data.into() } else { Box::default() };
    if a.eap.len() < limits::AUTH_KEPT {
        a.eap.push(EapStep { mark: at.mark, dir: at.dir, kind: kind.0, request, wants });
    }
    match (kind, request) {
        (eap::Type::Identity, false) => {
            push_response(a, at, packet.id, packet.data, Credential::Opaque);
            detail = format!("{detail} \"{}\"", lossy(packet.data));
        }
        (eap::Type::Md5, _) => {
            if let Ok((value, name)) = eap::md5(packet.data) {
                if request {
                    push_challenge(a, at, packet.id, value, name, None, false);
                } else if let Ok(value) = <[u8; 16]>::try_from(value) {
                    let name = identity(a).unwrap_or_else(|| name.into());
                    push_response(a, at, packet.id, &name, Credential::Md5(value));
                }
            }
        }
        (eap::Type::MsChapV2, _) => {
            if let Ok(inner) = eap::mschapv2(packet.data) {
                return Some((
                    Kind::Authentication,
                    label,
                    inner_mschapv2(a, at, packet.id, inner).into(),
                ));
            }
        }
        _ => {}
    }
    Some((Kind::Authentication, label, detail.into()))
}

fn identity(a: &Attempt) -> Option<Box<[u8]>> {
    a.responses.iter().find(|r| r.credential == Credential::Opaque).map(|r| r.name.clone())
}

fn inner_mschapv2(a: &mut Attempt, at: Arrival, id: u8, inner: eap::MsChapV2<'_>) -> String {
    match inner {
        eap::MsChapV2::Challenge { id: inner_id, value, name } => {
            push_challenge(a, at, inner_id, value, name, None, false);
            format!("id {id}, EAP-MSCHAPv2 Challenge")
        }
        eap::MsChapV2::Response { id: inner_id, value, name } => {
            push_response(a, at, inner_id, name, credential(Method::MsChapV2, value));
            format!("id {id}, EAP-MSCHAPv2 Response, user \"{}\"", lossy(name))
        }
        eap::MsChapV2::Success { .. } => {
            a.inner_success.get_or_insert(at.mark);
            format!("id {id}, EAP-MSCHAPv2 Success")
        }
        eap::MsChapV2::Failure { id: inner_id, message } => {
            push_verdict(a, at, inner_id, false, message);
            format!("id {id}, EAP-MSCHAPv2 Failure \"{}\"", lossy(message))
        }
        eap::MsChapV2::Other { code, .. } => format!("id {id}, EAP-MSCHAPv2 code {code}"),
    }
}

/// The attempt that a packet belongs to. A new one begins when an ended one is followed by a Challenge
/// with another value in an open session, or by a fresh Identity request, or where none is.
fn attempt(call: &mut Call, toward: Dir, method: Method, restart: bool) -> &mut Attempt {
    let method = match method {
        Method::None => agreed(call, toward).unwrap_or(Method::None),
        m => m,
    };
    let in_session = call.data.iter().any(|d| d.packets() > 0) || call.ipcp.opened().is_some();
    let current = call.attempts.iter().rposition(|a| a.toward == toward);
    let fresh = match current.and_then(|i| call.attempts.get(i)) {
        None => true,
        Some(a) => {
            restart && !a.verdicts.is_empty()
                || a.method.is_eap() != method.is_eap() && method != Method::None
        }
    };
    if fresh && call.attempts.len() < limits::AUTH_ATTEMPTS {
        push_first(&mut call.attempts, Attempt::new(method, toward, in_session));
    }
    let last = call.attempts.len().saturating_sub(1);
    let index = if fresh { last } else { current.unwrap_or(last) };
    &mut call.attempts[index]
}

/// The method that LCP settled for the side that `toward` points to: by its Ack to the authenticator's
/// request, else by the newest request.
fn agreed(call: &Call, toward: Dir) -> Option<Method> {
    let side = &call.lcp.sides[toward.index()];
    // Requests that ask the client to authenticate go the same way as its Challenges: from the server.
    Side::method_of(&side.agreed)
        .or_else(|| side.requests.iter().rev().find_map(|r| Side::method_of(&r.options)))
}

#[allow(clippy::unnecessary_wraps)] // the shape that all observers return
fn challenge(
    call: &mut Call,
    at: Arrival,
    method: Method,
    id: u8,
    value_size: u8,
    value: &[u8],
    name: &[u8],
) -> Told {
    let known = call
        .attempts
        .iter()
        .rev()
        .find(|a| a.toward == at.dir)
        .is_some_and(|a| a.challenges.iter().any(|c| c.id == id && *c.value == *value));
    let closed = call.attempts.iter().rev().find(|a| a.toward == at.dir).is_some_and(|a| {
        a.client_went_on.is_some() || (a.failure().is_some_and(|v| v.retry != Some(true)))
    });
    let before_open = at.dir == Dir::ToClient && call.lcp.any() && call.lcp.opened().is_none();
    let a = attempt(call, at.dir, method, closed && !known);
    if a.method == Method::None {
        a.method = match value.len() {
            8 => Method::MsChapV1,
            16 => Method::MsChapV2,
            _ => Method::ChapMd5,
        };
    }
    let fault = challenge_fault(a.method, value_size, value, at.cut);
    let repeated = push_challenge(a, at, id, value, name, fault, before_open);
    let again = if repeated { ", the same again" } else { "" };
    let wrong = match fault {
        Some(ChallengeFault::Size(n)) => format!(", malformed: value of {n} octets"),
        Some(ChallengeFault::Overrun(n)) => {
            format!(", malformed: value of {n} octets reaches beyond the packet")
        }
        Some(ChallengeFault::Zero) => ", malformed: value all zero".to_owned(),
        None => String::new(),
    };
    let told = format!("id {id}, {}, name \"{}\"{again}{wrong}", hex(value, 8), lossy(name));
    Some((Kind::Authentication, "CHAP Challenge", told.into()))
}

fn challenge_fault(method: Method, size: u8, value: &[u8], cut: bool) -> Option<ChallengeFault> {
    if cut {
        return None;
    }
    if usize::from(size) > value.len() {
        return Some(ChallengeFault::Overrun(size));
    }
    let fits = match method {
        Method::MsChapV2 => size == 16,
        Method::MsChapV1 => size == 8,
        _ => size > 0,
    };
    if !fits {
        Some(ChallengeFault::Size(size))
    } else if value.iter().all(|&b| b == 0) {
        Some(ChallengeFault::Zero)
    } else {
        None
    }
}

/// Returns whether it is one of the earlier Challenges again.
fn push_challenge(
    a: &mut Attempt,
    at: Arrival,
    id: u8,
    value: &[u8],
    name: &[u8],
    fault: Option<ChallengeFault>,
    before_open: bool,
) -> bool {
    let repeats = a.challenges.iter().position(|c| c.id == id && *c.value == *value);
    let while_answered =
        a.responses.iter().any(|r| r.credential != Credential::Opaque) && a.verdicts.is_empty();
    if a.challenges.len() < limits::AUTH_KEPT {
        let challenge = Challenge {
            mark: at.mark,
            seq: at.seq,
            id,
            value: value.into(),
            name: text(name),
            repeats,
            while_answered,
            before_open,
            fault,
        };
        push_first(&mut a.challenges, challenge);
    }
    repeats.is_some()
}

#[allow(clippy::unnecessary_wraps)] // the shape that all observers return
fn response(call: &mut Call, at: Arrival, id: u8, value: &[u8], name: &[u8]) -> Told {
    let a = attempt(call, at.dir.flip(), Method::None, false);
    if a.challenges.is_empty() && value.len() == 49 && a.method == Method::None {
        // The shape alone: v2 has eight zero octets after the peer challenge (RFC 2759 §4).
        let zeros = value.get(16..24).is_some_and(|z| z.iter().all(|&b| b == 0));
        let v1_without_lm = value.get(..24).is_some_and(|z| z.iter().all(|&b| b == 0));
        a.method = if zeros && !v1_without_lm { Method::MsChapV2 } else { Method::MsChapV1 };
    } else if a.challenges.is_empty() && value.len() == 16 && a.method == Method::None {
        a.method = Method::ChapMd5;
    }
    let credential = if at.cut { Credential::Malformed } else { credential(a.method, value) };
    let shown = match &credential {
        Credential::MsChapV2 { peer_challenge, .. } => {
            format!(", peer challenge {}", hex(peer_challenge, 8))
        }
        Credential::Malformed if !at.cut => format!(", value of {} octets", value.len()),
        _ => String::new(),
    };
    let again = if push_response(a, at, id, name, credential) { ", the same again" } else { "" };
    let told = format!("id {id}, user \"{}\"{shown}{again}", lossy(name));
    Some((Kind::Authentication, "CHAP Response", told.into()))
}

fn credential(method: Method, value: &[u8]) -> Credential {
    match method {
        Method::MsChapV1 => mschap::response_v1(value)
            .map(|r| Credential::MsChapV1 { lm_present: r.lm.iter().any(|&b| b != 0), nt: r.nt }),
        Method::ChapMd5 => <[u8; 16]>::try_from(value).ok().map(Credential::Md5),
        _ => mschap::response_v2(value).map(|r| Credential::MsChapV2 {
            peer_challenge: r.peer_challenge,
            nt: r.nt,
            flags: r.flags,
        }),
    }
    .unwrap_or(Credential::Malformed)
}

/// Returns whether it is one of the earlier Responses again.
fn push_response(
    a: &mut Attempt,
    at: Arrival,
    id: u8,
    name: &[u8],
    credential: Credential,
) -> bool {
    let repeats = a
        .responses
        .iter()
        .position(|r| r.id == id && *r.name == *name && r.credential == credential);
    if a.responses.len() < limits::AUTH_KEPT {
        let name = name.get(..limits::WIRE_TEXT).unwrap_or(name).into();
        let response = Response { mark: at.mark, seq: at.seq, id, name, credential, repeats };
        push_first(&mut a.responses, response);
    }
    repeats.is_some()
}

#[allow(clippy::unnecessary_wraps)] // the shape that all observers return
fn verdict(
    call: &mut Call,
    at: Arrival,
    id: u8,
    success: bool,
    message: &[u8],
    granted: &'static str,
    refused: &'static str,
) -> Told {
    let label = if success { granted } else { refused };
    // A capture may have the Success behind what the client sent upon it.
    let upon = [&call.ccp, &call.ipcp, &call.ipv6cp]
        .into_iter()
        .filter_map(|layer| layer.side(at.dir.flip()).last_request)
        .map(|(mark, _)| mark)
        .find(|mark| at.mark.at - mark.at < SWAPPED);
    let a = attempt(call, at.dir, Method::None, false);
    if success && a.success().is_none() {
        a.client_went_on = a.client_went_on.or(upon);
    }
    push_verdict(a, at, id, success, message);
    let shown = lossy(message.get(..VERDICT_SHOWN).unwrap_or(message));
    Some((Kind::Authentication, label, format!("id {id}, \"{shown}\"").into()))
}

fn push_verdict(a: &mut Attempt, at: Arrival, id: u8, success: bool, message: &[u8]) {
    let mut v = Verdict {
        mark: at.mark,
        seq: at.seq,
        ack: at.ack,
        id,
        success,
        text: text(message),
        authenticator_response: None,
        text_fault: None,
        stray: None,
        error: None,
        retry: None,
        message: None,
        repeats: None,
    };
    if success && a.method == Method::MsChapV2 {
        let s = mschap::success(message);
        v.authenticator_response = s.authenticator_response;
        v.stray = s.stray.filter(|_| !at.cut);
        v.message = s.message.map(text);
        v.text_fault = if at.cut { None } else { text_fault(s.form) };
    } else if !success
        && matches!(a.method, Method::MsChapV1 | Method::MsChapV2 | Method::EapMsChapV2)
    {
        let f = mschap::failure(message);
        v.error = f.error;
        v.retry = f.retry;
        v.stray = f.stray.filter(|_| !at.cut);
        v.message = f.message.map(text);
    }
    v.repeats =
        a.verdicts.iter().position(|o| o.id == id && o.success == success && o.text == v.text);
    if a.verdicts.len() < limits::AUTH_KEPT {
        push_first(&mut a.verdicts, v);
    }
}

const fn text_fault(form: mschap::SuccessForm) -> Option<TextFault> {
    Some(match form {
        mschap::SuccessForm::Good => return None,
        mschap::SuccessForm::Missing => TextFault::NoProof,
        mschap::SuccessForm::Digits => TextFault::Digits,
        mschap::SuccessForm::LowerCase => TextFault::LowerCase,
        mschap::SuccessForm::Glued => TextFault::Glued,
        mschap::SuccessForm::Trailing => TextFault::Trailing,
        mschap::SuccessForm::Prefixed => TextFault::Prefixed,
    })
}

/// Octets of a verdict's text on the timeline.
const VERDICT_SHOWN: usize = 120;
