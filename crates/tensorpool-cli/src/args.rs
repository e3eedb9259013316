//! The command line: what is common to all commands, and what is said of each.

use std::time::Duration;

use clap::{ArgAction, ArgMatches, Args, Command, CommandFactory as _, Parser};

use crate::cmd::Cmd;
use crate::consent::{self, Level};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::wait;

/// TensorPool at the terminal: GPU clusters, jobs, storage.
#[derive(Parser, Debug)]
#[command(name = "tp", bin_name = "tp", version, disable_version_flag = true, disable_help_subcommand = true)]
pub(crate) struct Tp {
    #[command(flatten)]
    pub(crate) globals: Globals,
    /// Print the version
    #[arg(short = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,
    #[command(subcommand)]
    pub(crate) command: Option<Cmd>,
}

/// What every command takes.
#[derive(Args, Debug, Default)]
pub(crate) struct Globals {
    /// How to print data: table on a terminal, plain elsewhere, unless given
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT", help_heading = "Global options")]
    pub(crate) output: Option<Format>,
    /// Never ask: take every question as answered with yes
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_input: bool,
    /// Answer every question with yes
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) yes: bool,
    /// Show the request instead of sending it
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) dry_run: bool,
    /// Say more of what goes on, on stderr; twice for more still
    #[arg(long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub(crate) verbose: u8,
    /// Which of the keys saved by `tp auth login` to use
    #[arg(
        long,
        global = true,
        env = "TP_PROFILE",
        hide_env_values = true,
        value_name = "NAME",
        help_heading = "Global options"
    )]
    pub(crate) profile: Option<String>,
}

impl Globals {
    /// Whether every question is answered already.
    pub(crate) fn agrees(&self) -> bool {
        self.yes || self.no_input
    }
}

/// `--wait[=DURATION]`.
#[derive(Args, Debug)]
pub(crate) struct WaitArg {
    /// Wait until it is done, at most this long (such as 90s, 10m, 2h; 45m unless given)
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = wait::DEFAULT, value_parser = duration)]
    pub(crate) wait: Option<Duration>,
}

/// `--org`.
#[derive(Args, Debug)]
pub(crate) struct Org {
    /// All of the organization's, not only yours
    #[arg(long, visible_alias = "organization")]
    pub(crate) org: bool,
}

/// Reads a duration such as `90s`, `10m` or `1h30m`; a bare number is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text).map_err(|error| error.to_string()),
    }
}

/// What the official client takes for true; everything else is false there, and a mistake here.
pub(crate) fn truth(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err("true or false".to_owned()),
    }
}

/// The whole command line, each command with its exit codes.
#[must_use]
pub fn command() -> Command {
    documented(Tp::command(), "")
}

/// Says below each command's help what it does to what is there, and how it can end.
fn documented(command: Command, above: &str) -> Command {
    let path = |name: &str| if above.is_empty() { name.to_owned() } else { format!("{above} {name}") };
    let names: Vec<_> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = command;
    for name in names {
        command = command.mut_subcommand(&name, |sub| {
            let path = path(&name);
            let sub = if sub.get_after_help().is_some() { sub } else { sub.after_help(after(&path)) };
            documented(sub, &path)
        });
    }
    command
}

fn after(path: &str) -> String {
    let asks = match consent::LEVELS.iter().find(|(name, _)| *name == path) {
        Some((_, Level::Costs)) => "On a terminal, shows the price and asks before it orders (y/N).\n\n",
        Some((_, Level::Asks)) => "Asks before it acts (y/N).\n\n",
        Some((_, Level::Edits)) => "Shows what it writes, and asks on a terminal (y/N).\n\n",
        Some((_, Level::Types)) => "Asks for the id to be typed before it acts.\n\n",
        _ => "",
    };
    let codes: Vec<_> = Exit::ALL.iter().map(|exit| format!("{} {}", exit.code(), exit.meaning())).collect();
    format!("{asks}Exit codes: {}", codes.join(" · "))
}

/// The path of the command that was given, such as `cluster destroy`.
pub(crate) fn path(matches: &ArgMatches) -> String {
    let (mut at, mut path) = (matches, Vec::new());
    while let Some((name, below)) = at.subcommand() {
        path.push(name);
        at = below;
    }
    path.join(" ")
}

/// The help of the command with this path, as for `--help`.
pub(crate) fn help(path: &[&str]) -> Result<(), Failure> {
    let mut command = command();
    command.build();
    let mut at = command;
    for name in path {
        let Some(below) = at.find_subcommand(name).cloned() else { break };
        at = below;
    }
    output::print(&at.render_help().to_string())
}
