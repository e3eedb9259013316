//! `tp ssh`

use clap::Args;
use serde_json::json;
use tensorpool_client::core::api::ssh::GetSshCommand;
use tensorpool_client::core::command::{Rules, judge};
use tensorpool_client::core::model::System;

use crate::app::App;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, View};
use crate::run::{self, Trust};

/// `tp ssh INSTANCE [ARGS…]`. Options of `tp` stand before the instance.
#[derive(Args, Debug)]
pub(crate) struct Ssh {
    #[command(flatten)]
    trust: Trust,
    /// The instance (see `tp cluster list --instances`), and what else to give to ssh, such as -L or a command
    // One argument and not two, so that what follows the instance is ssh's, `-o` included.
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true, value_names = ["INSTANCE", "ARGS"])]
    words: Vec<String>,
}

impl Ssh {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let (instance, args) = self.words.split_first().ok_or_else(|| Failure::usage("which instance?"))?;
        if instance.starts_with('-') {
            return Err(Failure::usage(format!("{instance} is no instance"))
                .hint("the instance stands before the options of ssh: `tp ssh INSTANCE -v`"));
        }
        let ask = GetSshCommand::new(instance.as_str()).system(System::current());
        let Some(answer) = app.send(ask).await? else { return Ok(()) };
        if let Some(message) = &answer.value.message {
            app.screen.say(message);
        }
        let text = answer.value.command;
        let mut argv = match judge(&text, &Rules::ssh()) {
            Ok(judged) => judged.into_runs().into_iter().flat_map(|run| run.args().to_vec()).collect(),
            Err(refusal) if self.trust.trust_server_commands => {
                app.screen.say(&format!("WARNING: {refusal}; running it all the same, in a shell"));
                Vec::new()
            }
            Err(refusal) => {
                app.screen.say(&format!("the engine asked to run: {text}"));
                return Err(run::refusal(format!("{refusal}; nothing was run")));
            }
        };
        // A shell is needed only for what was not taken apart.
        let (name, argv) = if argv.is_empty() {
            ("sh", [vec!["-c".to_owned(), format!("{text} \"$@\""), "sh".to_owned()], args.to_vec()].concat())
        } else {
            argv.extend_from_slice(args);
            ("ssh", argv)
        };
        if app.screen.format == Format::Json {
            // A program that asks for a document wants to know the command, not to type into it.
            let argv: Vec<_> = std::iter::once(name.to_owned()).chain(argv).collect();
            return app.screen.show(&View::one(json!({ "command": text, "argv": argv }), instance));
        }
        let path = run::program(name).ok_or_else(|| {
            Failure::new(Exit::Failed, format!("there is no {name} in PATH")).hint("install it")
        })?;
        app.screen.say(&format!(
            "running: {text}{}{}",
            if args.is_empty() { "" } else { " " },
            args.join(" ")
        ));
        become_program(&path, &argv)
    }
}

/// The terminal and the exit code are ssh's from here on.
#[cfg(unix)]
fn become_program(path: &std::path::Path, argv: &[String]) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt as _;
    let error = std::process::Command::new(path).args(argv).env_clear().envs(run::environment()).exec();
    Err(Failure::io(path.display(), &error))
}

#[cfg(not(unix))]
fn become_program(path: &std::path::Path, argv: &[String]) -> Result<(), Failure> {
    let status = std::process::Command::new(path).args(argv).env_clear().envs(run::environment()).status();
    let status = status.map_err(|error| Failure::io(path.display(), &error))?;
    std::process::exit(status.code().unwrap_or(1))
}
