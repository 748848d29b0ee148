//! The Error 5 family (PD0001–PD0010): authentication that ends without a RAS code from the server.
//! The decision procedure of `faults.md` §9; what the rules share is in [`scene`].

mod pd0001_q222060_auth_race;
mod pd0002_duplicate_challenge_overwritten_response;
mod pd0003_bad_or_missing_challenge;
mod pd0004_mschapv2_via_foreign_radius;
mod pd0005_blank_domain;
mod pd0006_authenticator_response_mismatch;
mod pd0007_success_text_format;
mod pd0008_client_abort_after_success;
mod pd0009_auth_no_verdict;
mod pd0010_refusal_without_ras_code;
pub mod race;
pub mod scene;

use super::Rule;

/// The rules of the family.
pub static RULES: &[&Rule] = &[
    &pd0001_q222060_auth_race::RULE,
    &pd0002_duplicate_challenge_overwritten_response::RULE,
    &pd0003_bad_or_missing_challenge::RULE,
    &pd0004_mschapv2_via_foreign_radius::RULE,
    &pd0005_blank_domain::RULE,
    &pd0006_authenticator_response_mismatch::RULE,
    &pd0007_success_text_format::RULE,
    &pd0008_client_abort_after_success::RULE,
    &pd0009_auth_no_verdict::RULE,
    &pd0010_refusal_without_ras_code::RULE,
];
