//! What becomes of a file.

use std::fmt;

use super::rel_path::BadName;
use crate::error::TransferError;

/// What to do where there is a file already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// Leave it; the file counts as skipped if its bytes are the same, and is refused if they are not. Knowing that takes a
    /// download, unless the lengths differ. The default.
    #[default]
    SkipIfIdentical,
    /// Leave it and refuse the file, without a request.
    Refuse,
    /// Put the new file in its place, whole and at once. Never a directory's place.
    Overwrite,
}

/// What became of a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fate {
    /// It is there, whole.
    Complete {
        /// Its length.
        bytes: u64,
    },
    /// It was there already, with the same bytes.
    Skipped,
    /// It was not wanted; nothing was written.
    Refused(Refusal),
    /// It could not be fetched. What has arrived is kept for another try where that can be resumed.
    Failed(TransferError),
}

impl Fate {
    /// Whether the file is there as the server has it.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Complete { .. } | Self::Skipped)
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete { bytes } => write!(f, "complete, {bytes} bytes"),
            Self::Skipped => f.write_str("skipped: the same file is there already"),
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
            Self::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

/// Why a file was not wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The server chose a name that is not written to.
    Name(BadName),
    /// There is a file of this name already.
    Exists,
    /// There is a file of this name already, with other bytes.
    Differs,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(why) => why.fmt(f),
            Self::Exists => f.write_str("there is such a file already"),
            Self::Differs => f.write_str("there is another file of this name already"),
        }
    }
}
