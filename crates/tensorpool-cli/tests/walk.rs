//! A walk over the whole command line: what must be true of every command is true of each.
use std::collections::BTreeSet;

use clap::Command;
use tensorpool_cli::{Exit, LEVELS, Level, command};

/// Every command that does something, with its path.
fn commands() -> Vec<(String, Command)> {
    fn walk(command: &Command, above: &str, found: &mut Vec<(String, Command)>) {
        let below: Vec<_> = command.get_subcommands().collect();
        if !above.is_empty() && (below.is_empty() || DOES_ITSELF.contains(&above)) {
            found.push((above.to_owned(), command.clone()));
        }
        for sub in below {
            walk(sub, format!("{above} {}", sub.get_name()).trim(), found);
        }
    }
    let (mut root, mut found) = (command(), Vec::new());
    root.build();
    walk(&root, "", &mut found);
    found
}

/// Commands that have others below them, and do something alone, too.
const DOES_ITSELF: [&str; 3] = ["me", "me preferences", "quote"];

#[test]
fn every_command_has_a_level_and_every_level_a_command() {
    let there: BTreeSet<_> = commands().into_iter().map(|(path, _)| path).collect();
    let told: BTreeSet<_> = LEVELS.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(told.len(), LEVELS.len(), "a command is told of twice");
    let without: Vec<_> = there.difference(&told).filter(|path| *path != "quote storage").collect();
    assert!(without.is_empty(), "commands without a level: {without:?}");
    let gone: Vec<_> = told.difference(&there).collect();
    assert!(gone.is_empty(), "levels of commands that are not there: {gone:?}");
    assert!(there.len() > 50, "only {} commands were found", there.len());
}

#[test]
fn every_command_tells_its_exit_codes_and_takes_a_format() {
    for (path, mut command) in commands() {
        let help = command.render_help().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        for exit in Exit::ALL {
            let told = format!("{} {}", exit.code(), exit.meaning());
            assert!(help.contains(&told), "{path} does not tell {told:?}:\n{help}");
        }
        let output = command.get_arguments().find(|arg| arg.get_id() == "output");
        let values = output.unwrap_or_else(|| unreachable_without(&path)).get_possible_values();
        let names: Vec<_> = values.iter().map(|value| value.get_name().to_owned()).collect();
        assert_eq!(names, ["table", "json", "plain", "id"], "{path}");
    }
}

/// Names the command that takes no format.
#[allow(clippy::panic, reason = "a test says what it means")]
fn unreachable_without(path: &str) -> &'static clap::Arg {
    panic!("{path} takes no -o")
}

#[test]
fn what_does_not_come_back_is_typed() {
    let level = |path: &str| LEVELS.iter().find(|(name, _)| *name == path).map(|(_, level)| *level);
    for path in ["storage destroy", "object-storage disable", "object-storage rotate-keys"] {
        assert_eq!(level(path), Some(Level::Types), "{path}");
    }
    for path in
        ["cluster destroy", "job cancel", "job delete", "object-storage bucket delete", "me sshkey remove"]
    {
        assert_eq!(level(path), Some(Level::Asks), "{path}");
    }
    assert_eq!(level("cluster create"), Some(Level::Costs));
}

#[test]
fn the_grammar_holds() {
    command().debug_assert();
}
