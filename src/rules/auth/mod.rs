//! Authentication verdicts and the choice of a method (PD4xxx).

mod pd4001_bad_credentials;
mod pd4006_no_common_auth;

use super::Rule;

/// The rules of the family.
pub static RULES: &[&Rule] = &[&pd4001_bad_credentials::RULE, &pd4006_no_common_auth::RULE];
