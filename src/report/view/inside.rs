//! The mirror of what the secrets opened.

use std::fmt::Write as _;

use super::Inside;
use super::Way;
use crate::base::addr::Dir;
use crate::model::auth::Method;
use crate::model::call as model;
use crate::model::inside as facts;

/// The inside of a call; `None` where nothing in it is encrypted or compressed.
pub(super) fn mirror(call: &model::Call) -> Option<Inside> {
    let [to_server, to_client] = Dir::BOTH.map(|dir| way(call, dir));
    (to_server.is_some() || to_client.is_some()).then_some(Inside { to_server, to_client })
}

fn way(call: &model::Call, dir: Dir) -> Option<Way> {
    let wrapped = call.data[dir.index()].wrapped;
    if wrapped == 0 {
        return None;
    }
    let Some(inside) = &call.inside[dir.index()] else {
        return Some(unopened(wrapped, nobody(call)));
    };
    let keyed_by = inside.keyed_by;
    Some(Way {
        packets: wrapped,
        opened: inside.opened,
        proven: inside.proven,
        keyed_by_attempt: keyed_by.map(|by| number(by.attempt)),
        keyed_by_response: keyed_by.map(|by| number(by.response)),
        capture: keyed_by.map(|by| by.mark.frame.capture()),
        frame: keyed_by.map(|by| by.mark.frame.number()),
        key_bits: Some(inside.bits).filter(|bits| *bits > 0),
        lost_sync: inside.lost_sync.count,
        why_closed: (inside.opened < wrapped).then(|| why(call, inside)),
    })
}

fn why(call: &model::Call, inside: &facts::Inside) -> &'static str {
    inside.why_closed().filter(|why| *why != facts::NOBODY).unwrap_or_else(|| nobody(call))
}

/// Why there were no keys to try.
fn nobody(call: &model::Call) -> &'static str {
    match call.attempt().map(|a| a.method) {
        Some(Method::EapTls) => {
            "with EAP-TLS the keys come from the TLS session (RFC 5216 §2.3), not from a password"
        }
        Some(m) if m != Method::Eap && m != Method::Other && !m.gives_keys() => {
            "this authentication makes no MPPE keys (RFC 3079 §1)"
        }
        _ => facts::NOBODY,
    }
}

const fn unopened(packets: u64, why: &'static str) -> Way {
    Way {
        packets,
        opened: 0,
        proven: 0,
        keyed_by_attempt: None,
        keyed_by_response: None,
        capture: None,
        frame: None,
        key_bits: None,
        lost_sync: 0,
        why_closed: Some(why),
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

impl Inside {
    /// The directions in which anything is encrypted or compressed.
    pub fn ways(&self) -> impl Iterator<Item = &Way> {
        self.to_server.iter().chain(&self.to_client)
    }

    /// What was done, and with what: compression without encryption is unpacked.
    #[must_use]
    pub fn words(&self) -> (&'static str, &'static str) {
        let packed = self.ways().any(|w| w.opened > 0) && self.ways().all(|w| w.key_bits.is_none());
        if packed { ("unpacked", "compressed") } else { ("decrypted", "encrypted") }
    }

    /// One line for a person.
    #[must_use]
    pub fn line(&self) -> String {
        let sum = |of: fn(&Way) -> u64| -> u64 { self.ways().map(of).sum() };
        let (packets, opened, proven) = (sum(|w| w.packets), sum(|w| w.opened), sum(|w| w.proven));
        let (did, what) = self.words();
        let why = self.ways().find_map(|w| w.why_closed);
        let mut line = match (opened, why) {
            (0, Some(why)) => return format!("none of {packets} {what} packets {did}: {why}"),
            (n, _) if n == packets => format!("{n} packets {did} ({proven} proven)"),
            (n, _) => format!("{n} of {packets} packets {did} ({proven} proven)"),
        };
        let keys = [&self.to_server, &self.to_client].map(|w| w.as_ref()?.keyed_by_response);
        match keys {
            [Some(a), Some(b)] if a != b => {
                let _ = write!(
                    line,
                    ", keys of Response {a} to the server, of Response {b} to the client"
                );
            }
            [Some(n), _] | [None, Some(n)] => {
                let _ = write!(line, ", keys of Response {n}");
            }
            [None, None] => {}
        }
        if let Some(why) = why.filter(|_| opened < packets) {
            let _ = write!(line, "; the others: {why}");
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::auth::Attempt;

    #[test]
    fn says_why_there_are_no_keys() {
        let mut call = model::Call::default();
        call.data[0].wrapped = 3;
        let mut why = |method| {
            call.attempts = vec![Attempt::new(method, Dir::ToClient, false)];
            mirror(&call).unwrap().line()
        };
        assert!(why(Method::EapTls).contains("EAP-TLS"));
        assert!(why(Method::Pap).contains("makes no MPPE keys"));
        assert!(why(Method::MsChapV2).contains(facts::NOBODY));
    }
}
