//! `cargo xtask faults`: random schedules of faults, as many as are wanted, each known by its seed.

use anyhow::Result;

use crate::project::Project;

/// Run random schedules of two faults each, optimised, on all cores
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many
    #[arg(long, default_value_t = 1_000_000)]
    schedules: u64,
    /// The seed of the first; each other one's is one more
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    let test = [
        "test",
        "--release",
        "-p",
        "tensorpool-tests",
        "--test",
        "faults",
        "--",
        "--nocapture",
        "two_faults",
    ];
    let cargo = project.cargo().args(test).env_remove("TP_FAULT_SEED");
    cargo
        .env("TP_FAULT_SCHEDULES", args.schedules.to_string())
        .env("TP_FAULT_FIRST", args.seed.to_string())
        .run()?;
    Ok(())
}
