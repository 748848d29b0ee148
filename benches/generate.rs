//! Writes a capture for measuring:
//! `cargo bench --bench generate -- OUT.pcap --packets N --pptp-permille 10 --seed 1`.
#![allow(clippy::print_stdout, clippy::cast_possible_truncation, missing_docs, unreachable_pub)]

#[path = "support/generate.rs"]
mod generate;

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};

fn main() -> Result<(), Box<dyn Error>> {
    let mut plan = generate::Plan { packets: 1_000_000, pptp_permille: 10, seed: 1 };
    let mut out = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let number = match argument.as_str() {
            // What `cargo bench` adds by itself.
            "--bench" => continue,
            "--packets" => &mut plan.packets,
            "--pptp-permille" => &mut plan.pptp_permille,
            "--seed" => &mut plan.seed,
            option if option.starts_with('-') => return Err(format!("{option} is unknown").into()),
            _ => {
                out = Some(argument);
                continue;
            }
        };
        *number = arguments.next().ok_or_else(|| format!("{argument} needs a number"))?.parse()?;
    }
    let Some(out) = out else {
        println!("usage: generate OUT.pcap [--packets N] [--pptp-permille N] [--seed N]");
        return Ok(());
    };
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&out)?);
    generate::write(plan, &mut file)?;
    file.flush()?;
    Ok(())
}
