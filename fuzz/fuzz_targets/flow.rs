//! See `src/flow.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pptp_diag_fuzz::flow::run(data));
