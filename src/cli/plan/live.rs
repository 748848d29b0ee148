//! What the arguments behind `live` mean.

use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use super::Output;
use super::certainty;
use super::is_stream;
use super::memory_makes_sense;
use super::output_makes_sense;
use super::same_file;
use super::severity;
use crate::capture::live::Settings;
use crate::cli::CliError;
use crate::cli::Environment;
use crate::cli::args;
use crate::cli::live::KeepPlan;
use crate::report::Format;
use crate::report::style::Style;
use crate::report::view::Filter;

/// Listening on an interface.
#[derive(Debug)]
pub(in crate::cli) struct Live {
    pub(in crate::cli) capture: Settings,
    pub(in crate::cli) duration: Option<Duration>,
    /// Frames after which it ends.
    pub(in crate::cli) count: Option<u64>,
    /// Octets of memory that may be used.
    pub(in crate::cli) max_memory: u64,
    /// Form of the report at the end; events are text, but with ndjson.
    pub(in crate::cli) format: Format,
    /// Where the report at the end goes.
    pub(in crate::cli) output: Output,
    /// How the report at the end looks.
    pub(in crate::cli) style: Style,
    /// Whether the full-screen view is shown instead of lines.
    pub(in crate::cli) screen: bool,
    /// How events look.
    pub(in crate::cli) events: Style,
    pub(in crate::cli) filter: Filter,
    pub(in crate::cli) secrets: Option<PathBuf>,
    pub(in crate::cli) site: Option<PathBuf>,
    /// Where packets are kept.
    pub(in crate::cli) keep: Option<KeepPlan>,
    /// Where metrics are served.
    pub(in crate::cli) metrics: Option<SocketAddr>,
    /// Whom to become.
    pub(in crate::cli) user: Option<String>,
}

impl Live {
    /// Whether conversations are written as they end, and need not be kept for the report.
    pub(in crate::cli) fn streams(&self) -> bool {
        self.format == Format::Ndjson && self.output == Output::Standard
    }
}

/// Makes the plan, or says why there is none.
pub(super) fn plan(args: args::live::Live, environment: &Environment) -> Result<Live, CliError> {
    let output = match &args.output {
        Some(path) if !is_stream(path) => {
            output_makes_sense(path, &[])?;
            Output::File(path.clone())
        }
        _ => Output::Standard,
    };
    let buffer = u32::try_from(args.buffer).ok().filter(|b| (SMALLEST..=LARGEST).contains(b));
    let buffer = buffer.ok_or_else(|| {
        CliError::Usage("--buffer: from 64k to 1G, as in --buffer 128M".to_owned())
    })?;
    let keep = args.write.map(|path| KeepPlan { path, rotate: args.rotate, keep: args.keep });
    if let Some(keep) = &keep {
        kept_makes_sense(&keep.path, &output)?;
    }
    let to_file = matches!(output, Output::File(_));
    Ok(Live {
        capture: Settings {
            ports: args.ports,
            filter: args.filter,
            buffer,
            ..Settings::new(args.interface)
        },
        duration: args.duration,
        count: args.count,
        max_memory: memory_makes_sense(args.max_memory)?,
        format: args.format,
        style: environment.style(args.color, to_file, args.verbose),
        screen: environment.interactive && !args.plain && (args.format == Format::Text || to_file),
        events: environment.style(args.color, false, false),
        output,
        filter: Filter {
            severity: args.min_severity.map(severity),
            certainty: args.min_certainty.map(certainty),
            rules: Vec::new(),
        },
        secrets: args.secrets,
        site: args.site,
        keep,
        metrics: args.metrics,
        user: args.user,
    })
}

fn kept_makes_sense(path: &Path, report: &Output) -> Result<(), CliError> {
    if is_stream(path) {
        let text = "--write needs the name of a file; to pass packets on, use tcpdump";
        return Err(CliError::Usage(text.to_owned()));
    }
    output_makes_sense(path, &[])?;
    match report {
        Output::File(other) if same_file(path, other) => {
            Err(CliError::Usage(format!("{}: is where the report goes", path.display())))
        }
        _ => Ok(()),
    }
}

/// Bounds of the kernel's buffer, octets.
const SMALLEST: u32 = 64 << 10;
const LARGEST: u32 = 1 << 30;
