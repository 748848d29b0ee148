//! Arguments → plan → run. The only layer that prints, and that reads the clock or the environment.
//!
//! `args` is what was typed, `plan` what it means; a plan is complete before anything is opened.
//! Reports go to standard output or a file, everything else to standard error, one line each, with the
//! name of the program in front.

mod amount;
mod analyze;
mod annotate;
mod args;
mod decrypt;
mod ended;
mod environment;
mod explain;
mod extract;
mod fence;
mod gather;
mod help;
mod interfaces;
mod live;
pub mod manual;
mod memory;
mod output;
mod parallel;
mod plan;
mod progress;
mod reading;
mod secrets;
mod site;
mod status;
mod stream;

use std::ffi::OsString;
use std::io;
use std::io::Write;

use crate::base::text::visible;
use crate::report::schema;
pub use environment::Environment;
use plan::Plan;
pub use status::Status;

/// Runs the program on the process's own arguments and streams. `allocated` tells the octets of memory in
/// use.
#[must_use]
pub fn main(allocated: fn() -> Option<u64>) -> Status {
    let environment = Environment { confine: true, allocated, ..Environment::read() };
    let mut out = io::BufWriter::with_capacity(OUTPUT_BUFFER, io::stdout().lock());
    let mut err = io::stderr().lock();
    run(std::env::args_os(), &environment, &mut out, &mut err)
}

/// Runs the program. `arguments` begin with the program's name.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Status {
    let done = perform(arguments, environment, out, err);
    let done = done.and_then(|status| match out.flush() {
        Ok(()) => Ok(status),
        Err(e) => Err(CliError::Output(e)),
    });
    match done {
        Ok(status) => status,
        // The reader has seen enough: `pptp-diag … | head`.
        Err(CliError::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => Status::Clean,
        Err(e) => {
            say(err, &e.to_string());
            Status::Error
        }
    }
}

fn perform(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &Environment,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, CliError> {
    let args = match args::parse(arguments) {
        Ok(args) => args,
        Err(e) => return args::answer(&e, out, err),
    };
    match plan::plan(args, environment)? {
        Plan::Analyze(plan) => analyze::run(&plan, environment, out, err),
        Plan::Explain(topic) => explain::topic(&topic, out, err),
        Plan::Extract(plan) => extract::run(&plan, environment, err),
        Plan::Live(plan) => live::run(&plan, environment, out, err),
        Plan::Interfaces(plan) => interfaces::run(&plan, out),
        Plan::Rules(list) => explain::list(&list, out, err),
        Plan::Completions(shell) => {
            manual::completions(shell, out).map(|()| Status::Clean).map_err(CliError::Output)
        }
        Plan::Schema { events } => {
            let schema = if events { schema::event() } else { schema::report() };
            schema::render(&schema, out).map(|()| Status::Clean).map_err(CliError::Output)
        }
    }
}

/// Why the program cannot go on. Each message is one line.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// The arguments make no sense.
    #[error("{0}")]
    Usage(String),
    /// A file besides the captures cannot be used.
    #[error("{name}: {reason}")]
    File {
        /// As given.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Live capture cannot be had.
    #[error("{0}")]
    Live(String),
    /// The report cannot be written to standard output.
    #[error("standard output: {0}")]
    Output(#[source] io::Error),
}

/// Writes a line to standard error. Nothing can be done where that fails.
fn say(err: &mut dyn Write, text: &str) {
    let _ = writeln!(err, "pptp-diag: {}", visible(text, LONGEST_MESSAGE));
}

const OUTPUT_BUFFER: usize = 64 << 10;
const LONGEST_MESSAGE: usize = 2000;
