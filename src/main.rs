//! The command `pptp-diag`; everything is in `pptp_diag::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pptp_diag::cli::main().into()
}
