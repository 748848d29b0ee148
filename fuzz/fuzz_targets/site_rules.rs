//! See `src/site_rules.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pptp_diag_fuzz::site_rules::run(data));
