//! LCP and the link (PD3xxx).

mod pd3001_lcp_silent_peer;
mod pd3002_q219353_lcp_restart_loop;

use super::Rule;

/// The rules of the family.
pub static RULES: &[&Rule] =
    &[&pd3001_lcp_silent_peer::RULE, &pd3002_q219353_lcp_restart_loop::RULE];
