//! Ctrl-C and its relatives: the first asks for the end, the second leaves at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

/// Whether the end was asked for.
#[derive(Debug, Default)]
pub(super) struct Signals(Arc<AtomicBool>);

impl Signals {
    /// Catches the signals that ask a program to end.
    #[cfg(unix)]
    pub(super) fn register() -> io::Result<Self> {
        use signal_hook::consts::SIGHUP;
        use signal_hook::consts::SIGINT;
        use signal_hook::consts::SIGTERM;
        use signal_hook::flag;

        let asked = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // In this order: only a second one finds that the end was asked for.
            flag::register_conditional_default(signal, Arc::clone(&asked.0))?;
            flag::register(signal, Arc::clone(&asked.0))?;
        }
        Ok(asked)
    }

    /// There is no live capture on such a system.
    #[cfg(not(unix))]
    pub(super) fn register() -> io::Result<Self> {
        Ok(Self::default())
    }

    /// The end has come, asked for or not: from now on the first signal leaves at once.
    pub(super) fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the end was asked for.
    pub(super) fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
