//! What is wrong or odd in a `.tp.toml`, and where.

use std::fmt::{self, Write as _};
use std::ops::Range;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// It can be used, but probably does not say what was meant.
    Warning,
}

/// What kind of mistake it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// It is not TOML.
    Syntax,
    /// A required key is not there.
    Missing,
    /// A value has the wrong type.
    Type,
    /// A value is empty, or holds what no command or path can.
    Value,
    /// A path cannot mean what it seems to.
    Path,
    /// A key that has no meaning here.
    UnknownKey,
    /// A key that had a meaning once.
    ObsoleteKey,
}

/// A place in the text. Both count from 1; a column is a character, not a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One thing that is wrong or odd. `Display` is one line and repeats no value of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    severity: Severity,
    kind: FindingKind,
    key: Option<String>,
    message: String,
    help: Option<String>,
    position: Position,
    excerpt: Excerpt,
}

impl Finding {
    pub(super) fn new(severity: Severity, kind: FindingKind, message: String) -> Self {
        let position = Position { line: 1, column: 1 };
        Self { severity, kind, key: None, message, help: None, position, excerpt: Excerpt::default() }
    }

    pub(super) fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Marks these bytes of the text.
    pub(super) fn at(mut self, text: &str, span: Range<usize>) -> Self {
        (self.position, self.excerpt) = locate(text, span);
        self
    }

    /// How much it matters.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What kind of mistake it is.
    #[must_use]
    pub fn kind(&self) -> FindingKind {
        self.kind
    }

    /// The key it is about, such as `commands` or `commands[1]`.
    #[must_use]
    pub fn key_path(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Where it is. For a key that is missing, what was probably meant to be it, or the beginning.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Several lines for a person: the message, the line of the file with the place marked, and the advice. `file` is
    /// what the file is called.
    ///
    /// It shows a line of the file, so it is for those who may read the file.
    #[must_use]
    pub fn report(&self, file: &str) -> String {
        let mut out = String::new();
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let line = self.position.line.to_string();
        let margin = " ".repeat(line.len());
        let _ = writeln!(out, "{severity}: {}", self.message);
        let _ = writeln!(out, "{margin}--> {file}:{line}:{}", self.position.column);
        let _ = writeln!(out, "{margin} |");
        let _ = writeln!(out, "{}", format!("{line} | {}", self.excerpt.line).trim_end());
        let Excerpt { before, marked, .. } = self.excerpt;
        let _ = writeln!(out, "{margin} | {}{}", " ".repeat(before), "^".repeat(marked.max(1)));
        if let Some(help) = &self.help {
            let _ = writeln!(out, "{margin} = {help}");
        }
        out
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        write!(f, "line {line}, column {column}: {}", self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

/// Part of a line, and which characters of it are marked.
#[derive(Clone, Default, PartialEq, Eq)]
struct Excerpt {
    line: String,
    before: usize,
    marked: usize,
}

/// A line may hold a password, and errors end in logs.
impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Excerpt")
    }
}

/// How many characters of a line are shown, and how many of them before the marked ones.
const SHOWN: usize = 100;
const BEFORE: usize = 60;

fn locate(text: &str, span: Range<usize>) -> (Position, Excerpt) {
    let start = floor(text, span.start);
    let end = floor(text, span.end).max(start);
    let (before, after) = text.split_at(start);
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let line_number = before.matches('\n').count() + 1;
    let left: Vec<char> = before.get(begin..).unwrap_or_default().chars().collect();
    let right = after.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let marked = text.get(start..end).unwrap_or_default().lines().next().unwrap_or_default().chars().count();

    let cut = left.len() > BEFORE;
    let skipped = left.len().saturating_sub(BEFORE);
    let mut line = String::from(if cut { "…" } else { "" });
    line.extend(left.iter().skip(skipped).copied().map(visible));
    let before = line.chars().count();
    let room = SHOWN.saturating_sub(before);
    line.extend(right.chars().take(room).map(visible));
    if right.chars().nth(room).is_some() {
        line.push('…');
    }
    let position = Position { line: line_number, column: left.len() + 1 };
    (position, Excerpt { line, before, marked: marked.min(room) })
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// A terminal must neither be steered by a file nor lose the column.
fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
        {
            '�'
        }
        c => c,
    }
}

/// A `.tp.toml` that cannot be used.
///
/// `Display` is one line: the first mistake, and how many more there are. [`report`](Self::report) shows all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobConfigError {
    findings: Vec<Finding>,
}

impl JobConfigError {
    /// `findings` holds at least one error.
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        Self { findings }
    }

    /// Everything that was found, errors and warnings, in the order of the file. At most 100 are kept.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Only the errors.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Error)
    }

    /// All findings for a person, each with its line of the file; see [`Finding::report`]. `.tp.toml` stands for the
    /// name of the file.
    #[must_use]
    pub fn report(&self) -> String {
        self.report_as(super::FILE_SUFFIX)
    }

    /// As [`report`](Self::report), with the name of the file.
    #[must_use]
    pub fn report_as(&self, file: &str) -> String {
        self.findings.iter().map(|finding| finding.report(file)).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for JobConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("job configuration: ")?;
        let mut errors = self.errors();
        if let Some(first) = errors.next() {
            first.fmt(f)?;
        }
        match errors.count() {
            0 => Ok(()),
            more => write!(f, " (and {more} more)"),
        }
    }
}

impl std::error::Error for JobConfigError {}
