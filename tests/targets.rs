//! What is fuzzed: each target takes any bytes at all and panics where something is not as it must be.
//!
//! `tests/fuzz` feeds them with libFuzzer; `cargo test --test corpus` replays what it has found.

mod answers;
mod config;
mod frames;
pub mod names;
mod times;
mod transfer;

use tensorpool_core::command::{Rules, judge};
use tensorpool_core::error::Error;

/// A target: told bytes, and where to stop. It says whether they were taken for good, so that a replay can tell that both ways
/// were gone.
pub type Target = fn(&[u8]) -> bool;

/// All of them by name.
pub const ALL: &[(&str, Target)] = &[
    ("command", command),
    ("content_range", transfer::content_range),
    ("error_body", answers::error_body),
    ("frames", frames::frames),
    ("rel_path", names::rel_path),
    ("response_model", answers::response_model),
    ("retry_after", times::retry_after),
    ("tp_toml", config::tp_toml),
    ("wire_enum", answers::wire_enum),
];

/// Gives `data` to the target of this name.
///
/// # Panics
///
/// If there is no such target, or something is not as it must be.
pub fn run(name: &str, data: &[u8]) -> bool {
    let (_, target) =
        ALL.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no target {name}"));
    target(data)
}

/// The token of the targets: nothing that is shown may hold it.
const TOKEN: &str = "tp-canary-5e1f";

/// A number from the front of the data, and the rest; 0 where there is none.
fn front(data: &[u8]) -> (usize, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (usize::from(*first), rest))
}

/// One line of bearable length, whatever the server said.
fn assert_presentable(error: &Error) {
    let line = error.to_string();
    assert!(!line.contains(char::is_control), "more than one line: {line:?}");
    assert!(line.chars().count() <= 900, "{} characters: {line}", line.chars().count());
    let debug = format!("{error:?}");
    assert!(debug.chars().count() <= 8_000, "{} characters: {debug}", debug.chars().count());
    let predicates = [error.is_timeout(), error.is_invalid(), error.is_conflict(), error.is_unauthorized()];
    assert!(predicates.iter().filter(|is| **is).count() <= 1, "{line}");
}

/// Accepted means: a program of the list, no option that is denied, paths inside, and what is shown is what would be run.
fn command(data: &[u8]) -> bool {
    let (purpose, text) = front(data);
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let rules = [Rules::push(crate::oracle::DIR), Rules::pull(crate::oracle::DIR), Rules::ssh()];
    match judge(text, &rules[purpose % rules.len()]) {
        Ok(judged) => {
            crate::oracle::check(text, &judged);
            true
        }
        Err(refusal) => {
            let line = refusal.to_string();
            assert!(line.starts_with("refused: ") && !line.contains(char::is_control), "{line:?}");
            false
        }
    }
}
