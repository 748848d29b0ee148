//! EAP, with EAP-MD5 and EAP-MSCHAPv2 computed as the CHAP methods are.

use pptp_diag::wire::ppp::eap::{Code, Packet, Type};

use super::auth::{Method, Value};
use super::world::{Command, World};

impl World {
    /// `eap request|response|success|failure`.
    pub(super) fn eap(&mut self, command: &mut Command) -> Vec<u8> {
        let code = match command.message.as_str() {
            "request" => Code::Request,
            "response" => Code::Response,
            "success" => Code::Success,
            "failure" => Code::Failure,
            _ => command.unknown_message(),
        };
        let keys = &mut command.keys;
        let newest = self.ppp.newest_eap;
        let usual = if code == Code::Request { newest.wrapping_add(1) } else { newest };
        let id = keys.number("id").unwrap_or(usual);
        self.ppp.newest_eap = id;
        let kind = (code == Code::Request || code == Code::Response).then(|| {
            let name = keys.text("type").unwrap_or_else(|| "identity".to_owned());
            let known = TYPES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
            known.unwrap_or_else(|| Type(super::keys::number("type", &name, &keys.origin)))
        });
        let request = code == Code::Request;
        let data = match kind {
            None => Vec::new(),
            Some(Type::MsChapV2) => self.eap_mschapv2(command, request, id),
            Some(Type::Md5) => self.eap_md5(command, request, id),
            Some(Type::Nak) => vec![command.keys.number("want").unwrap_or(Type::MsChapV2.0)],
            Some(_) => {
                let identity = command.keys.text("identity").unwrap_or_default();
                command.keys.hex("hex").unwrap_or_else(|| identity.into_bytes())
            }
        };
        let mut out = Vec::new();
        Packet { code, id, kind, data: &data }.emit(&mut out);
        out
    }

    fn eap_md5(&mut self, command: &mut Command, request: bool, id: u8) -> Vec<u8> {
        let said = if request {
            self.challenge(&mut command.keys, Method::Md5, Some(id))
        } else {
            self.response(&mut command.keys, Method::Md5, Some(id))
        };
        sized(&said)
    }

    fn eap_mschapv2(&mut self, command: &mut Command, request: bool, id: u8) -> Vec<u8> {
        let keys = &mut command.keys;
        if let Some(octets) = keys.hex("hex") {
            return octets;
        }
        let usual = if request { "challenge" } else { "response" };
        let op = keys.text("op").unwrap_or_else(|| usual.to_owned());
        let inner = keys.number("msid").unwrap_or(id);
        let (code, body) = match (op.as_str(), request) {
            ("challenge", _) => (1, sized(&self.challenge(keys, Method::V2, Some(inner)))),
            ("response", _) => (2, sized(&self.response(keys, Method::V2, Some(inner)))),
            // The peer answers a verdict with its op-code alone.
            ("success", false) => return vec![3],
            ("failure", false) => return vec![4],
            ("success", true) => (3, self.success(keys, Method::V2).into_bytes()),
            ("failure", true) => (4, self.failure(keys, Method::V2, inner).into_bytes()),
            (other, _) => {
                keys.fail(&format!("`op={other}`: challenge, response, success, failure"))
            }
        };
        let length = u16::try_from(4 + body.len()).unwrap();
        [&[code, inner], length.to_be_bytes().as_slice(), &body].concat()
    }
}

fn sized(said: &Value) -> Vec<u8> {
    let size = u8::try_from(said.octets.len()).expect("a value has 255 octets at most");
    [&[size], said.octets.as_slice(), said.name.as_bytes()].concat()
}

const TYPES: [(&str, Type); 9] = [
    ("identity", Type::Identity),
    ("notification", Type::Notification),
    ("nak", Type::Nak),
    ("md5", Type::Md5),
    ("gtc", Type::Gtc),
    ("tls", Type::Tls),
    ("ttls", Type::Ttls),
    ("peap", Type::Peap),
    ("mschapv2", Type::MsChapV2),
];
