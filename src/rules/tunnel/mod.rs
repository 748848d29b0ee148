//! GRE and the path it takes (PD2xxx).

mod pd2001_gre_no_return;
mod pd2002_gre_not_sent;
mod pd2003_gre_not_arriving;
mod pd2004_gre_icmp_rejected;
mod pd2005_gre_wrong_source;
mod pd2006_gre_wrong_call_id;
mod pd2007_sli_call_id_rewritten;
mod pd2008_call_id_collision;
mod pd2009_gre_died_midsession;
mod pd2010_gre_stale_ip_checksum;
pub mod reach;

use super::Rule;

/// The rules of the family.
pub static RULES: &[&Rule] = &[
    &pd2001_gre_no_return::RULE,
    &pd2002_gre_not_sent::RULE,
    &pd2003_gre_not_arriving::RULE,
    &pd2004_gre_icmp_rejected::RULE,
    &pd2005_gre_wrong_source::RULE,
    &pd2006_gre_wrong_call_id::RULE,
    &pd2007_sli_call_id_rewritten::RULE,
    &pd2008_call_id_collision::RULE,
    &pd2009_gre_died_midsession::RULE,
    &pd2010_gre_stale_ip_checksum::RULE,
];
