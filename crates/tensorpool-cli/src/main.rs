//! `tp`: TensorPool at the terminal.

use std::process::ExitCode;

fn main() -> ExitCode {
    tensorpool_cli::run(std::env::args_os())
}
