//! Encryption and compression: CCP, MPPE, MPPC (PD5xxx).

mod pd5001_mppe_refused;
mod pd5002_mppe_strength_mismatch;
mod pd5003_mppe_stateful_refused;
mod pd5004_mppe_no_keys;
mod pd5005_mppe_key_mismatch;
mod pd5006_mppe_reset_storm;
mod pd5007_ccp_closed_midsession;
mod pd5008_ccp_loop;

use super::Rule;
use crate::base::addr::Dir;
use crate::model::call::Call;
use crate::model::call::Reason;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;
use crate::model::negotiation::Mppe;
use crate::model::negotiation::Side;

/// The rules of the family.
pub static RULES: &[&Rule] = &[
    &pd5001_mppe_refused::RULE,
    &pd5002_mppe_strength_mismatch::RULE,
    &pd5003_mppe_stateful_refused::RULE,
    &pd5004_mppe_no_keys::RULE,
    &pd5005_mppe_key_mismatch::RULE,
    &pd5006_mppe_reset_storm::RULE,
    &pd5007_ccp_closed_midsession::RULE,
    &pd5008_ccp_loop::RULE,
];

/// The call of a conversation that stopped in the network phase, or right before it.
fn stopped_at_encryption(c: &Conversation) -> Option<&Call> {
    let call = c.call()?;
    (matches!(c.stage, Stage::Network | Stage::Authentication) && call.ccp.any()).then_some(call)
}

/// Every set of MPPE bits that a side asked for with a key length.
fn asked(call: &Call, dir: Dir) -> Vec<Mppe> {
    let side = call.ccp.side(dir);
    side.requests
        .iter()
        .filter_map(|r| Side::mppe_of(&r.options))
        .filter(|m| m.encrypts())
        .collect()
}

/// The MPPE bits that the receiver agreed to for what the side sending in this direction sends: a
/// Configure-Request names what its sender wants to receive (RFC 1962 §2).
fn agreed(call: &Call, data: Dir) -> Option<Mppe> {
    Side::mppe_of(&call.ccp.side(data.flip()).agreed)
}

/// Whether CCP opened with encryption both ways.
fn encrypted(call: &Call) -> bool {
    call.ccp.opened().is_some()
        && Dir::BOTH.into_iter().all(|d| agreed(call, d).is_some_and(Mppe::encrypts))
}

/// Whether a side says that it closes over encryption: pppd's sentence, or RAS 741, 742.
fn says_encryption(call: &Call) -> bool {
    call.terminates.iter().any(|t| match &t.reason {
        Reason::Ras(n) => matches!(n, 741 | 742),
        Reason::Text(text) => text.contains("MPPE required but peer"),
        Reason::None => false,
    })
}

/// Error numbers that a Windows side wrote, as what the user saw.
fn ras_seen(call: &Call) -> Option<&'static str> {
    call.terminates.iter().find_map(|t| match t.reason {
        Reason::Ras(741) => {
            Some("Error 741: the local computer does not support the required encryption type")
        }
        Reason::Ras(742) => {
            Some("Error 742: the remote computer does not support the required encryption type")
        }
        _ => None,
    })
}
