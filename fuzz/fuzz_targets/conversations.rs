//! See `src/conversations.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pptp_diag_fuzz::conversations::run(data));
