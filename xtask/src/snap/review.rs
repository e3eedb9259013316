//! Reviewing changed snapshots at a terminal, one diff after the other.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use anyhow::{Result, bail};
use similar::{ChangeTag, TextDiff};

use super::{find, tests};
use crate::project::Project;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Accept,
    Reject,
    Skip,
}

/// Runs the tests so that what is pending is what they produce now, then asks about each snapshot.
pub(super) fn run(project: &Project) -> Result<()> {
    if !io::stdin().is_terminal() {
        bail!(
            "a review needs a terminal; `cargo xtask snap accept` takes everything, and git shows what changed"
        );
    }
    // Forced to pass, a test goes on after its first difference and leaves all of them to review.
    tests(project, "new").env("INSTA_FORCE_PASS", "1").run()?;
    if project.has_cargo_tool("insta") {
        project.cargo().args(["insta", "review", "--workspace"]).run()?;
        return Ok(());
    }
    let pending = find(project, ".snap.new")?;
    let (mut accepted, mut rejected) = (0, 0);
    for (number, new) in (1..).zip(&pending) {
        let old = new.with_extension("");
        println!("\n{} ({number} of {})", project.shown(&old), pending.len());
        print!("{}", diff(&read_or_empty(&old)?, &read_or_empty(new)?));
        match ask(&mut io::stdin().lock(), &mut io::stdout())? {
            Answer::Accept => {
                accept(new, &old)?;
                accepted += 1;
            }
            Answer::Reject => {
                std::fs::remove_file(new)?;
                rejected += 1;
            }
            Answer::Skip => {}
        }
    }
    println!("{accepted} accepted, {rejected} rejected, {} skipped", pending.len() - accepted - rejected);
    Ok(())
}

/// A snapshot that is new has no old text.
fn read_or_empty(path: &Path) -> Result<String> {
    Ok(if path.exists() { std::fs::read_to_string(path)? } else { String::new() })
}

/// What changed, with three lines around it; the same text gives nothing.
fn diff(old: &str, new: &str) -> String {
    let (old, new) = (without_line_number(old), without_line_number(new));
    let diff = TextDiff::from_lines(&old, &new);
    let mut shown = String::new();
    for (at, group) in diff.grouped_ops(3).iter().enumerate() {
        if at > 0 {
            shown.push_str("  ⋮\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let mark = match change.tag() {
                ChangeTag::Delete => "- ",
                ChangeTag::Insert => "+ ",
                ChangeTag::Equal => "  ",
            };
            shown.push_str(mark);
            shown.push_str(change.value().trim_end_matches('\n'));
            shown.push('\n');
        }
    }
    shown
}

/// Asks until the answer is one; the end of the input skips.
fn ask(input: &mut impl BufRead, output: &mut impl Write) -> Result<Answer> {
    loop {
        write!(output, "accept, reject or skip? [a/r/s] ")?;
        output.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(Answer::Skip);
        }
        match line.trim() {
            "a" | "accept" => return Ok(Answer::Accept),
            "r" | "reject" => return Ok(Answer::Reject),
            "s" | "skip" => return Ok(Answer::Skip),
            _ => {}
        }
    }
}

fn accept(new: &Path, old: &Path) -> Result<()> {
    std::fs::write(old, without_line_number(&std::fs::read_to_string(new)?))?;
    std::fs::remove_file(new)?;
    Ok(())
}

/// A pending snapshot says on which line of the test it was made; an accepted one does not, so that it is not changed by
/// every edit above that line.
fn without_line_number(snapshot: &str) -> String {
    let mut fences = 0;
    let keep = |line: &&str| {
        fences += usize::from(line.trim_end() == "---");
        fences != 1 || !line.starts_with("assertion_line:")
    };
    snapshot.split_inclusive('\n').filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "---\nsource: a.rs\nexpression: x\n---\none\ntwo\n";
    const NEW: &str = "---\nsource: a.rs\nassertion_line: 7\nexpression: x\n---\none\n2\nassertion_line: 9\n";

    #[test]
    fn the_diff_shows_what_changed_and_nothing_else() {
        let diff = diff(OLD, NEW);
        assert!(diff.ends_with("  one\n- two\n+ 2\n+ assertion_line: 9\n"), "{diff}");
        assert!(!diff.contains("assertion_line: 7"), "{diff}");
        assert_eq!(super::diff(OLD, OLD), "");
    }

    #[test]
    fn an_accepted_snapshot_replaces_the_old_without_its_line_number() {
        let dir = std::env::temp_dir().join(format!("xtask-review-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (new, old) = (dir.join("a.snap.new"), dir.join("a.snap"));
        std::fs::write(&old, OLD).unwrap();
        std::fs::write(&new, NEW).unwrap();
        assert_eq!(new.with_extension(""), old);
        accept(&new, &old).unwrap();
        let (text, gone) = (std::fs::read_to_string(&old).unwrap(), !new.exists());
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(text, NEW.replace("assertion_line: 7\n", ""));
        assert!(gone);
    }

    #[test]
    fn a_question_is_asked_until_it_is_answered() {
        let mut output = Vec::new();
        assert_eq!(ask(&mut "yes\n\na\n".as_bytes(), &mut output).unwrap(), Answer::Accept);
        assert_eq!(String::from_utf8(output).unwrap().matches("[a/r/s]").count(), 3);
        assert_eq!(ask(&mut "reject\n".as_bytes(), &mut Vec::new()).unwrap(), Answer::Reject);
        assert_eq!(ask(&mut "".as_bytes(), &mut Vec::new()).unwrap(), Answer::Skip);
    }
}
