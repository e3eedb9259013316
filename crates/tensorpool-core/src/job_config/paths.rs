//! What a path of `outputs` or `ignore` cannot be.

use super::finding::Severity;

/// Whether a path is kept or left out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Output,
    Ignore,
}

/// What is wrong with a path, how much it matters, and what to do. The first reason only.
pub(super) fn check(path: &str, use_: Use) -> Option<(Severity, &'static str, &'static str)> {
    use Severity::{Error, Warning};
    // What cannot be kept is lost after the job was paid for; what is not ignored is only uploaded.
    let (outside, nothing) = match use_ {
        Use::Output => {
            (Error, "outputs are relative to the job's directory, and a pull writes nothing outside")
        }
        Use::Ignore => (Warning, "paths are relative to the folder that is pushed, so it leaves nothing out"),
    };
    if path.trim().is_empty() {
        return Some((Error, "is empty", "take it out, or name a file, directory or glob"));
    }
    if path.chars().any(char::is_control) {
        return Some((Error, "holds a control character", "a glob such as `?` can stand for it"));
    }
    if path.starts_with('/') {
        return Some(match use_ {
            Use::Output => (Error, "is absolute", nothing),
            Use::Ignore => (
                Warning,
                "begins with a slash",
                "it is matched at the top of the folder only, not in the file system",
            ),
        });
    }
    if is_drive(path) {
        return Some((outside, "begins with a drive", nothing));
    }
    if path.starts_with("\\\\") {
        return Some((outside, "is a network path", nothing));
    }
    if path == "~" || path.starts_with("~/") {
        return Some((outside, "begins with `~`, which is not expanded", nothing));
    }
    if path.split(['/', '\\']).any(|part| part == "..") {
        return Some((outside, "has a `..`", nothing));
    }
    if has_separator_backslash(path) {
        return Some((
            Warning,
            "has a backslash",
            "write `/` between directories, on Windows too; in a glob a backslash takes away a meaning",
        ));
    }
    if use_ == Use::Ignore && path.starts_with('!') {
        return Some((
            Warning,
            "begins with `!`",
            "it is taken as part of the name; what is left out can be taken in again only in a .tpignore",
        ));
    }
    if path.trim() != path {
        return Some((Warning, "begins or ends with a space", "the space counts as part of the name"));
    }
    None
}

fn is_drive(path: &str) -> bool {
    let mut chars = path.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && matches!(chars.next(), None | Some('/' | '\\'))
}

/// A backslash before one of a glob's own characters is an escape; any other was meant as a separator.
fn has_separator_backslash(path: &str) -> bool {
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        if c == '\\'
            && !matches!(chars.next(), Some('*' | '?' | '[' | ']' | '{' | '}' | '!' | '#' | '\\' | ' '))
        {
            return true;
        }
    }
    false
}
