//! `cargo xtask interop`: the official Python client against our emulator, which is what keeps the emulator honest.

mod client;
mod compare;
mod engine;
mod jobs;
mod lines;
mod recorder;
mod script;

use anyhow::{Result, bail};

use crate::project::Project;
use client::{Client, Official};
use engine::Engine;

/// Run the official Python client against the emulator
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many times faster than a real one the emulator's clock goes
    #[arg(long, default_value_t = 60)]
    time_scale: u32,
    /// Show what the client prints, also where it is as it should be
    #[arg(short, long)]
    verbose: bool,
    /// Only compare the requests of the official client with those of `tp`
    #[arg(long)]
    requests: bool,
}

impl Default for Args {
    fn default() -> Self {
        Self { time_scale: 60, verbose: false, requests: false }
    }
}

pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    let official = Official::install(project)?;
    compare::run(project, &official, args.verbose)?;
    if args.requests {
        return Ok(());
    }
    let engine = Engine::start(project, args.time_scale)?;
    let scratch = project.sh().create_temp_dir()?;
    let mut client = Client::new(official, &engine, scratch.path(), args.verbose)?;
    let ended = script::play(&mut client, &engine);
    let (passed, failed) = client.score();
    println!("{passed} passed, {failed} failed");
    if failed > 0 || ended.is_err() {
        println!("what the emulator said:\n{}", engine.log());
    }
    ended?;
    if failed > 0 {
        bail!("differences between the emulator and the engine the official client was made for: {failed}");
    }
    Ok(())
}
