//! Writes a capture for measuring, to a file or to standard output (`-`):
//! `cargo bench --bench generate -- OUT.pcap --packets 1600000 --pptp-permille 10`.
#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs, unreachable_pub)]

#[path = "support/generate.rs"]
mod generate;

use std::error::Error;
use std::fs::File;
use std::io;

use generate::hostile;

fn main() -> Result<(), Box<dyn Error>> {
    let mut plan = generate::Plan::default();
    let mut out = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let place = match argument.as_str() {
            // What `cargo bench` adds by itself.
            "--bench" => continue,
            "--help" => {
                usage();
                return Ok(());
            }
            "--seed" => &mut plan.seed,
            "--packets" => &mut plan.packets,
            "--octets" => &mut plan.octets,
            "--sessions" => &mut plan.sessions,
            "--pptp-permille" => &mut plan.pptp_permille,
            "--faults" => &mut plan.faults,
            "--speed" => &mut plan.speed,
            "--data" => {
                plan.data = u32::try_from(number(&argument, arguments.next())?)?;
                continue;
            }
            "--concurrent" => {
                plan.concurrent = u32::try_from(number(&argument, arguments.next())?)?;
                continue;
            }
            "--hostile" => {
                let name = arguments.next().unwrap_or_default();
                let kind = hostile::KINDS.iter().find(|(known, _)| *known == name);
                plan.hostile = Some(kind.ok_or_else(|| format!("`{name}` is no attack"))?.1);
                continue;
            }
            option if option.starts_with("--") => return Err(format!("{option} is unknown").into()),
            _ => {
                out = Some(argument);
                continue;
            }
        };
        *place = number(&argument, arguments.next())?;
    }
    let Some(out) = out else {
        usage();
        return Ok(());
    };
    if plan.packets.min(plan.octets).min(plan.sessions) == u64::MAX {
        plan.packets = 1_000_000;
    }
    let written = if out == "-" {
        generate::write(plan, &mut io::stdout().lock())?
    } else {
        generate::write(plan, &mut File::create(&out)?)?
    };
    eprintln!(
        "{} packets, {} octets, {} sessions, at most {} at one time",
        written.packets, written.octets, written.sessions, written.concurrent
    );
    Ok(())
}

fn number(option: &str, value: Option<String>) -> Result<u64, Box<dyn Error>> {
    let value = value.ok_or_else(|| format!("{option} needs a number"))?;
    Ok(value.parse().map_err(|e| format!("{option} {value}: {e}"))?)
}

fn usage() {
    let kinds: Vec<&str> = hostile::KINDS.iter().map(|(name, _)| *name).collect();
    println!("{USAGE}{}", kinds.join(", "));
}

const USAGE: &str = "\
usage: generate OUT.pcap|- [OPTION NUMBER …]
  --seed           any number: the same one gives the same octets
  --packets        frames in all
  --octets         octets in all, about
  --sessions       PPTP sessions in all: the capture ends with the last
  --pptp-permille  frames of a thousand that belong to PPTP (1000)
  --concurrent     sessions open at one time (10)
  --data           data packets of a healthy session (200)
  --faults         sessions of a thousand that fail (0)
  --speed          frames a second, at most
  --hostile KIND   attacks instead of sessions: ";
