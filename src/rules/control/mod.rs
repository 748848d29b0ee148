//! The control connection and TCP below it (PD1xxx).

mod pd1001_tcp_no_answer;
mod pd1002_tcp_refused;
mod pd1003_no_sccrp;
mod pd1004_not_pptp;
mod pd1005_sccrp_error;
mod pd1006_call_refused;
mod pd1007_call_unanswered;
mod pd1008_control_lost;
mod pd1009_echo_timeout;

use super::Rule;
use crate::model::conversation::Conversation;

/// The rules of the family.
pub static RULES: &[&Rule] = &[
    &pd1001_tcp_no_answer::RULE,
    &pd1002_tcp_refused::RULE,
    &pd1003_no_sccrp::RULE,
    &pd1004_not_pptp::RULE,
    &pd1005_sccrp_error::RULE,
    &pd1006_call_refused::RULE,
    &pd1007_call_unanswered::RULE,
    &pd1008_control_lost::RULE,
    &pd1009_echo_timeout::RULE,
];

/// ", 3 attempts" where the client tried more than once.
fn attempts(c: &Conversation) -> String {
    match c.control.len() {
        0 | 1 => String::new(),
        n => format!(" ({n} attempts, all alike)"),
    }
}

/// A General Error Code in words, with a comma in front; nothing for "no error" (RFC 2637 §2.16).
const fn error_words(code: u8) -> &'static str {
    match code {
        0 => "",
        1 => ", not connected",
        2 => ", bad format",
        3 => ", bad value",
        4 => ", no resource",
        5 => ", bad call id",
        6 => ", error in the access concentrator",
        _ => ", an error that RFC 2637 does not define",
    }
}
