//! Malformed and hostile packets (PD9xxx).

mod pd9001_bad_control_message;
mod pd9002_gre_length_lie;
mod pd9003_malformed_flood;
mod pd9004_malformed_ppp_control;
mod pd9005_off_path_injection;
mod pd9006_scan_or_slow_open;

use super::Rule;
use super::Severity;
use crate::base::frame::Mark;
use crate::base::time::Span;
use crate::base::time::Timestamp;
use crate::model::conversation::Conversation;
use crate::model::conversation::Stage;

/// The rules of the family.
pub static RULES: &[&Rule] = &[
    &pd9001_bad_control_message::RULE,
    &pd9002_gre_length_lie::RULE,
    &pd9003_malformed_flood::RULE,
    &pd9004_malformed_ppp_control::RULE,
    &pd9005_off_path_injection::RULE,
    &pd9006_scan_or_slow_open::RULE,
];

/// A fault where the conversation did not come about or ended right after one of these packets, else a
/// warning (`faults.md` §3).
fn severity(c: &Conversation, first: Mark, last: Mark) -> Severity {
    let died = c.closing().is_some_and(|(m, _)| m.at >= first.at && m.at - last.at <= CONSEQUENCE);
    if c.stage < Stage::Connected || died { Severity::Fault } else { Severity::Warning }
}

/// For each of these times, which rise, how many of the list there are until the last one that is `near` to it.
/// What takes one look at each time must: a flood is in the census as well.
fn reach(times: &[Timestamp], near: impl Fn(Span) -> bool) -> Vec<usize> {
    let mut end = 0;
    let reach = times.iter().map(|first| {
        while times.get(end).is_some_and(|t| near(*t - *first)) {
            end += 1;
        }
        end
    });
    reach.collect()
}

/// What comes later than this after a hostile packet is no consequence of it.
const CONSEQUENCE: Span = Span::from_secs(10);
