//! PAP and CHAP: challenges, responses that are really computed, verdicts.

use pptp_diag::base::addr::Dir;
use pptp_diag::crypto::secret::NtHash;
use pptp_diag::crypto::{chap_md5, mschapv1, mschapv2};
use pptp_diag::wire::ppp::chap::{Code, Packet};
use pptp_diag::wire::ppp::mschap::{ResponseV1, ResponseV2, failure_text, success_text};
use pptp_diag::wire::ppp::pap;

use super::inner::Keyed;
use super::keys::Keys;
use super::world::{Command, Noise, World};

/// How a Challenge is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Md5,
    V1,
    V2,
}

/// A Challenge that was sent; numbers in a scenario count these from 1.
#[derive(Clone, Debug)]
pub(super) struct Challenge {
    /// Identifier that the answer must have.
    id: u8,
    value: Vec<u8>,
}

/// A Response that was sent, as far as its Success depends on it.
#[derive(Clone, Debug)]
pub(super) struct Response {
    id: u8,
    /// MS-CHAPv2: octets after `S=`.
    proof: Option<[u8; 20]>,
    /// MS-CHAP: where the MPPE keys come from.
    pub(super) keyed: Option<Keyed>,
}

/// Value and name of a Challenge or Response, with its identifier.
pub(super) struct Value {
    pub(super) id: u8,
    pub(super) octets: Vec<u8>,
    pub(super) name: String,
}

impl World {
    /// `pap request|ack|nak`.
    pub(super) fn pap(&mut self, command: &mut Command) -> Vec<u8> {
        let message = command.message.clone();
        let keys = &mut command.keys;
        let newest = self.ppp.newest_pap;
        let mut out = Vec::new();
        if message == "request" {
            let id = keys.number("id").unwrap_or(newest.wrapping_add(1));
            self.ppp.newest_pap = id;
            let (user, password) = credentials(keys);
            pap::Packet::Request { id, peer_id: user.as_bytes(), password: password.as_bytes() }
                .emit(&mut out);
            return out;
        }
        let id = keys.number("id").unwrap_or(newest);
        let text = keys.text("message");
        match message.as_str() {
            "ack" => {
                let text = text.unwrap_or_else(|| "Login ok".to_owned());
                pap::Packet::Ack { id, message: text.as_bytes() }.emit(&mut out);
            }
            "nak" => {
                let text = text.unwrap_or_else(|| "Login incorrect".to_owned());
                pap::Packet::Nak { id, message: text.as_bytes() }.emit(&mut out);
            }
            _ => command.unknown_message(),
        }
        out
    }

    /// `chap challenge|response|success|failure|change`.
    pub(super) fn chap(&mut self, command: &mut Command) -> Vec<u8> {
        let dir = command.dir();
        let code = match command.message.as_str() {
            "challenge" => Code::Challenge,
            "response" => Code::Response,
            "success" => Code::Success,
            "failure" => Code::Failure,
            "change" => Code::ChangePassword3,
            _ => command.unknown_message(),
        };
        let keys = &mut command.keys;
        let mut out = Vec::new();
        if code == Code::ChangePassword3 {
            // RFC 2759 §7: 582 octets, most of them encrypted. They are not read.
            let id = keys.number("id").unwrap_or_else(|| self.newest_response_id().wrapping_add(1));
            let data = self.noise.octets(582);
            Packet::Other { code, id, data: &data }.emit(&mut out);
            return out;
        }
        if code == Code::Challenge || code == Code::Response {
            let said = if code == Code::Challenge {
                let method = self.method(keys, dir.flip());
                self.challenge(keys, method, None)
            } else {
                let method = self.method(keys, dir);
                self.response(keys, method, None)
            };
            let length = u8::try_from(said.octets.len()).expect("a value has 255 octets at most");
            let value_size = keys.number("size").unwrap_or(length);
            let (id, value, name) = (said.id, &said.octets, said.name.as_bytes());
            Packet::Value { code, id, value_size, value, name }.emit(&mut out);
            return out;
        }
        let method = self.method(keys, dir.flip());
        let id = keys.number("id").unwrap_or_else(|| self.newest_response_id());
        let text = if code == Code::Success {
            self.success(keys, method)
        } else {
            self.failure(keys, method, id)
        };
        Packet::Message { code, id, message: text.as_bytes() }.emit(&mut out);
        out
    }

    /// `method=`, or what the side that proves itself has agreed to in LCP.
    fn method(&self, keys: &mut Keys, who: Dir) -> Method {
        match keys.text("method").as_deref() {
            Some("mschapv2") => Method::V2,
            Some("mschapv1") => Method::V1,
            Some("md5") => Method::Md5,
            Some(other) => keys.fail(&format!("`method={other}`: mschapv2, mschapv1, md5")),
            None => self.ppp.methods[who.index()].unwrap_or(Method::V2),
        }
    }

    /// A Challenge, remembered under the next number. `id`: of the EAP packet around it.
    pub(super) fn challenge(&mut self, keys: &mut Keys, method: Method, id: Option<u8>) -> Value {
        let newest = self.ppp.challenges.last().map_or(0, |c| c.id);
        let id = id.or_else(|| keys.number("id")).unwrap_or(newest.wrapping_add(1));
        let length = if method == Method::V1 { 8 } else { 16 };
        let octets = keys.hex("value").unwrap_or_else(|| self.noise.octets(length));
        self.ppp.challenges.push(Challenge { id, value: octets.clone() });
        Value { id, octets, name: keys.text("name").unwrap_or_else(|| "pptpd".to_owned()) }
    }

    /// A Response to the newest Challenge or to number `to`, remembered under the next number.
    pub(super) fn response(&mut self, keys: &mut Keys, method: Method, id: Option<u8>) -> Value {
        let to = keys.number("to").unwrap_or(self.ppp.challenges.len());
        let Some(challenge) = to.checked_sub(1).and_then(|n| self.ppp.challenges.get(n)).cloned()
        else {
            keys.fail(&format!("there is no Challenge number {to} to answer"))
        };
        let newest = self.ppp.challenges.last().map_or(challenge.id, |c| c.id);
        let id = id.or_else(|| keys.number("id")).unwrap_or(newest);
        let (user, password) = credentials(keys);
        let (computed, proof) = match method {
            Method::Md5 => {
                let octets = chap_md5::response(id, password.as_bytes(), &challenge.value);
                (octets.to_vec(), None)
            }
            Method::V1 => (answer_v1(keys, &password, &challenge.value), None),
            Method::V2 => answer_v2(keys, (&user, &password), &challenge.value, &mut self.noise),
        };
        let octets = keys.hex("value").unwrap_or(computed);
        let hash = NtHash::of_password(&password);
        let keyed = match method {
            Method::Md5 => None,
            Method::V1 => Some(Keyed::V1 { hash, challenge: fixed(&challenge.value) }),
            Method::V2 => Some(Keyed::V2 { hash, nt: fixed(octets.get(24..).unwrap_or_default()) }),
        };
        self.ppp.responses.push(Response { id, proof, keyed });
        Value { id, octets, name: keys.text("name").unwrap_or(user) }
    }

    pub(super) fn newest_response_id(&self) -> u8 {
        self.ppp.responses.last().map_or(1, |response| response.id)
    }

    /// Text of a Success for Response `of`, the newest if the line names none.
    pub(super) fn success(&self, keys: &mut Keys, method: Method) -> String {
        let of = keys.number("of").unwrap_or(self.ppp.responses.len());
        let message = keys.text("message").unwrap_or_else(|| "Access granted".to_owned());
        if let Some(text) = keys.text("text") {
            return text;
        }
        if method != Method::V2 {
            return message;
        }
        let response = of.checked_sub(1).and_then(|n| self.ppp.responses.get(n));
        match response.and_then(|response| response.proof) {
            Some(proof) => success_text(&proof, (!message.is_empty()).then_some(&message)),
            None => keys.fail(&format!("there is no MS-CHAPv2 Response number {of}")),
        }
    }

    /// Text of a Failure. Its challenge counts as the next Challenge where another try is allowed.
    pub(super) fn failure(&mut self, keys: &mut Keys, method: Method, id: u8) -> String {
        let error = keys.number("error").unwrap_or(691);
        let retry = keys.number("retry").unwrap_or(0_u8) != 0;
        let challenge = keys.hex("challenge").unwrap_or_default();
        let version = keys.number("version").unwrap_or(3);
        let message = keys.text("message").unwrap_or_else(|| "Access denied".to_owned());
        if retry && !challenge.is_empty() {
            let id = id.wrapping_add(1);
            self.ppp.challenges.push(Challenge { id, value: challenge.clone() });
        }
        match keys.text("text") {
            Some(text) => text,
            None if method == Method::Md5 => message,
            None => failure_text(error, retry, &challenge, version, &message),
        }
    }
}

fn credentials(keys: &mut Keys) -> (String, String) {
    let user = keys.text("user").unwrap_or_else(|| "alice".to_owned());
    (user, keys.text("password").unwrap_or_else(|| "secret".to_owned()))
}

fn answer_v1(keys: &mut Keys, password: &str, challenge: &[u8]) -> Vec<u8> {
    let lm = keys.flag("lm");
    let challenge = fixed(challenge);
    ResponseV1 {
        lm: if lm {
            mschapv1::lm_response(&mschapv1::lm_hash(password), &challenge)
        } else {
            [0; 24]
        },
        nt: mschapv1::nt_response(&NtHash::of_password(password), &challenge),
        use_nt: keys.number("flags").unwrap_or(1),
    }
    .emit()
    .to_vec()
}

fn answer_v2(
    keys: &mut Keys,
    (user, password): (&str, &str),
    challenge: &[u8],
    noise: &mut Noise,
) -> (Vec<u8>, Option<[u8; 20]>) {
    let peer_challenge = keys.octets("peer").unwrap_or_else(|| fixed(&noise.octets(16)));
    // `hashed=NAME`: a name that is not the one on the wire.
    let name = keys.text("hashed").unwrap_or_else(|| user.to_owned());
    let hashed = match keys.text("hash").as_deref() {
        Some("full") => name.as_bytes(),
        None | Some("bare") => mschapv2::bare_user(name.as_bytes()),
        Some(other) => keys.fail(&format!("`hash={other}`: full or bare")),
    };
    let hash = NtHash::of_password(password);
    let challenge = mschapv2::challenge_hash(&peer_challenge, challenge, hashed);
    let nt = mschapv2::nt_response(&hash, &challenge);
    let flags = keys.number("flags").unwrap_or(0);
    let value = ResponseV2 { peer_challenge, reserved: [0; 8], nt, flags }.emit().to_vec();
    (value, Some(mschapv2::authenticator_response(&hash, &nt, &challenge)))
}

/// The first `N` octets, zeros where fewer are there.
fn fixed<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(octets) {
        *to = *from;
    }
    out
}
