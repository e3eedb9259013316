//! What is left out, and which rule says so.

use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use tensorpool_core::job_config::JobConfig;

use super::report::shown;
use super::{FolderError, Warning};

/// A rule that left something out. `Display` is its pattern and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// What it says, as it is written.
    pub pattern: String,
    /// Where it stands.
    pub source: RuleSource,
}

/// Where a rule stands. They are ordered as they are listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RuleSource {
    /// Nowhere: it always applies.
    Always,
    /// In the configuration: this entry of `ignore`, from 0.
    Config {
        /// Which entry.
        index: usize,
    },
    /// In an ignore file.
    File {
        /// The file, relative to the folder; with `..` if it is above.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = shown(Path::new(&self.pattern));
        match &self.source {
            RuleSource::Always => write!(f, "{pattern} (always)"),
            RuleSource::Config { index } => write!(f, "{pattern} (ignore[{index}])"),
            RuleSource::File { path, line } => write!(f, "{pattern} ({}:{line})", shown(path)),
        }
    }
}

/// Never uploaded: it is big, nothing runs from it, and it may hold credentials.
pub(super) const GIT: &str = ".git";

/// The rules of the configuration.
#[derive(Debug)]
pub(super) struct ConfigRules(Gitignore);

impl ConfigRules {
    pub(super) fn new(root: &Path, config: &JobConfig) -> Result<Self, FolderError> {
        let bad = |index: usize, why: ignore::Error| FolderError::Pattern { index, why: why.to_string() };
        let mut builder = GitignoreBuilder::new(root);
        for (index, entry) in config.ignore.iter().enumerate() {
            let number = Some(PathBuf::from(index.to_string()));
            builder.add_line(number, &git_line(&as_line(entry))).map_err(|why| bad(index, why))?;
        }
        builder.build().map(Self).map_err(|why| bad(0, why))
    }

    /// The rule that leaves this path out.
    pub(super) fn judge(&self, config: &JobConfig, path: &Path, is_dir: bool) -> Option<Rule> {
        let Match::Ignore(glob) = self.0.matched(path, is_dir) else { return None };
        let index = number(glob.from())?;
        let pattern = config.ignore.get(index)?.clone();
        Some(Rule { pattern, source: RuleSource::Config { index } })
    }
}

/// An entry of `ignore` as a line of a `.gitignore`: no negation, no comment, and spaces at the end count.
fn as_line(entry: &str) -> String {
    let entry = entry.strip_prefix("./").unwrap_or(entry);
    let mut line = String::from(if entry.starts_with(['!', '#']) { "\\" } else { "" });
    match entry.strip_suffix(' ') {
        Some(start) if !start.ends_with('\\') => {
            line.push_str(start);
            line.push_str("\\ ");
        }
        _ => line.push_str(entry),
    }
    line
}

/// The lines of one ignore file, and of those above it.
#[derive(Debug)]
pub(super) struct Level {
    above: Option<Rc<Level>>,
    rules: Gitignore,
    lines: Vec<String>,
    path: PathBuf,
}

impl Level {
    /// The file `path`, with this text, for what is in `dir`.
    pub(super) fn new(
        above: Option<Rc<Self>>,
        dir: &Path,
        path: PathBuf,
        text: &str,
        warnings: &mut Vec<Warning>,
    ) -> Self {
        let mut builder = GitignoreBuilder::new(dir);
        let mut warn = |line: usize, why: String| {
            warnings.push(Warning::Pattern { file: path.clone(), line, why });
        };
        let lines: Vec<String> = text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect();
        for (number, line) in (1..).zip(&lines) {
            // A glob does not know its line, but it keeps the name of its file.
            if let Err(why) = builder.add_line(Some(PathBuf::from(number.to_string())), &git_line(line)) {
                warn(number, format!("is not a pattern: {why}"));
            } else if line.contains("[[:") && !line.starts_with('#') {
                warn(
                    number,
                    "has a class by name, which is not understood; write the letters, as in [a-z]".to_owned(),
                );
            }
        }
        let rules = builder.build().unwrap_or_else(|why| {
            warn(0, format!("cannot be used: {why}"));
            Gitignore::empty()
        });
        Self { above, rules, lines, path }
    }

    /// The rule that leaves this path out: the deepest file that says anything decides.
    pub(super) fn judge(&self, path: &Path, is_dir: bool) -> Option<Rule> {
        let mut level = Some(self);
        while let Some(this) = level {
            match this.rules.matched(path, is_dir) {
                Match::Ignore(glob) => return this.rule(number(glob.from())?),
                Match::Whitelist(_) => return None,
                Match::None => level = this.above.as_deref(),
            }
        }
        None
    }

    fn rule(&self, line: usize) -> Option<Rule> {
        let pattern = self.lines.get(line.checked_sub(1)?)?.trim_end().to_owned();
        Some(Rule { pattern, source: RuleSource::File { path: self.path.clone(), line } })
    }
}

fn number(from: Option<&Path>) -> Option<usize> {
    from?.to_str()?.parse().ok()
}

/// Braces are letters to git, but alternatives to the crate that matches.
fn git_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(rest.next());
            }
            '{' | '}' => out.extend(['\\', c]),
            '[' => {
                let class = class(rest.as_str());
                out.push(c);
                out.push_str(class);
                rest = rest.as_str().get(class.len()..).unwrap_or_default().chars();
            }
            c => out.push(c),
        }
    }
    out
}

/// The rest of a class whose bracket was opened, with the bracket that closes it; empty if none does.
fn class(rest: &str) -> &str {
    let negated = usize::from(rest.starts_with(['!', '^']));
    let first = negated + usize::from(rest.get(negated..).is_some_and(|rest| rest.starts_with(']')));
    let end = rest.get(first..).and_then(|rest| rest.find(']')).map_or(0, |at| first + at + 1);
    rest.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_letters_except_in_a_class() {
        for (line, expected) in [
            ("a{b,c}", "a\\{b,c\\}"),
            ("[{]x{", "[{]x\\{"),
            ("[]{]{", "[]{]\\{"),
            ("[!]{]{", "[!]{]\\{"),
            ("[{", "[\\{"),
            ("\\{{", "\\{\\{"),
            ("é[é{]}", "é[é{]\\}"),
            ("a\\", "a\\"),
        ] {
            assert_eq!(git_line(line), expected);
        }
    }

    #[test]
    fn an_entry_has_no_negation_and_no_comment() {
        for (entry, line) in [
            ("!a", "\\!a"),
            ("#a", "\\#a"),
            ("./a", "a"),
            ("a ", "a\\ "),
            ("a\\ ", "a\\ "),
            ("a/", "a/"),
            ("", ""),
        ] {
            assert_eq!(as_line(entry), line);
        }
    }
}
