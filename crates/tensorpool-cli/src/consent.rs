//! Consent: what each command does to what is there, and whether it asks first.

use std::io::{self, BufRead as _, Write as _};

use crate::app::App;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::clean;

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It changes nothing at the engine.
    Reads,
    /// It changes something that can be changed back.
    Changes,
    /// It costs money: on a terminal it shows the price and asks y/N. A script is taken at its word, as by the official
    /// client, which never asks.
    Costs,
    /// It changes a file of this machine that belongs to another program: on a terminal it shows what, and asks y/N.
    Edits,
    /// It asks y/N first: it takes away something that can be made again.
    Asks,
    /// It asks for the id to be typed: what it takes away does not come back.
    Types,
}

/// Every command, and its level. There is no other place that says whether a command asks.
pub const LEVELS: &[(&str, Level)] = &[
    ("cluster create", Level::Costs),
    ("cluster destroy", Level::Asks),
    ("cluster list", Level::Reads),
    ("cluster info", Level::Reads),
    ("cluster edit", Level::Changes),
    ("cluster attach", Level::Changes),
    ("cluster detach", Level::Changes),
    ("cluster operations", Level::Reads),
    ("cluster wait", Level::Reads),
    ("storage create", Level::Changes),
    ("storage destroy", Level::Types),
    ("storage list", Level::Reads),
    ("storage info", Level::Reads),
    ("storage edit", Level::Changes),
    ("job init", Level::Reads),
    ("job push", Level::Changes),
    ("job list", Level::Reads),
    ("job info", Level::Reads),
    ("job cancel", Level::Asks),
    ("job delete", Level::Asks),
    ("job listen", Level::Reads),
    ("job pull", Level::Reads),
    ("job wait", Level::Reads),
    ("ssh", Level::Reads),
    // Only where it writes into the user's own files.
    ("ssh-config", Level::Asks),
    ("object-storage enable", Level::Changes),
    ("object-storage disable", Level::Types),
    ("object-storage credentials", Level::Reads),
    ("object-storage rotate-keys", Level::Types),
    ("object-storage configure rclone", Level::Edits),
    ("object-storage configure aws", Level::Edits),
    ("object-storage bucket list", Level::Reads),
    ("object-storage bucket create", Level::Changes),
    ("object-storage bucket delete", Level::Asks),
    ("me", Level::Reads),
    ("me sshkey add", Level::Changes),
    ("me sshkey list", Level::Reads),
    ("me sshkey remove", Level::Asks),
    ("me organization", Level::Reads),
    ("me preferences", Level::Reads),
    ("me preferences get", Level::Reads),
    ("me preferences set", Level::Changes),
    ("demo", Level::Reads),
    ("emulator", Level::Reads),
    ("quote", Level::Reads),
    ("request info", Level::Reads),
    ("request wait", Level::Reads),
    // Only for what is not GET or HEAD.
    ("api", Level::Asks),
    ("auth login", Level::Changes),
    ("auth logout", Level::Asks),
    ("auth status", Level::Reads),
    ("completions", Level::Reads),
    ("doctor", Level::Reads),
    ("man", Level::Reads),
];

/// The level of the command with this path, such as `cluster destroy`.
pub(crate) fn level(path: &str) -> Level {
    // A command that is not in the table is treated as the most dangerous one; a test sees to it that there is none.
    LEVELS.iter().find(|(name, _)| *name == path).map_or(Level::Types, |(_, level)| *level)
}

/// Asks, as the table says, before `what` is done to `id`.
pub(crate) fn ask(app: &App, what: &str, id: &str) -> Result<(), Failure> {
    let level = level(app.path());
    if app.globals.agrees() || matches!(level, Level::Reads | Level::Changes) {
        return Ok(());
    }
    if !app.screen.asks && matches!(level, Level::Costs | Level::Edits) {
        return Ok(());
    }
    if !app.screen.asks {
        return Err(Failure::usage(format!(
            "{} asks before it acts, and there is no terminal to ask on; nothing was sent",
            app.path()
        ))
        .hint("give --yes to go on without being asked"));
    }
    let (question, right): (_, &[&str]) = match level {
        Level::Types => (format!("{what}\nThis cannot be undone. Type {id} to go on: "), &[id]),
        _ => (format!("{what} [y/N] "), &["y", "yes"]),
    };
    let said = prompt(&question)?;
    let agreed = match level {
        Level::Types => right.contains(&said.as_str()),
        _ => right.contains(&said.to_lowercase().as_str()),
    };
    let undone = if level == Level::Edits { "written" } else { "sent" };
    if agreed { Ok(()) } else { Err(Failure::new(Exit::Declined, format!("declined; nothing was {undone}"))) }
}

/// Asks on stderr and reads a line.
pub(crate) fn prompt(question: &str) -> Result<String, Failure> {
    let shown: Vec<_> = question.split('\n').map(clean).collect();
    let mut err = io::stderr();
    write!(err, "{}", shown.join("\n")).and_then(|()| err.flush()).map_err(|e| Failure::io("stderr", &e))?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|e| Failure::io("stdin", &e))?;
    Ok(line.trim().to_owned())
}
