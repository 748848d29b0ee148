//! The command `pptp-diag`; everything is in `pptp_diag::cli`.

use std::process::ExitCode;

use cap::Cap;
use mimalloc::MiMalloc;

/// Counts what is in use, so that a ceiling can be kept (`--max-memory`). It never refuses.
#[global_allocator]
static ALLOCATOR: Cap<MiMalloc> = Cap::new(MiMalloc, usize::MAX);

fn main() -> ExitCode {
    pptp_diag::cli::main(|| u64::try_from(ALLOCATOR.allocated()).ok()).into()
}
