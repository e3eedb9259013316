//! An operation that was accepted and then failed, or was lost sight of.

use std::fmt;
use std::time::Duration;

use super::Error;
use crate::model::RequestInfo;
use crate::operation::OperationHandle;
use crate::redact::Snippet;

/// How a wait ended without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperationErrorKind {
    /// The server says `FAILED`. It is over.
    Failed,
    /// The wait's deadline is over. The operation goes on; resume from the handle.
    Deadline,
    /// It could not be asked about any more. The operation may go on; resume from the handle.
    Lost,
}

/// An operation that was accepted failed, or could not be followed to its end.
///
/// [`handle`](Self::handle) finds it again in every case.
#[derive(Debug)]
pub struct OperationError {
    pub(crate) kind: OperationErrorKind,
    pub(crate) handle: OperationHandle,
    pub(crate) waited: Duration,
    pub(crate) last: Vec<RequestInfo>,
    pub(crate) last_error: Option<Error>,
}

impl OperationError {
    /// How the wait ended.
    #[must_use]
    pub fn kind(&self) -> OperationErrorKind {
        self.kind
    }

    /// The operation, to be resumed or looked up.
    #[must_use]
    pub fn handle(&self) -> &OperationHandle {
        &self.handle
    }

    /// How long this wait took.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// The last that was heard of each request; after [`Failed`](OperationErrorKind::Failed), all of them, ended.
    #[must_use]
    pub fn requests(&self) -> &[RequestInfo] {
        &self.last
    }

    /// Why it was lost, or the last failure to ask before the deadline.
    #[must_use]
    pub fn last_error(&self) -> Option<&Error> {
        self.last_error.as_ref()
    }

    pub(crate) fn server_message(&self) -> Option<&str> {
        let failed = self.last.iter().find(|r| r.status.is_failed()).or(self.last.last());
        failed.and_then(RequestInfo::message).or(self.last_error.as_ref().and_then(Error::server_message))
    }
}

impl fmt::Display for OperationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.handle.endpoint())?;
        let seconds = self.waited.as_secs();
        match self.kind {
            OperationErrorKind::Failed => f.write_str("failed at the server")?,
            OperationErrorKind::Deadline => write!(f, "still going on after {seconds} s of waiting")?,
            OperationErrorKind::Lost => f.write_str("lost sight of it")?,
        }
        if self.kind == OperationErrorKind::Lost {
            if let Some(error) = &self.last_error {
                write!(f, ": {error}")?;
            }
        } else if let Some(message) = self.server_message() {
            write!(f, ": {}", Snippet::of(message))?;
        }
        if self.kind != OperationErrorKind::Failed {
            f.write_str("; it may still succeed, resume with")?;
            for id in self.handle.requests() {
                write!(f, " {id}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for OperationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.last_error.as_ref().map(|e| e as &(dyn std::error::Error + 'static))
    }
}
