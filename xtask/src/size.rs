//! `cargo xtask size`: how large `tp` is and how fast it starts, beside a program that does nothing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::project::Project;

/// How many bytes the stripped program may have, as the design has it. It has more: `docs/architecture.md` says why.
const BUDGET: u64 = 6_000_000;
/// What it may not grow past until the budget is met.
const CEILING: u64 = 6_250_000;
/// How many times as long as an empty program it may take to say its version.
const RATIO: f64 = 2.0;
const ROUNDS: usize = 200;

/// Build `tp` for release, and see that it does not grow; its start is only told, for a busy machine decides that
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Fail, too, if it starts slower than the budget allows
    #[arg(long)]
    strict: bool,
}

pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    project.cargo().args(["build", "-q", "--release", "--locked", "-p", "tensorpool-cli"]).run()?;
    let tp = project.target()?.join("release/tp");
    let bytes = std::fs::metadata(&tp).with_context(|| format!("there is no {}", tp.display()))?.len();
    let scratch = project.sh().create_temp_dir()?;
    let (source, empty) = (scratch.path().join("empty.rs"), scratch.path().join("empty"));
    std::fs::write(&source, "fn main() {}\n")?;
    let built =
        Command::new("rustc").args(["-O", "-Cstrip=symbols", "-o"]).arg(&empty).arg(&source).status()?;
    ensure!(built.success(), "rustc cannot build an empty program");

    let (ours, floor) = alternate(&tp, &empty)?;
    let ratio = ours.as_secs_f64() / floor.as_secs_f64();
    println!("tp is {bytes} bytes; the budget is {BUDGET}, and no more than {CEILING} pass");
    println!(
        "tp --version takes {:.2} ms, an empty program {:.2} ms: {ratio:.2} times, of {RATIO} at most (medians of {ROUNDS})",
        ours.as_secs_f64() * 1e3,
        floor.as_secs_f64() * 1e3,
    );
    ensure!(bytes <= CEILING, "tp has grown");
    ensure!(!args.strict || ratio <= RATIO, "tp starts slower than its budget allows");
    Ok(())
}

/// The median of each, run by turns so that what else the machine does falls on both.
fn alternate(tp: &Path, empty: &Path) -> Result<(Duration, Duration)> {
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            ours.push(once(tp)?);
            floor.push(once(empty)?);
        } else {
            floor.push(once(empty)?);
            ours.push(once(tp)?);
        }
    }
    Ok((median(ours)?, median(floor)?))
}

fn once(program: &Path) -> Result<Duration> {
    let start = Instant::now();
    let status = Command::new(program).arg("--version").stdout(Stdio::null()).status()?;
    let took = start.elapsed();
    ensure!(status.success(), "{} --version failed", program.display());
    Ok(took)
}

fn median(mut times: Vec<Duration>) -> Result<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied().context("nothing was timed")
}
