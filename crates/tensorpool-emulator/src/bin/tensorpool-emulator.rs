//! `tensorpool-emulator`: a local TensorPool engine on a socket.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser;
use tensorpool_emulator::Program;

/// A local TensorPool engine: no account, no cost, no GPUs.
///
/// The first line of the output is `listening on http://ADDRESS:PORT`. Point any TensorPool client to that address
/// with TENSORPOOL_ENGINE, and give it the key with TENSORPOOL_KEY.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(flatten)]
    program: Program,
}

fn main() -> ExitCode {
    let Arguments { program } = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(program.serve(listening))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(if error.kind() == io::ErrorKind::InvalidInput { 2 } else { 1 })
        }
    }
}

fn listening(url: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {url}")?;
    stdout.flush()
}
