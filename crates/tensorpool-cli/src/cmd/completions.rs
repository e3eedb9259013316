//! `tp completions`

use clap::Args;
use clap_complete::{Shell, generate};
use serde_json::json;

use crate::app::App;
use crate::failure::Failure;
use crate::output::{self, Format};

/// `tp completions SHELL`
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// Which shell they are for
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut crate::command(), "tp", &mut script);
        if app.screen.format == Format::Json {
            let script = String::from_utf8_lossy(&script);
            return app.screen.json(&json!({ "shell": self.shell.to_string(), "script": script }));
        }
        output::write(&script)
    }
}
