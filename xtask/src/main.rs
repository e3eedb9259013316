//! The project's own commands: `cargo xtask <command>`.

mod api;
mod ci;
mod examples;
mod faults;
mod fuzz;
mod gates;
mod interop;
mod package;
mod project;
mod proof;
mod size;
mod snap;
mod test;
mod wire;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::project::Project;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Test(test::Args),
    Snap(snap::Args),
    Wire(wire::Args),
    Api(api::Args),
    /// Check that every crate to be published can be packed, and built from its package
    Package,
    Examples(examples::Args),
    Faults(faults::Args),
    /// Check the rules of the architecture that no compiler knows
    Gates,
    Interop(interop::Args),
    Fuzz(fuzz::Args),
    Proof(proof::Args),
    Size(size::Args),
    Ci(ci::Args),
}

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let project = Project::open()?;
    match command {
        Command::Test(args) => test::run(&project, args),
        Command::Snap(args) => snap::run(&project, args),
        Command::Wire(args) => wire::run(&project, args),
        Command::Api(args) => api::run(&project, args),
        Command::Package => package::run(&project),
        Command::Examples(args) => examples::run(&project, args),
        Command::Faults(args) => faults::run(&project, args),
        Command::Gates => gates::run(&project),
        Command::Interop(args) => interop::run(&project, args),
        Command::Fuzz(args) => fuzz::run(&project, args),
        Command::Proof(args) => proof::run(&project, args),
        Command::Size(args) => size::run(&project, args),
        Command::Ci(args) => ci::run(&project, args),
    }
}
