//! What the exit status says: tool failed, fault found, and clean are three things.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 0: analysed, nothing at or above `--fail-on`.
    Clean,
    /// 1: analysed, and such a finding is left.
    Findings,
    /// 2: could not analyse.
    Error,
}

impl Status {
    /// The number that a shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Error => 2,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}
