//! Security posture: what works and still should be mended (PD8xxx). None of these rules explains a
//! failure; the engine never makes one of them a root, but for user data that really leaks (PD8007).

mod exchange;
mod guessing;
mod pd8001_pap_cleartext;
mod pd8002_chap_md5;
mod pd8003_mschapv1;
mod pd8004_mschapv2_breakable;
mod pd8005_no_encryption;
mod pd8006_weak_mppe;
mod pd8007_plaintext_leak;
mod pd8008_no_authentication;
mod pd8009_challenge_reuse;
mod pd8010_negotiation_downgrade;
mod pd8011_credential_guessing;

use super::Rule;

/// The rules of the family.
pub static RULES: &[&Rule] = &[
    &pd8001_pap_cleartext::RULE,
    &pd8002_chap_md5::RULE,
    &pd8003_mschapv1::RULE,
    &pd8004_mschapv2_breakable::RULE,
    &pd8005_no_encryption::RULE,
    &pd8006_weak_mppe::RULE,
    &pd8007_plaintext_leak::RULE,
    &pd8008_no_authentication::RULE,
    &pd8009_challenge_reuse::RULE,
    &pd8010_negotiation_downgrade::RULE,
    &pd8011_credential_guessing::RULE,
];
