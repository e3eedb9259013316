//! Figures: how much of a proof is asked for, and how its outcome is printed for `cargo xtask proof` to collect.

/// Set to `full` by `cargo xtask proof --full`.
const HOW_MUCH: &str = "TENSORPOOL_PROOF";

/// Whether the long form is asked for rather than the part that every change is held against.
#[must_use]
pub fn full() -> bool {
    std::env::var_os(HOW_MUCH).is_some_and(|value| value == "full")
}

/// `fast` of something, or `full` of it where the long form is asked for.
#[must_use]
pub fn count(fast: usize, full: usize) -> usize {
    if self::full() { full } else { fast }
}

/// Prints a figure.
pub fn figure(claim: &str, figure: impl std::fmt::Display, command: &str) {
    println!("proof: {claim} | {figure} | {command}");
}
