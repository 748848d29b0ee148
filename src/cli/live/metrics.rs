//! `--metrics`: what the running program counts, for Prometheus, and whether it works, for whoever restarts
//! it.
//!
//! The loop hands a copy of its [`Figures`] to [`Shared`] every second; the server of `http` renders them when
//! asked. Nothing that a client does reaches the loop.
//!
//! The exposition format is lines of text over plain data (`text`). The client libraries keep live counters in
//! a registry, which would have to be filled from the figures for every request; that would be as long as
//! writing the lines.

mod http;
mod text;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::base::time::Timestamp;
use crate::model::conversation::Outcome;
use crate::model::conversation::Stage;
pub(in crate::cli) use http::Listener;

/// What is told. Totals count from the start of the program.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Figures {
    /// When the program began.
    pub(in crate::cli) started: Timestamp,
    /// Why nothing is captured at present, `None` where it is: `eth0 is down`.
    pub(in crate::cli) down: Option<String>,
    /// Time of the newest frame.
    pub(in crate::cli) last_frame: Option<Timestamp>,
    /// Frames that came from the interface.
    pub(in crate::cli) frames_received: u64,
    /// Those that went through the analysis.
    pub(in crate::cli) frames_analysed: u64,
    /// Frames lost because the program was too slow.
    pub(in crate::cli) dropped_by_kernel: u64,
    /// Frames lost by the interface or its driver.
    pub(in crate::cli) dropped_by_interface: u64,
    /// Frames written to files; `None`: none were to be.
    pub(in crate::cli) kept: Option<KeptFigures>,
    /// Open conversations by how far they got.
    pub(in crate::cli) conversations_open: BTreeMap<Stage, u64>,
    /// Conversations begun.
    pub(in crate::cli) conversations_started: u64,
    /// Conversations over.
    pub(in crate::cli) conversations_ended: BTreeMap<Outcome, u64>,
    /// Conversations given up before their end to make room.
    pub(in crate::cli) conversations_evicted: u64,
    /// Findings told, by rule.
    pub(in crate::cli) findings: BTreeMap<String, u64>,
    /// Memory in use, octets.
    pub(in crate::cli) memory: Option<u64>,
    /// What the memory may grow to, octets.
    pub(in crate::cli) memory_limit: Option<u64>,
}

/// What was kept as files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) struct KeptFigures {
    /// Frames in files.
    pub(in crate::cli) frames: u64,
    /// Whether frames are still kept: not after a disk was full.
    pub(in crate::cli) writing: bool,
}

/// The newest figures, between the loop and the server.
#[derive(Debug, Default)]
pub(in crate::cli) struct Shared(Mutex<Option<(Figures, Instant)>>);

impl Shared {
    /// Takes new figures.
    pub(in crate::cli) fn update(&self, figures: Figures) {
        let new = Some((figures, now()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = new;
    }

    fn newest(&self) -> Option<(Figures, Instant)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the program works at `now`, or why not.
    fn health(&self, now: Instant) -> Result<(), String> {
        let Some((figures, at)) = self.newest() else {
            return Err("capturing has not begun".to_owned());
        };
        let age = now.saturating_duration_since(at);
        if age >= STALE {
            return Err(format!("the analysis has stood still for {} s", age.as_secs()));
        }
        figures.down.map_or(Ok(()), Err)
    }
}

/// Reads what follows `--metrics`: `9723`, `:9723`, `192.0.2.1:9723`, `[2001:db8::1]:9723` or
/// `localhost:9723`. Without an address it is the loopback's, which nobody else reaches.
pub(in crate::cli) fn address(word: &str) -> Result<SocketAddr, String> {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let address = match word.rsplit_once(':') {
        None => word.parse().ok().map(|port| SocketAddr::new(loopback, port)),
        Some(("" | "localhost", port)) => {
            port.parse().ok().map(|port| SocketAddr::new(loopback, port))
        }
        Some(_) => word.parse().ok(),
    };
    match address {
        Some(address) if address.port() == 0 => Err("ports are 1 to 65535".to_owned()),
        Some(address) => Ok(address),
        None => {
            Err("a port, or an address with one: 9723, 192.0.2.1:9723, [2001:db8::1]:9723"
                .to_owned())
        }
    }
}

/// The clock of those who wait for answers, not of the capture.
#[allow(clippy::disallowed_methods, reason = "nothing of the capture is measured with it")]
fn now() -> Instant {
    Instant::now()
}

/// Without new figures for so long, the loop hangs.
const STALE: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (word, read) in [
            ("9723", "127.0.0.1:9723"),
            (":9723", "127.0.0.1:9723"),
            ("localhost:9723", "127.0.0.1:9723"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:9723", "[::1]:9723"),
        ] {
            assert_eq!(address(word).unwrap().to_string(), read);
        }
        for word in ["", ":", "0", ":0", "65536", "::1", "::1:9723", "host:9723", "127.0.0.1", "-1"]
        {
            assert!(address(word).is_err(), "{word}");
        }
    }

    #[test]
    fn health() {
        let shared = Shared::default();
        assert!(shared.health(now()).unwrap_err().contains("not begun"));
        shared.update(Figures::default());
        let later = |s| now() + Duration::from_secs(s);
        assert_eq!(shared.health(later(14)), Ok(()));
        assert!(shared.health(later(16)).unwrap_err().contains("stood still for 1"));
        shared.update(Figures { down: Some("eth0 is down".to_owned()), ..Figures::default() });
        assert_eq!(shared.health(now()), Err("eth0 is down".to_owned()));
    }
}
