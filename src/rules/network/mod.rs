//! Network layer: IPCP and its kin (PD6xxx).

mod pd6001_no_network_protocol;
mod pd6002_ipcp_unavailable;
mod pd6003_ipcp_terminated;
mod pd6004_ip_address_disagreement;
mod pd6005_duplicate_tunnel_address;
mod pd6006_projection_failure;
mod pd6007_tunnel_equals_server;
mod pd6008_no_dns_wins;
mod pd6009_legacy_ncp_stall;
mod phase;

use super::Rule;

/// The rules of the family.
pub static RULES: &[&Rule] = &[
    &pd6001_no_network_protocol::RULE,
    &pd6002_ipcp_unavailable::RULE,
    &pd6003_ipcp_terminated::RULE,
    &pd6004_ip_address_disagreement::RULE,
    &pd6005_duplicate_tunnel_address::RULE,
    &pd6006_projection_failure::RULE,
    &pd6007_tunnel_equals_server::RULE,
    &pd6008_no_dns_wins::RULE,
    &pd6009_legacy_ncp_stall::RULE,
];
