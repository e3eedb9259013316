//! The API key: where it is looked for, and where it was found.

use std::fmt;

use crate::app::App;
use crate::failure::Failure;

/// A key, and its source.
pub(crate) struct Key {
    pub(crate) value: String,
    pub(crate) source: Source,
}

/// Where a key was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// An environment variable.
    Environment(&'static str),
    /// `.env` in the working directory.
    DotEnv,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => f.write_str(name),
            Self::DotEnv => f.write_str(".env in the working directory"),
        }
    }
}

/// The variables a key is read from, first one first.
pub(crate) const VARIABLES: [&str; 2] = ["TENSORPOOL_KEY", "TENSORPOOL_API_KEY"];

/// The first key there is. It is a failure only if a source is there and cannot be read.
pub(crate) fn find(_app: &App) -> Result<Option<Key>, Failure> {
    Ok(VARIABLES.iter().find_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.trim().is_empty())?;
        Some(Key { value, source: Source::Environment(name) })
    }))
}
