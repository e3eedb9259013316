//! `cargo xtask proof`: every figure of `docs/testing.md`, measured anew, in one table.

use anyhow::{Context, Result, ensure};

use crate::project::Project;

/// How a test prints a figure: `proof: <claim> | <figure> | <command>`.
const MARK: &str = "proof: ";

/// Test targets of the package `tensorpool-tests` that print figures.
const TARGETS: &[&str] = &["command", "corpus", "faults", "flow", "secrets", "session", "transfer"];

/// Claims that must be there, by their beginnings.
const CLAIMS: &[&str] = &[
    "each of the fourteen answers to a range",
    "a killed download",
    "a full disk",
    "a directory that may not be written",
    "downloads at once",
    "links swapped",
    "no name the server makes up",
    "whatever is accepted",
    "a planted token",
    "two faults",
    "an order whose answer is lost",
    "a failing engine",
    "Retry-After is honoured",
    "what fuzzing found is replayed",
    "changed inputs break nothing",
];

/// Measure every figure that the documentation claims
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The long form, optimised: minutes instead of seconds
    #[arg(long)]
    full: bool,
}

pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    let mut cargo = project.cargo().args(["test", "-p", "tensorpool-tests"]);
    if args.full {
        cargo = cargo.arg("--release").env("TENSORPOOL_PROOF", "full");
    }
    for target in TARGETS {
        cargo = cargo.args(["--test", target]);
    }
    let printed = cargo.args(["--", "--nocapture"]).read().context("a proof failed")?;
    let figures = figures(&printed);
    for [claim, figure, command] in &figures {
        println!("{claim}\n    {figure}\n    {command}");
    }
    let missing = missing(&figures);
    ensure!(missing.is_empty(), "claims without a figure: {}", missing.join("; "));
    println!("{} figures", figures.len());
    Ok(())
}

/// The figures in what tests print, wherever in a line they begin.
fn figures(printed: &str) -> Vec<[String; 3]> {
    let lines = printed.lines().filter_map(|line| line.split_once(MARK));
    let mut figures: Vec<_> = lines
        .filter_map(|(_, line)| {
            let mut parts = line.splitn(3, " | ").map(|part| part.trim().to_owned());
            Some([parts.next()?, parts.next()?, parts.next()?])
        })
        .collect();
    figures.sort_unstable();
    figures.dedup();
    figures
}

fn missing(figures: &[[String; 3]]) -> Vec<&'static str> {
    let there = |claim: &&str| figures.iter().any(|[told, ..]| told.starts_with(claim));
    CLAIMS.iter().copied().filter(|claim| !there(claim)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_and_a_missing_one_is_missed() {
        let printed = "test a ... proof: a full disk is told | 1 | cargo test a\nproof: half | of one\nok\n";
        let figures = figures(printed);
        assert_eq!(figures, [["a full disk is told", "1", "cargo test a"].map(str::to_owned)]);
        let missing = missing(&figures);
        assert!(missing.len() == CLAIMS.len() - 1 && !missing.contains(&"a full disk"));
    }
}
