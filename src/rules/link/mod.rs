//! LCP and the link (PD3xxx).

mod pd3001_lcp_silent_peer;
mod pd3002_q219353_lcp_restart_loop;
mod pd3003_lcp_no_convergence;
mod pd3004_lcp_loopback;
mod pd3005_callback_stall;
mod pd3006_terminated_before_auth;
mod pd3007_lcp_renegotiated_midsession;
mod pd3008_early_auth_packet;

use super::Rule;

/// The rules of the family.
pub static RULES: &[&Rule] = &[
    &pd3001_lcp_silent_peer::RULE,
    &pd3002_q219353_lcp_restart_loop::RULE,
    &pd3003_lcp_no_convergence::RULE,
    &pd3004_lcp_loopback::RULE,
    &pd3005_callback_stall::RULE,
    &pd3006_terminated_before_auth::RULE,
    &pd3007_lcp_renegotiated_midsession::RULE,
    &pd3008_early_auth_packet::RULE,
];
