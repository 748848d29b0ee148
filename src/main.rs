//! The command `pptp-diag`; everything is in `pptp_diag::cli`.

use std::alloc::System;
use std::process::ExitCode;

use cap::Cap;

/// Counts what is in use, so that a ceiling can be kept (`--max-memory`). It never refuses.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

fn main() -> ExitCode {
    pptp_diag::cli::main(|| u64::try_from(ALLOCATOR.allocated()).ok()).into()
}
