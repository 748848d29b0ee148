//! What may be typed: names and values only. What it means is decided by `plan`.

pub(super) mod live;

use std::ffi::OsString;
use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::CommandFactory as _;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use clap::error::ErrorKind;
use clap_complete::Shell;

use super::CliError;
use super::Status;
use super::amount;
use super::help;
use super::say;
use crate::report::Format;

/// Reads packet captures, rebuilds every PPTP conversation in them and says how far each got, what
/// stopped it, how that is known, and who must change what.
#[derive(Debug, Parser)]
#[command(
    name = "pptp-diag",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    after_help = help::SHORT,
    after_long_help = help::LONG
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) analyze: Analyze,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print a completion script for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// bash, zsh, fish, powershell or elvish
        #[arg(hide_possible_values = true)]
        shell: Shell,
    },
    /// Tell what a rule, an error number or a line of a log means
    Explain {
        /// Rule (PD2001, 2001, gre-no-return), error number (721), article (Q222060) or a line of a log
        #[arg(value_name = "RULE|NUMBER|LINE", required = true)]
        words: Vec<String>,
        /// The site's own rules: a directory of *.toml, or one file
        #[arg(long = "rules", value_name = "DIR")]
        site: Option<PathBuf>,
        #[command(flatten)]
        look: Look,
    },
    /// Copy only the packets that matter to PPTP, to send to someone
    Extract(Extract),
    /// List the network interfaces that can be listened on, those of use first
    Interfaces {
        /// Form of the list: text or json
        #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = page_format)]
        format: Format,
    },
    /// Listen on an interface: tell what goes wrong while it goes wrong
    #[command(after_help = help::LIVE)]
    Live(Box<live::Live>),
    /// List the faults that are recognised
    Rules {
        /// The site's own rules besides: a directory of *.toml, or one file
        #[arg(long = "rules", value_name = "DIR")]
        site: Option<PathBuf>,
        #[command(flatten)]
        look: Look,
    },
    /// Print the JSON schema of the report
    ///
    /// Its fields are those that site rules may ask for.
    Schema {
        /// That of an event of `live -f ndjson` instead
        #[arg(long)]
        events: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Extract {
    /// Captures taken at one point; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// The pcapng file to write, whole or not at all
    #[arg(short, long, value_name = "OUT.pcapng")]
    pub(super) output: PathBuf,
    /// A control port besides 1723; may be repeated
    #[arg(long = "port", value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) ports: Vec<u16>,
    /// Replace addresses, names and proofs of passwords, and remove user data; the findings stay
    #[arg(short, long)]
    pub(super) anonymize: bool,
    /// Say nothing of what was kept
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Look {
    /// Form of the output: text or json
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = page_format)]
    pub(super) format: Format,
    /// Colours: auto, always or never (NO_COLOR is honoured)
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub(super) color: Color,
}

#[derive(Debug, clap::Args)]
pub(super) struct Analyze {
    /// Captures of one point or of several; - is standard input
    ///
    /// In any order. Files of one capture point (a rotated capture) are put together by time; captures of
    /// the same call at several points are joined, and settle what one of them leaves open. Format and
    /// compression are found by content.
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// text, json, ndjson, md or html
    ///
    /// text for the eyes, html to send to somebody (one file, with a diagram of each conversation), md for a
    /// ticket, json and ndjson for programs (`pptp-diag schema` describes them).
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = format, help_heading = REPORT)]
    pub(super) format: Format,
    /// Colours: auto, always or never (NO_COLOR is honoured)
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true, hide_short_help = true, help_heading = REPORT)]
    pub(super) color: Color,
    /// Write the report to FILE, whole or not at all
    #[arg(short, long, value_name = "FILE", help_heading = REPORT)]
    pub(super) output: Option<PathBuf>,
    /// Every finding in full, and the messages
    #[arg(short, long, help_heading = REPORT)]
    pub(super) verbose: bool,
    /// No report on standard output, no warnings; the exit status tells
    #[arg(short, long, conflicts_with = "verbose", hide_short_help = true, help_heading = REPORT)]
    pub(super) quiet: bool,
    /// Other names and addresses in place of the real ones
    ///
    /// Those of users, hosts, domains and networks, the same everywhere in one report. For the capture itself
    /// see `pptp-diag extract --anonymize`.
    #[arg(long, help_heading = REPORT)]
    pub(super) redact: bool,
    /// Passwords, to check log-ons and to open tunnels with
    ///
    /// Lines `user password`, `user nthash:HEX`, or the chap-secrets file of pppd. Keep it readable by its
    /// owner only.
    #[arg(long, value_name = "FILE", help_heading = EVIDENCE)]
    pub(super) secrets: Option<PathBuf>,
    /// Write the packets from inside the tunnels to a pcapng file
    ///
    /// Those of the tunnels that --secrets opens; whole or not at all. The file holds user data in clear.
    #[arg(long, value_name = "OUT.pcapng", hide_short_help = true, help_heading = EVIDENCE)]
    pub(super) decrypt: Option<PathBuf>,
    /// Write the captures with the findings as comments on the frames that prove them
    #[arg(long, value_name = "OUT.pcapng", hide_short_help = true, help_heading = EVIDENCE)]
    pub(super) annotate: Option<PathBuf>,
    /// The site's own rules: a directory of *.toml, or one file
    #[arg(long = "rules", value_name = "DIR", hide_short_help = true, help_heading = EVIDENCE)]
    pub(super) site: Option<PathBuf>,
    /// A control port besides 1723; may be repeated
    #[arg(long = "port", value_name = "N", value_parser = clap::value_parser!(u16).range(1..), hide_short_help = true, help_heading = EVIDENCE)]
    pub(super) ports: Vec<u16>,
    /// Memory that may be used: 512M, 2G
    ///
    /// Beyond it the oldest conversations without a fault are counted but not told one by one, then those that
    /// were silent longest are closed early; the report says so.
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "512M",
        value_parser = amount::octets,
        hide_short_help = true,
        help_heading = EVIDENCE
    )]
    pub(super) max_memory: u64,
    /// Only findings at least this bad: notice, warning or fault
    #[arg(long, value_name = "LEVEL", hide_possible_values = true, hide_short_help = true, help_heading = SELECTION)]
    pub(super) min_severity: Option<Severity>,
    /// Only findings at least this sure: possible, likely or certain
    #[arg(long, value_name = "LEVEL", hide_possible_values = true, hide_short_help = true, help_heading = SELECTION)]
    pub(super) min_certainty: Option<Certainty>,
    /// Only findings of this rule, by id or name; may be repeated
    #[arg(long = "rule", value_name = "RULE", value_delimiter = ',', hide_short_help = true, help_heading = SELECTION)]
    pub(super) rules: Vec<String>,
    /// Only the conversation with this number
    ///
    /// May be repeated.
    #[arg(long = "conversation", value_name = "N", value_delimiter = ',', help_heading = SELECTION)]
    pub(super) conversations: Vec<u32>,
    /// Only conversations of this client
    ///
    /// May be repeated.
    #[arg(long = "client", value_name = "ADDR", value_delimiter = ',', help_heading = SELECTION)]
    pub(super) clients: Vec<IpAddr>,
    /// Only conversations of this user
    ///
    /// By the name as it is sent; may be repeated.
    #[arg(long = "user", value_name = "NAME", help_heading = SELECTION)]
    pub(super) users: Vec<String>,
    /// Exit status 1 for findings at least this bad: fault, warning or never
    #[arg(long, value_name = "LEVEL", default_value = "fault", hide_possible_values = true, hide_short_help = true, help_heading = REPORT)]
    pub(super) fail_on: FailOn,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Fault,
    Warning,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Severity {
    Notice,
    Warning,
    Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Certainty {
    Possible,
    Likely,
    Certain,
}

/// The names of all commands.
pub(super) fn commands() -> Vec<String> {
    let program = Args::command();
    let names = program.get_subcommands().map(|c| c.get_name().to_owned());
    names.chain(["help".to_owned()]).collect()
}

/// Reads the arguments; the first is the program's name.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Args, clap::Error> {
    Args::try_parse_from(arguments)
}

/// Answers what is no analysis: help and version as asked for, anything else in one line.
pub(super) fn answer(
    error: &clap::Error,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, CliError> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            write!(out, "{}", error.render()).map_err(CliError::Output)?;
            Ok(Status::Clean)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = write!(err, "{}", error.render());
            Ok(Status::Error)
        }
        _ => {
            say(err, &one_line(&error.render().to_string()));
            Ok(Status::Error)
        }
    }
}

/// Clap's message and tips without its usage lines, joined.
fn one_line(rendered: &str) -> String {
    let paragraphs = rendered.split("\n\n").take_while(|p| !p.starts_with("Usage:"));
    let told = paragraphs.filter(|p| !p.starts_with("For more information"));
    let joined: Vec<String> = told
        .map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|p| !p.is_empty())
        .collect();
    let text = joined.join("; ");
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    format!("{text} (--help tells more)")
}

fn format(word: &str) -> Result<Format, String> {
    let names = || Format::ALL.map(Format::name).join(", ");
    Format::find(word).ok_or_else(|| format!("formats are {}", names()))
}

/// Pages of rules have fewer forms than a report.
fn page_format(word: &str) -> Result<Format, String> {
    let found = Format::find(word).filter(|f| matches!(f, Format::Text | Format::Json));
    found.ok_or_else(|| "text or json only".to_owned())
}

const REPORT: &str = "Report";
const EVIDENCE: &str = "Evidence";
const SELECTION: &str = "Selection";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Args, clap::Error> {
        let words = ["pptp-diag"].iter().chain(words).map(OsString::from);
        parse(words)
    }

    #[test]
    fn the_declaration_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn files_without_a_command() {
        let args =
            parsed(&["-v", "a.pcap", "--port", "1724", "--port", "1725", "./rules"]).unwrap();
        assert!(args.command.is_none());
        assert_eq!(args.analyze.files, [PathBuf::from("a.pcap"), PathBuf::from("./rules")]);
        assert_eq!(args.analyze.ports, [1724, 1725]);
        assert!(matches!(parsed(&["rules"]).unwrap().command, Some(Command::Rules { .. })));
        let json = parsed(&["rules", "--format", "json"]).unwrap().command;
        assert!(matches!(
            json,
            Some(Command::Rules { look: Look { format: Format::Json, .. }, .. })
        ));
    }

    #[test]
    fn the_short_help_fits_a_screen_and_the_long_one_teaches() {
        let short = Args::command().term_width(80).render_help().to_string();
        assert!(short.lines().count() <= 44, "{short}");
        assert!(short.lines().all(|l| l.chars().count() <= 80), "{short}");
        let long = Args::command().render_long_help().to_string();
        for taught in ["How to read a report", "How to capture", "Exit status", "--fail-on"] {
            assert!(long.contains(taught), "{taught}");
        }
    }

    #[test]
    fn usage_errors_are_one_line() {
        for (words, told) in [
            (&["--format", "pdf", "a"][..], "text, json, ndjson, md, html"),
            (&["rules", "-f", "html"], "text or json only"),
        ] {
            let error = parsed(words).unwrap_err().render().to_string();
            let text = one_line(&error);
            assert!(text.contains(told) && !text.contains('\n'), "{text}");
        }
        let error = parsed(&["-v"]).unwrap_err().render().to_string();
        assert!(one_line(&error).contains("<FILE>"), "{error}");
        assert!(parsed(&["--port", "0", "a"]).is_err());
    }
}
