//! What may be run: programs and words, shown so that a shell would read the same words.

use std::fmt;

use super::words::quote;

/// A program a server may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Program {
    /// `rsync`.
    Rsync,
    /// `ssh`.
    Ssh,
}

impl Program {
    /// Its bare name: `rsync` or `ssh`. Finding the file is up to whoever runs it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsync => "rsync",
            Self::Ssh => "ssh",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One accepted command: a program and its words, to be started without a shell.
///
/// `Display` is one line, quoted for a POSIX shell: [`words`](super::words) of it are [`argv`](Self::argv) again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    program: Program,
    args: Vec<String>,
}

impl Run {
    pub(super) fn new(program: Program, args: Vec<String>) -> Self {
        Self { program, args }
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> Program {
        self.program
    }

    /// The words after the program's name.
    #[must_use]
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// All words, the program's name first.
    #[must_use]
    pub fn argv(&self) -> Vec<&str> {
        std::iter::once(self.program.name()).chain(self.args.iter().map(String::as_str)).collect()
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.program.name())?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", quote(arg)))
    }
}

/// A command that was accepted as a whole: one or more runs, each to be started only if the one before exited with 0.
///
/// `Display` is what to show before running it: one run a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Judged {
    runs: Vec<Run>,
}

impl Judged {
    pub(super) fn new(runs: Vec<Run>) -> Self {
        Self { runs }
    }

    /// The runs in order; there is at least one.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The runs in order, by value.
    #[must_use]
    pub fn into_runs(self) -> Vec<Run> {
        self.runs
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, run) in self.runs.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            run.fmt(f)?;
        }
        Ok(())
    }
}
