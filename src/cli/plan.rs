//! What the arguments mean. A plan is complete and sound before anything is opened; making it reads no
//! file, it only asks the file system what is where.

mod live;

use std::path::Path;
use std::path::PathBuf;

use clap_complete::Shell;

use super::CliError;
use super::Environment;
use super::args;
use super::args::Args;
use super::args::Command;
use super::args::FailOn;
use super::explain;
use super::extract;
use crate::base::spelling;
use crate::capture::timeline::Input;
use crate::report::Format;
use crate::report::style::Style;
use crate::report::view::Filter;
use crate::report::view::Selection;
use crate::rules::Certainty;
use crate::rules::Severity;

pub(super) use live::Live;

/// What to do.
#[derive(Debug)]
pub(super) enum Plan {
    /// Analyse captures.
    Analyze(Box<Analyze>),
    /// Print the page of a rule, or what a number or a log line may mean.
    Explain(Explain),
    /// Copy what matters.
    Extract(Extract),
    /// List what can be listened on.
    Interfaces(Interfaces),
    /// Listen on an interface.
    Live(Box<Live>),
    /// Print the catalogue.
    Rules(Rules),
    /// Print the completion script for a shell.
    Completions(Shell),
    /// Print the JSON schema of the report, or of an event.
    Schema { events: bool },
}

/// Something to explain.
#[derive(Debug)]
pub(super) struct Explain {
    /// As typed.
    pub(super) words: String,
    pub(super) site: Option<PathBuf>,
    pub(super) format: Format,
    pub(super) style: Style,
}

/// The catalogue to print.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) site: Option<PathBuf>,
    pub(super) format: Format,
    pub(super) style: Style,
}

/// The interfaces to print.
#[derive(Debug)]
pub(super) struct Interfaces {
    pub(super) format: Format,
}

/// An extract.
#[derive(Debug)]
pub(super) struct Extract {
    pub(super) inputs: Vec<PathBuf>,
    pub(super) output: PathBuf,
    pub(super) ports: Vec<u16>,
    /// Make it fit to be shown to a stranger.
    pub(super) anonymize: bool,
    pub(super) quiet: bool,
}

/// An analysis.
#[derive(Debug)]
pub(super) struct Analyze {
    pub(super) inputs: Vec<PathBuf>,
    pub(super) output: Output,
    pub(super) format: Format,
    pub(super) style: Style,
    pub(super) secrets: Option<PathBuf>,
    /// Where the packets from inside the tunnels go.
    pub(super) decrypt: Option<PathBuf>,
    /// Where the captures with comments go.
    pub(super) annotate: Option<PathBuf>,
    /// The site's own rules.
    pub(super) site: Option<PathBuf>,
    pub(super) ports: Vec<u16>,
    pub(super) filter: Filter,
    /// Which conversations are told.
    pub(super) selection: Selection,
    /// Findings at least this bad make the exit status 1.
    pub(super) fail_on: Option<Severity>,
    /// Other names and addresses in the report.
    pub(super) redact: bool,
    /// Octets of memory that may be used.
    pub(super) max_memory: u64,
    /// No warnings.
    pub(super) quiet: bool,
}

/// Where the report goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Output {
    Nowhere,
    Standard,
    File(PathBuf),
}

impl Output {
    /// The file that is written.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Nowhere | Self::Standard => None,
        }
    }
}

/// Makes the plan, or says why there is none.
pub(super) fn plan(args: Args, environment: &Environment) -> Result<Plan, CliError> {
    match args.command {
        Some(Command::Explain { words, site, look }) => Ok(Plan::Explain(Explain {
            words: words.join(" "),
            site,
            format: look.format,
            style: environment.style(look.color, false, false),
        })),
        Some(Command::Extract(e)) => {
            let plan = Extract {
                inputs: e.files,
                output: e.output,
                ports: e.ports,
                anonymize: e.anonymize,
                quiet: e.quiet,
            };
            extract::check(&plan)?;
            Ok(Plan::Extract(plan))
        }
        Some(Command::Interfaces { format }) => Ok(Plan::Interfaces(Interfaces { format })),
        Some(Command::Rules { site, look }) => Ok(Plan::Rules(Rules {
            site,
            format: look.format,
            style: environment.style(look.color, false, false),
        })),
        Some(Command::Live(args)) => Ok(Plan::Live(Box::new(live::plan(*args, environment)?))),
        Some(Command::Completions { shell }) => Ok(Plan::Completions(shell)),
        Some(Command::Schema { events }) => Ok(Plan::Schema { events }),
        None => analyze(args.analyze, environment).map(|plan| Plan::Analyze(Box::new(plan))),
    }
}

fn analyze(args: args::Analyze, environment: &Environment) -> Result<Analyze, CliError> {
    let output = match &args.output {
        Some(path) if !is_stream(path) => Output::File(path.clone()),
        None if args.quiet => Output::Nowhere,
        _ => Output::Standard,
    };
    inputs_make_sense(&args.files)?;
    if let Output::File(path) = &output {
        output_makes_sense(path, &args.files)?;
    }
    if let Some(path) = &args.decrypt {
        decrypt_makes_sense(path, &args, &output)?;
    }
    if let Some(path) = &args.annotate {
        annotate_makes_sense(path, &args, &output)?;
    }
    let rule = |word: &String| match explain::find(word) {
        Ok(rule) => Ok(rule.id.to_owned()),
        // It may be a rule of the site, which only its files can tell.
        Err(_) if args.site.is_some() => Ok(word.trim().to_owned()),
        Err(e) => Err(e),
    };
    let rules: Result<Vec<_>, _> = args.rules.iter().map(rule).collect();
    let to_file = matches!(output, Output::File(_));
    Ok(Analyze {
        inputs: args.files,
        format: args.format,
        style: environment.style(args.color, to_file, args.verbose),
        secrets: args.secrets,
        decrypt: args.decrypt,
        annotate: args.annotate,
        site: args.site,
        ports: args.ports,
        filter: Filter {
            severity: args.min_severity.map(severity),
            certainty: args.min_certainty.map(certainty),
            rules: rules.map_err(CliError::Usage)?,
        },
        selection: Selection {
            numbers: args.conversations,
            clients: args.clients,
            users: args.users,
        },
        fail_on: match args.fail_on {
            FailOn::Fault => Some(Severity::Fault),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Never => None,
        },
        redact: args.redact,
        max_memory: memory_makes_sense(args.max_memory)?,
        quiet: args.quiet,
        output,
    })
}

/// Reading a capture twice would make each of its packets its own copy.
pub(super) fn inputs_make_sense(files: &[PathBuf]) -> Result<(), CliError> {
    let commands = args::commands();
    for (n, file) in files.iter().enumerate() {
        let earlier = files.get(..n).unwrap_or_default();
        if earlier.iter().any(|other| same_file(other, file)) {
            return Err(usage(file, "given twice"));
        }
        let word = file.to_str().unwrap_or_default();
        if let Some(command) =
            spelling::nearest(word, commands.iter().map(String::as_str)).filter(|_| !file.exists())
        {
            let hint = if command == word {
                format!("no such file; the command `{command}` comes before its options")
            } else {
                format!("no such file; was the command `pptp-diag {command}` meant?")
            };
            return Err(usage(file, &hint));
        }
    }
    Ok(())
}

pub(super) fn output_makes_sense(path: &Path, inputs: &[PathBuf]) -> Result<(), CliError> {
    if inputs.iter().any(|input| same_file(input, path)) {
        return Err(usage(path, "is a capture to be read: the output would overwrite it"));
    }
    if path.is_dir() {
        return Err(usage(path, "is a directory: name the file to be written"));
    }
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    if parent.is_some_and(|p| !p.is_dir()) {
        return Err(usage(path, "there is no such directory"));
    }
    Ok(())
}

/// What reads the captures a second time takes no pipes.
pub(super) fn read_twice(inputs: &[PathBuf], option: &str) -> Result<(), CliError> {
    let Some(once) = inputs.iter().find(|path| input(path).is_read_once()) else { return Ok(()) };
    let what = if is_stream(once) { "standard input" } else { "a pipe" };
    let text = format!(
        "{option} reads the captures twice, which {what} does not allow: write it to a file first"
    );
    Err(usage(once, &text))
}

/// The captures are read twice, and nothing that is read or written besides may be overwritten.
fn annotate_makes_sense(
    path: &Path,
    args: &args::Analyze,
    report: &Output,
) -> Result<(), CliError> {
    if is_stream(path) {
        return Err(CliError::Usage("--annotate needs the name of a file".to_owned()));
    }
    read_twice(&args.files, "--annotate")?;
    if args.redact {
        let text = "--annotate copies the packets as they are, which --redact forbids: see `pptp-diag \
                    extract --anonymize`";
        return Err(CliError::Usage(text.to_owned()));
    }
    output_makes_sense(path, &args.files)?;
    let taken = |other: &Path| same_file(path, other);
    match report {
        Output::File(other) if taken(other) => Err(usage(path, "is where the report goes")),
        _ if args.decrypt.as_deref().is_some_and(taken) => {
            Err(usage(path, "is where --decrypt writes"))
        }
        _ => Ok(()),
    }
}

/// Keys come from passwords only, and nothing that is read or written besides may be overwritten.
fn decrypt_makes_sense(path: &Path, args: &args::Analyze, report: &Output) -> Result<(), CliError> {
    let Some(secrets) = &args.secrets else {
        let text = "--decrypt needs --secrets FILE: the keys come from the password";
        return Err(CliError::Usage(text.to_owned()));
    };
    if is_stream(path) {
        return Err(CliError::Usage("--decrypt needs the name of a file".to_owned()));
    }
    output_makes_sense(path, &args.files)?;
    if same_file(path, secrets) {
        return Err(usage(path, "is the file of the secrets: it would be overwritten"));
    }
    match report {
        Output::File(other) if same_file(path, other) => {
            Err(usage(path, "is where the report goes"))
        }
        _ => Ok(()),
    }
}

/// Below this not even the tables have room.
fn memory_makes_sense(octets: u64) -> Result<u64, CliError> {
    if octets < LEAST_MEMORY {
        return Err(CliError::Usage("--max-memory: at least 16M".to_owned()));
    }
    Ok(octets)
}

fn same_file(a: &Path, b: &Path) -> bool {
    if is_stream(a) || is_stream(b) {
        return is_stream(a) && is_stream(b);
    }
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// A path as the reader takes it.
pub(super) fn input(path: &Path) -> Input {
    if is_stream(path) { Input::Standard } else { Input::File(path.to_owned()) }
}

/// Whether `-` is meant: standard input or output.
pub(super) fn is_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn usage(path: &Path, problem: &str) -> CliError {
    CliError::Usage(format!("{}: {problem}", path.display()))
}

const fn severity(typed: args::Severity) -> Severity {
    match typed {
        args::Severity::Notice => Severity::Notice,
        args::Severity::Warning => Severity::Warning,
        args::Severity::Fault => Severity::Fault,
    }
}

const fn certainty(typed: args::Certainty) -> Certainty {
    match typed {
        args::Certainty::Possible => Certainty::Possible,
        args::Certainty::Likely => Certainty::Likely,
        args::Certainty::Certain => Certainty::Certain,
    }
}

/// What the tables take before anything is in them, and room for a few conversations.
const LEAST_MEMORY: u64 = 16 << 20;
