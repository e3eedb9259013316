//! A file that could not be brought home.

use std::error::Error as StdError;
use std::fmt;

use http::StatusCode;

/// Why a transfer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransferErrorKind {
    /// There is no URL to fetch it from, or one that must not be fetched.
    Url,
    /// The host answered with a status that is no use to try again.
    Status,
    /// The host refuses the URL, and a fresh one too.
    Expired,
    /// A fresh URL could not be had from the engine.
    Refresh,
    /// The answer contradicts itself or what was asked for.
    Answer,
    /// The file changed at the host each time it was fetched.
    Changed,
    /// The connection could not be made, or broke.
    Interrupted,
    /// Not a byte came for a while.
    Stalled,
    /// The retry budget that all calls of a client share is empty.
    Budget,
    /// The disk, or the user's share of it, is full.
    NoSpace,
    /// The directory or the file may not be written.
    Denied,
    /// Another download of the same file is under way.
    InUse,
    /// Something that is not a directory, or not a file, is in the way.
    Blocked,
    /// Another failure of the file system.
    Io,
}

/// A file could not be brought home. Holds no URL.
#[derive(Debug)]
pub struct TransferError {
    kind: TransferErrorKind,
    message: String,
    status: Option<StatusCode>,
    attempts: u32,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransferError {
    /// An error of this kind, with one line of explanation.
    pub fn new(kind: TransferErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), status: None, attempts: 0, source: None }
    }

    /// Keeps what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    pub(crate) fn after(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Why it failed.
    #[must_use]
    pub fn kind(&self) -> TransferErrorKind {
        self.kind
    }

    /// The status of the answer that ended it, if it was one.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        let source = || self.source()?.downcast_ref::<Self>()?.status();
        self.status.or_else(source)
    }
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.attempts {
            0 | 1 => Ok(()),
            attempts => write!(f, " (gave up after {attempts} attempts without progress)"),
        }
    }
}

impl StdError for TransferError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}
