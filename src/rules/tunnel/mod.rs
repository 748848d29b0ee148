//! GRE and the path it takes (PD2xxx).

mod pd2001_gre_no_return;
mod pd2003_gre_not_arriving;
mod pd2004_gre_icmp_rejected;
mod pd2009_gre_died_midsession;
pub mod reach;

use super::Rule;

/// The rules of the family.
pub static RULES: &[&Rule] = &[
    &pd2001_gre_no_return::RULE,
    &pd2003_gre_not_arriving::RULE,
    &pd2004_gre_icmp_rejected::RULE,
    &pd2009_gre_died_midsession::RULE,
];
