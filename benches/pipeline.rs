//! What each stage costs over one generated capture, in the same process and over the same octets. The
//! figures that matter are the ratios to a plain walk over the records, never the times.
#![allow(
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub
)]

#[path = "support/generate.rs"]
mod generate;

use std::error::Error;
use std::io::Cursor;
use std::time::{Duration, Instant};

use pptp_diag::capture;
use pptp_diag::link::Linker;

fn main() -> Result<(), Box<dyn Error>> {
    let plan = generate::Plan { packets: 200_000, pptp_permille: 10, ..generate::Plan::default() };
    let mut file = Vec::new();
    generate::write(plan, &mut file)?;
    let file: &'static [u8] = file.leak();
    println!("{} frames, {} octets", plan.packets, file.len());

    let (walk, frames) = median(|| read(file, None))?;
    println!("walk       {walk:>10.1?}  {frames} frames");
    for (name, linker) in [
        ("gate", (|| Linker::new(&[])) as fn() -> Linker),
        ("full link", || Linker::without_gate(&[])),
    ] {
        let (time, kept) = median(|| read(file, Some(linker())))?;
        println!("{name:<10} {time:>10.1?}  {:.2} × walk, {kept} datagrams", ratio(time, walk));
    }
    Ok(())
}

/// Reads the capture through; counts frames, or datagrams where there is a linker.
fn read(file: &'static [u8], mut linker: Option<Linker>) -> Result<u64, Box<dyn Error>> {
    let mut source = capture::read(Box::new(Cursor::new(file)), "bench", 0)?;
    let mut count = 0;
    while let Some(frame) = source.next_frame()? {
        count += match &mut linker {
            Some(linker) => u64::from(linker.datagram(&frame).is_some()),
            None => 1,
        };
    }
    Ok(count)
}

fn median(
    mut run: impl FnMut() -> Result<u64, Box<dyn Error>>,
) -> Result<(Duration, u64), Box<dyn Error>> {
    let mut times = Vec::new();
    let mut count = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        count = run()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok((times.get(RUNS / 2).copied().unwrap_or_default(), count))
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

const RUNS: usize = 9;
