//! The `.tp.toml` file: what a job runs, what it keeps, and what is not uploaded (contract §3.8).
//!
//! The engine reads the file itself, so a push sends its text as it is. Here it is read first, because the engine's own
//! complaints are not documented and come after the upload, and because a client needs `ignore` to know what to upload.
//!
//! ```
//! use tensorpool_core::job_config::JobConfig;
//!
//! let config = JobConfig::parse(r#"
//!     commands = ["pip install -r requirements.txt", "python train.py"]
//!     outputs = ["checkpoints/", "*.log"]
//!     ignore = ["data/"]
//! "#)?;
//! assert_eq!(config.commands.len(), 2);
//!
//! let error = JobConfig::parse("commands = \"python train.py\"").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "job configuration: line 1, column 12: `commands` must be an array of strings, not a string; \
//!      put it in brackets: commands = [\"…\"]"
//! );
//! # Ok::<(), tensorpool_core::job_config::JobConfigError>(())
//! ```

mod explain;
mod finding;
mod keys;
mod parse;
mod paths;
mod syntax;
mod value;
mod write;

use std::collections::BTreeMap;

pub use finding::{Finding, FindingKind, JobConfigError, Position, Severity};
pub use value::ConfigValue;

/// The end of the name of a job's configuration file, since 0.0.7 of the official client: `job.tp.toml`, `eval.tp.toml`.
pub const FILE_SUFFIX: &str = ".tp.toml";

/// What a `.tp.toml` says.
///
/// Two are equal if they say the same, whatever their layout and warnings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JobConfig {
    /// What the job runs, one after another, in a fresh virtual environment. Never empty after [`parse`](Self::parse).
    pub commands: Vec<String>,
    /// Files, directories (with a `/` at the end) and globs that are kept when the job has ended. Empty by default.
    pub outputs: Vec<String>,
    /// Files and globs that are not uploaded. Empty by default.
    pub ignore: Vec<String>,
    /// Keys this version has no name for, and obsolete ones. [`parse`](Self::parse) warns of them; the engine may or may
    /// not know them.
    pub extra: BTreeMap<String, ConfigValue>,
    warnings: Vec<Finding>,
}

impl JobConfig {
    /// One that runs these commands and keeps nothing, to be filled in.
    #[must_use]
    pub fn new(commands: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            commands: commands.into_iter().map(Into::into).collect(),
            outputs: Vec::new(),
            ignore: Vec::new(),
            extra: BTreeMap::new(),
            warnings: Vec::new(),
        }
    }

    /// Reads the text of a `.tp.toml`.
    ///
    /// The text is TOML 1.1, of which 1.0 is a part. What is odd but may be meant is accepted with a
    /// [warning](Self::warnings).
    ///
    /// # Errors
    ///
    /// Everything that is wrong, with its place: bad TOML, `commands` missing or empty, a value of the wrong type, an
    /// output outside the job's directory.
    pub fn parse(text: &str) -> Result<Self, JobConfigError> {
        parse::parse(text)
    }

    /// What [`parse`](Self::parse) found odd, in the order of the file: unknown and obsolete keys, paths that probably
    /// do not mean what they seem to. Empty for a configuration that was not parsed.
    #[must_use]
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }
}

impl PartialEq for JobConfig {
    fn eq(&self, other: &Self) -> bool {
        self.commands == other.commands
            && self.outputs == other.outputs
            && self.ignore == other.ignore
            && self.extra == other.extra
    }
}
