//! The man pages and shell completions, made from the same definitions as `--help`: `tests/manual.rs` keeps
//! the files in `man/` equal to these.

use std::io;

use clap::Command;
use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;
use roff::Roff;
use roff::bold;
use roff::roman;

use super::args::Args;
use crate::rules::Rule;
use crate::rules::catalog;

/// File name and content of every man page.
///
/// # Errors
/// Those of writing into memory: none.
pub fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut program = Args::command().disable_help_subcommand(true);
    program = program.mut_args(|a| a.hide_short_help(false));
    program.build();
    let mut pages = Vec::new();
    for sub in program.get_subcommands() {
        let name = format!("pptp-diag-{}", sub.get_name());
        // A clap command owns its name for good.
        let name: &'static str = name.leak();
        pages.push((format!("{name}.1"), command(sub.clone().name(name), SEE_MAIN)?));
    }
    pages.push((
        "pptp-diag.1".to_owned(),
        command(program.after_help(None::<&str>).after_long_help(None::<&str>), MAIN)?,
    ));
    pages.push(("pptp-diag-rules.7".to_owned(), rules()?));
    pages.sort();
    Ok(pages)
}

/// The completion script for a shell.
pub(super) fn completions(shell: Shell, out: &mut dyn io::Write) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "pptp-diag", &mut script);
    out.write_all(&script)
}

/// One page of section 1; `more`: sections behind the options.
fn command(command: Command, more: &[(&str, &[&str])]) -> io::Result<Vec<u8>> {
    let subcommands = command.has_subcommands();
    let man = Man::new(command).manual("PPTP diagnostics").source(SOURCE);
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    if subcommands {
        man.render_subcommands_section(&mut out)?;
    }
    let mut roff = Roff::new();
    for (title, paragraphs) in more {
        roff.control("SH", [*title]);
        for text in *paragraphs {
            if let Some((term, text)) = text.split_once('\t') {
                roff.control("TP", []);
                roff.text([bold(term)]);
                roff.text([roman(text)]);
            } else {
                roff.control("PP", []);
                roff.text([roman(*text)]);
            }
        }
    }
    roff.to_writer(&mut out)?;
    Ok(out)
}

/// The catalogue, section 7.
fn rules() -> io::Result<Vec<u8>> {
    let mut roff = Roff::new();
    roff.control("TH", ["pptp-diag-rules", "7", "", SOURCE, "PPTP diagnostics"]);
    roff.control("SH", ["NAME"]);
    roff.text([roman("pptp-diag-rules - the faults that pptp-diag recognises")]);
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(
        "Each rule has an id that is never used again for another fault, and a name that says the fault. \
         `pptp-diag explain ID` tells more of each: what it finds, why it breaks, look-alikes, sources.",
    )]);
    for (family, rules) in catalog::FAMILIES {
        roff.control("SH", [family.to_uppercase().as_str()]);
        for rule in *rules {
            of_rule(&mut roff, rule);
        }
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([bold("pptp-diag"), roman("(1), "), bold("pptp-diag-explain"), roman("(1)")]);
    let mut out = Vec::new();
    roff.to_writer(&mut out)?;
    Ok(out)
}

fn of_rule(roff: &mut Roff, rule: &Rule) {
    roff.control("SS", [format!("{} {}", rule.id, rule.name).as_str()]);
    roff.text([roman(format!("{} ({}).", plain(rule.title), rule.severity.name()))]);
    for seen in rule.advice().client_sees.iter().take(SYMPTOMS) {
        roff.control("IP", ["\\(bu", "2"]);
        roff.text([roman(plain(seen))]);
    }
    for (n, step) in rule.advice().fix.iter().enumerate() {
        roff.control("IP", [format!("{}.", n + 1).as_str(), "4"]);
        roff.text([bold(step.on.name()), roman(format!(": {}", plain(&step.text)))]);
    }
}

/// Without Markdown's marks.
fn plain(text: &str) -> String {
    text.replace(['`', '*'], "").trim_end_matches('.').to_owned()
}

/// Symptoms listed of a rule.
const SYMPTOMS: usize = 4;
const SOURCE: &str = concat!("pptp-diag ", env!("CARGO_PKG_VERSION"));

const SEE_MAIN: &[(&str, &[&str])] =
    &[("SEE ALSO", &["pptp-diag(1), pptp-diag-rules(7), tcpdump(8), wireshark(1)"])];

const MAIN: &[(&str, &[&str])] = &[
    (
        "REPORT",
        &[
            "For each conversation: whether it came about, the step at which it stopped, the rule that names \
             the cause, the frames that prove it, what the user sees, and the fix with the machine on which it \
             is made. A healthy conversation takes three lines.",
            "certain\tthe packets admit no other reading, or cryptography proves it",
            "likely\tone mechanism fits, and its nearest look-alikes are ruled out",
            "possible\tit fits, but this capture cannot rule out a look-alike; the report says what is missing",
        ],
    ),
    (
        "EXIT STATUS",
        &[
            "0\tanalysed, and no finding at or above --fail-on",
            "1\ta finding at or above --fail-on (fault, if not set)",
            "2\ta capture, or what was asked for, could not be read or written",
        ],
    ),
    ("ENVIRONMENT", &["NO_COLOR\tno colours, if set and not empty", "COLUMNS\twidth of the text"]),
    (
        "EXAMPLES",
        &[
            "pptp-diag capture.pcap\tthe verdict on a capture",
            "pptp-diag client.pcap server.pcap\ttwo views of one call, joined",
            "tcpdump -i eth0 -s 0 -U -w - 'tcp port 1723 or proto 47 or icmp' | pptp-diag -\twhat comes in by a pipe",
            "pptp-diag explain 721\twhat an error number on the screen may mean",
            "pptp-diag extract --anonymize capture.pcap -o public.pcapng\ta capture for a stranger",
        ],
    ),
    (
        "SEE ALSO",
        &[
            "pptp-diag-explain(1), pptp-diag-extract(1), pptp-diag-rules(7), tcpdump(8), wireshark(1)",
        ],
    ),
];
