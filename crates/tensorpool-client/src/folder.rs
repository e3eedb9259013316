//! What pushing a folder would upload, without uploading anything.
//!
//! People wait for uploads of what they did not mean to upload: a repository's history, a virtual environment, last
//! week's checkpoints. [`Folder::scan`] says beforehand which files would go, how big they are, and what each rule left
//! out.
//!
//! What is left out, the first that matches (the contract, §3.8, knows only of `ignore`; the rest is what other tools of
//! this kind do):
//!
//! 1. `.git`, always.
//! 2. What an entry of `ignore` in the `.tp.toml` matches. Its syntax is not documented; it is taken for that of a
//!    `.gitignore`, without negation.
//! 3. What a `.tpignore` says, if there is one at the top of the folder; those further down count too. If there is none,
//!    what `.gitignore` files say: in the folder, above it up to the top of the repository, and in the repository's
//!    `info/exclude`. What a user has told git to ignore everywhere does not count: a push is the same for the whole team.
//!
//! Both kinds of files have the syntax of git's, whose lists these equal: a later line beats an earlier one, a deeper file a
//! higher one, `!` takes in again, and nothing comes back from a directory that is left out. Classes by name, such as
//! `[[:alpha:]]`, are warned of: they are not understood.
//!
//! Links are uploaded as links and never followed. Empty directories do not count.
//!
//! ```no_run
//! use tensorpool_client::core::job_config::JobConfig;
//! use tensorpool_client::folder::Folder;
//!
//! let config = JobConfig::parse(&std::fs::read_to_string("job.tp.toml")?)?;
//! let plan = Folder::scan(".", &config)?;
//! print!("{plan}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod plan;
mod report;
mod rules;
mod scan;
mod walk;
mod warning;

use std::path::{Path, PathBuf};
use std::{fmt, io};

use tensorpool_core::job_config::JobConfig;

pub use plan::{LeftOut, PlannedFile, PlannedLink, Reach, Unreadable, UploadPlan};
pub use rules::{Rule, RuleSource};
pub use warning::Warning;

/// A folder that may be pushed.
#[derive(Clone, Copy, Debug)]
pub struct Folder(());

impl Folder {
    /// Finds out what pushing `dir` with this configuration would upload. Nothing is written or sent.
    ///
    /// The same folder gives the same plan. Every file is opened, to know that it can be read, and what is left out is
    /// counted too, up to 200,000 entries of it.
    ///
    /// It blocks on the file system; in async code, call it where blocking is allowed.
    ///
    /// # Errors
    ///
    /// The folder itself cannot be read, or an entry of `ignore` is not a pattern. A file or directory in it that cannot
    /// be read is an entry of [`UploadPlan::unreadable`] instead.
    pub fn scan(dir: impl AsRef<Path>, config: &JobConfig) -> Result<UploadPlan, FolderError> {
        scan::scan(dir.as_ref(), config)
    }
}

/// Why a folder cannot be planned.
#[derive(Debug)]
#[non_exhaustive]
pub enum FolderError {
    /// It cannot be read: not there, not a directory, not permitted.
    Unreadable {
        /// The folder, as it was given.
        dir: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// An entry of `ignore` is not a pattern. It is an error, since what it was to leave out would be uploaded.
    Pattern {
        /// The entry's number, from 0.
        index: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { dir, source } => {
                write!(f, "the folder {} cannot be read: {source}", report::shown(dir))
            }
            Self::Pattern { index, why } => write!(f, "`ignore[{index}]` is not a pattern: {why}"),
        }
    }
}

impl std::error::Error for FolderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            Self::Pattern { .. } => None,
        }
    }
}
