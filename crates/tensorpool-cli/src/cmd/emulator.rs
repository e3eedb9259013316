//! `tp emulator`: a local engine, as the program `tensorpool-emulator`.

use std::io;

use serde_json::json;
use tensorpool_emulator::Program;

use crate::app::App;
use crate::failure::Failure;
use crate::output::{Format, print};

/// Serves until it is told to end.
pub(crate) async fn run(program: Program, app: &App) -> Result<(), Failure> {
    let format = app.screen.format;
    // The first line, and all there is on stdout: a script reads the address from it.
    let listening = |url: &str| {
        let line = match format {
            Format::Json => json!({ "url": url }).to_string(),
            Format::Id => url.to_owned(),
            Format::Table | Format::Plain => format!("listening on {url}"),
        };
        print(&format!("{line}\n")).map_err(|failure| io::Error::other(failure.message))
    };
    program.serve(listening).await.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => Failure::usage(error.to_string()),
        _ => Failure::failed(error.to_string()),
    })
}
