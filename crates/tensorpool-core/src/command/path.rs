//! Local paths: inside the directory, component by component, as text.

use super::refusal::RefusalReason as Reason;
use super::rules::Rules;

/// Whether a path may have the character: letters, digits and marks that mean nothing to a shell, to rsync or to ssh.
pub(super) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() || "/._-+@=, ".contains(c)
}

/// A local operand of rsync: relative to the directory, or absolute and inside it.
///
/// `..` is refused even where it would stay inside: behind a symlink it leads elsewhere. A colon is refused because a
/// Windows rsync reads a drive where another one reads a name.
pub(super) fn local(text: &str, rules: &Rules) -> Result<(), Reason> {
    let plain = !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain);
    // Two slashes begin a network path on some systems.
    if !plain || text.starts_with("//") || has_parent(text) {
        return Err(Reason::Path);
    }
    if !text.starts_with('/') {
        return Ok(());
    }
    let dir = rules.dir().filter(|dir| dir.starts_with('/') && !has_parent(dir)).ok_or(Reason::Path)?;
    let mut inside = components(text);
    if components(dir).all(|component| inside.next() == Some(component)) { Ok(()) } else { Err(Reason::Path) }
}

/// Whether a path that is inside the directory is the directory itself, however it is spelled.
///
/// A download goes nowhere else: below, a link that an earlier one brought would be followed, whatever its own options are.
pub(super) fn is_whole_dir(text: &str, rules: &Rules) -> bool {
    let dir = if text.starts_with('/') { rules.dir().unwrap_or_default() } else { "" };
    components(text).eq(components(dir))
}

/// Whether a path leads into a repository's own data, where a download could leave hooks that git runs.
///
/// In the directory too: it is the caller's, but nobody has a reason to name one in there. Some file systems do not mind case,
/// Windows has short names and drops dots and spaces at the end.
pub(super) fn is_in_repository(text: &str, rules: &Rules) -> bool {
    let in_git = |path: &str| {
        path.split(['/', '\\']).any(|name| {
            let name = name.trim_end_matches(['.', ' ']);
            name.eq_ignore_ascii_case(".git") || name.eq_ignore_ascii_case("git~1")
        })
    };
    in_git(text) || rules.dir().is_some_and(in_git)
}

/// The private key: the caller's own, word for word, or a file below `~/.ssh`, which ssh itself expands.
pub(super) fn private_key(text: &str, rules: &Rules) -> Result<(), Reason> {
    if rules.is_private_key(text) || text.strip_prefix("~/.ssh/").is_some_and(is_name_below) {
        Ok(())
    } else {
        Err(Reason::Key)
    }
}

/// The private key, where ssh reads it as part of a configuration: there blanks, quotes and `%` mean something.
pub(super) fn configured_key(text: &str, rules: &Rules) -> Result<(), Reason> {
    if is_configured(text) { private_key(text, rules) } else { Err(Reason::Key) }
}

/// The file of known host keys, to which ssh adds.
pub(super) fn known_hosts(text: &str, rules: &Rules) -> Result<(), Reason> {
    if text == "~/.ssh/known_hosts" || rules.is_known_hosts(text) && is_configured(text) {
        return Ok(());
    }
    match text {
        "/dev/null" if rules.allows_unverified_hosts() => Ok(()),
        "/dev/null" => Err(Reason::Unverified),
        _ => Err(Reason::WritesElsewhere),
    }
}

/// The name of a directory that rsync makes beside the files it receives, and takes files out of again: one that is not
/// the user's own.
pub(super) fn is_partial_dir(text: &str) -> bool {
    // Not any `.rsync…`: there are names such as `.rsync-filter` that are the user's own.
    matches!(text, ".rsync-partial" | ".rsync-tmp")
}

fn is_configured(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '~' || c != ' ' && is_plain(c))
}

/// A relative path of plain ASCII names.
fn is_name_below(text: &str) -> bool {
    text.split('/').all(|name| {
        !matches!(name, "" | "." | "..")
            && !name.starts_with('-')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-+@".contains(c))
    })
}

fn has_parent(path: &str) -> bool {
    path.split('/').any(|component| component == "..")
}

fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|component| !matches!(*component, "" | "."))
}
