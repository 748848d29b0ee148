//! What may be typed behind `live`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::Certainty;
use super::Color;
use super::Severity;
use crate::cli::amount;
use crate::cli::live::Rotate;
use crate::cli::live::metrics;
use crate::report::Format;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Live {
    /// Interface, by name or number; `pptp-diag interfaces` lists them
    #[arg(short, long, value_name = "NAME", default_value = "any", help_heading = CAPTURE)]
    pub(in crate::cli) interface: String,
    /// Only what passes this besides, in the language of tcpdump
    ///
    /// What can matter to PPTP is chosen without it: control connections, GRE, ICMP errors, fragments. A
    /// filter such as `host 192.0.2.10` narrows that.
    #[arg(long, value_name = "FILTER", help_heading = CAPTURE)]
    pub(in crate::cli) filter: Option<String>,
    /// A control port besides 1723; may be repeated
    #[arg(long = "port", value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = CAPTURE)]
    pub(in crate::cli) ports: Vec<u16>,
    /// Stop after this time: 90s, 15m, 8h, 7d
    #[arg(long, value_name = "TIME", value_parser = amount::time, help_heading = CAPTURE)]
    pub(in crate::cli) duration: Option<Duration>,
    /// Stop after this many frames
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = CAPTURE)]
    pub(in crate::cli) count: Option<u64>,
    /// What the kernel may hold until it is read
    #[arg(long, value_name = "SIZE", default_value = "64M", value_parser = amount::octets, hide_short_help = true, help_heading = CAPTURE)]
    pub(in crate::cli) buffer: u64,
    /// Memory that may be used; beyond it, old conversations are closed, and it is told
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = amount::octets, hide_short_help = true, help_heading = CAPTURE)]
    pub(in crate::cli) max_memory: u64,
    /// Keep the packets that matter as pcapng
    ///
    /// A finding then names file and frame. With --rotate the names get time and number.
    #[arg(long, value_name = "FILE", help_heading = KEPT)]
    pub(in crate::cli) write: Option<PathBuf>,
    /// Begin a new file at this size (100M) or after this time (1h)
    #[arg(long, value_name = "SIZE|TIME", value_parser = Rotate::parse, requires = "write", help_heading = KEPT)]
    pub(in crate::cli) rotate: Option<Rotate>,
    /// Remove all but the newest N files
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), requires = "rotate", help_heading = KEPT)]
    pub(in crate::cli) keep: Option<u32>,
    /// Answer Prometheus at this address: 9723, 192.0.2.1:9723; /healthz too
    ///
    /// A port alone is one of the loopback, which no other machine reaches.
    #[arg(long, value_name = "ADDR:PORT", value_parser = metrics::address, help_heading = SERVICE)]
    pub(in crate::cli) metrics: Option<SocketAddr>,
    /// Become this user as soon as the interface is open; root stays root
    ///
    /// Started as root, it becomes the user who called sudo, else `nobody`. Files are written by that user.
    #[arg(long, value_name = "NAME", help_heading = SERVICE)]
    pub(in crate::cli) user: Option<String>,
    /// One line an event instead of the full-screen view
    #[arg(long, help_heading = REPORT)]
    pub(in crate::cli) plain: bool,
    /// Form of events and of the report at the end: text, json, ndjson, md or html
    ///
    /// ndjson writes an object for each event at once. With json, md and html events go to standard error as
    /// text.
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = super::format, help_heading = REPORT)]
    pub(in crate::cli) format: Format,
    /// Write the report at the end to FILE, whole or not at all
    #[arg(short, long, value_name = "FILE", help_heading = REPORT)]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Every finding in full, and the messages, in the report at the end
    #[arg(short, long, help_heading = REPORT)]
    pub(in crate::cli) verbose: bool,
    /// Colours: auto, always or never (NO_COLOR is honoured)
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true, hide_short_help = true, help_heading = REPORT)]
    pub(in crate::cli) color: Color,
    /// Only findings at least this bad: notice, warning or fault
    #[arg(long, value_name = "LEVEL", hide_possible_values = true, hide_short_help = true, help_heading = REPORT)]
    pub(in crate::cli) min_severity: Option<Severity>,
    /// Only findings at least this sure: possible, likely or certain
    #[arg(long, value_name = "LEVEL", hide_possible_values = true, hide_short_help = true, help_heading = REPORT)]
    pub(in crate::cli) min_certainty: Option<Certainty>,
    /// Passwords, to check log-ons with
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = REPORT)]
    pub(in crate::cli) secrets: Option<PathBuf>,
    /// The site's own rules: a directory of *.toml, or one file
    #[arg(long = "rules", value_name = "DIR", hide_short_help = true, help_heading = REPORT)]
    pub(in crate::cli) site: Option<PathBuf>,
}

const CAPTURE: &str = "Capture";
const KEPT: &str = "Packets kept";
const SERVICE: &str = "Service";
const REPORT: &str = "Report";
