//! Authentication verdicts and the choice of a method (PD4xxx).

pub mod offer;
mod pd4001_bad_credentials;
mod pd4002_account_restricted;
mod pd4003_password_expired;
mod pd4004_no_dialin_permission;
mod pd4005_password_change_failed;
mod pd4006_no_common_auth;
mod pd4007_eap_mismatch;
mod pd4008_client_demands_server_auth;
mod pd4009_username_form;
mod pd4010_right_password_rejected;
mod pd4011_no_response_to_challenge;
mod pd4012_rechallenge_failure;
pub mod refusal;

use super::Rule;

/// The rules of the family.
pub static RULES: &[&Rule] = &[
    &pd4001_bad_credentials::RULE,
    &pd4002_account_restricted::RULE,
    &pd4003_password_expired::RULE,
    &pd4004_no_dialin_permission::RULE,
    &pd4005_password_change_failed::RULE,
    &pd4006_no_common_auth::RULE,
    &pd4007_eap_mismatch::RULE,
    &pd4008_client_demands_server_auth::RULE,
    &pd4009_username_form::RULE,
    &pd4010_right_password_rejected::RULE,
    &pd4011_no_response_to_challenge::RULE,
    &pd4012_rechallenge_failure::RULE,
];
