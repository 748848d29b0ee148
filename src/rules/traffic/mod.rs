//! The data phase: sizes, loss, order, windows, limits (PD7xxx).

pub mod loss;
mod pd7001_mtu_black_hole;
mod pd7002_outer_fragmentation;
mod pd7003_mru_exceeded;
mod pd7004_gre_reordering;
mod pd7005_gre_loss;
mod pd7006_window_stall;
mod pd7007_one_way_data;
mod pd7008_idle_or_time_limit;

use super::Rule;

/// The rules of the family.
pub static RULES: &[&Rule] = &[
    &pd7001_mtu_black_hole::RULE,
    &pd7002_outer_fragmentation::RULE,
    &pd7003_mru_exceeded::RULE,
    &pd7004_gre_reordering::RULE,
    &pd7005_gre_loss::RULE,
    &pd7006_window_stall::RULE,
    &pd7007_one_way_data::RULE,
    &pd7008_idle_or_time_limit::RULE,
];

/// A share in percent with one decimal, from 1 to 1000 parts and so on.
fn percent(part: u64, of: u64) -> String {
    let tenths = part.saturating_mul(1000) / of.max(1);
    format!("{}.{} %", tenths / 10, tenths % 10)
}
