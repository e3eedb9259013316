//! The program `tp`. It is a library only so that its parts can be tested, and its command line read, from outside; it is
//! run with [`run`], and promises nothing but the command line that `docs/cli.md` describes.

mod app;
mod args;
mod cmd;
mod consent;
mod edit;
mod exit;
mod failure;
mod key;
mod log;
mod output;
mod run;
mod wait;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::FromArgMatches as _;

pub use args::command;
pub use consent::{LEVELS, Level};
pub use exit::Exit;

use app::App;
use args::Tp;
use cmd::Cmd;

/// Does what a command line says, and says how it went.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<_> = args.into_iter().collect();
    // Scripts ask for it at every start, so it waits for nothing, not even the command line's grammar.
    if let [_, flag] = args.as_slice()
        && (flag == "-v" || flag == "-V" || flag == "--version")
    {
        return output::version();
    }
    let matches = match command().try_get_matches_from(&args) {
        Ok(matches) => matches,
        Err(refused) => return output::usage(&refused, &args),
    };
    let tp = match Tp::from_arg_matches(&matches) {
        Ok(tp) => tp,
        Err(refused) => return output::usage(&refused.format(&mut command()), &args),
    };
    let app = App::new(tp.globals, args::path(&matches));
    let result = log::start(app.globals.verbose).and_then(|()| match tp.command {
        // What needs no engine needs no runtime, which opens sockets of its own.
        Some(Cmd::Completions(command)) => command.run(&app),
        Some(Cmd::Man(command)) => command.run(&app),
        Some(command) => app.block_on(command.run(&app)),
        None => args::help(&[]),
    });
    match result {
        Ok(()) => app.exit_code(),
        Err(failure) => app.fail(&failure),
    }
}
