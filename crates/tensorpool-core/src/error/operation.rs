//! An operation that was accepted and then failed, or was lost sight of.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Error;
use crate::model::{JobInfo, RequestInfo};
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
    /// It was accepted, but the answer names nothing to follow. Look at the object of the handle.
    Unfollowed,
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
    pub(crate) job: Option<JobInfo>,
    pub(crate) last_error: Option<Arc<Error>>,
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

    /// The last that was heard of the job, where one was to be canceled.
    #[must_use]
    pub fn job(&self) -> Option<&JobInfo> {
        self.job.as_ref()
    }

    /// Why it was lost, or the last failure to ask before the deadline.
    #[must_use]
    pub fn last_error(&self) -> Option<&Error> {
        self.last_error.as_deref()
    }

    pub(crate) fn server_message(&self) -> Option<&str> {
        let failed = self.last.iter().find(|r| r.status.is_failed()).or(self.last.last());
        failed.and_then(RequestInfo::message).or(self.last_error().and_then(Error::server_message))
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
            OperationErrorKind::Unfollowed => {
                f.write_str("accepted, but the answer names no request to follow")?
            }
        }
        if self.kind == OperationErrorKind::Lost {
            if let Some(error) = &self.last_error {
                write!(f, ": {error}")?;
            }
        } else if let Some(message) = self.server_message() {
            write!(f, ": {}", Snippet::of(message))?;
        }
        if self.kind == OperationErrorKind::Failed {
            return Ok(());
        }
        match (self.handle.requests(), self.handle.object()) {
            ([], Some(object)) => write!(f, "; it may still succeed, look at {object}"),
            ([], None) => f.write_str("; it may still succeed, look before doing it again"),
            (requests, _) => {
                f.write_str("; it may still succeed, resume with")?;
                requests.iter().try_for_each(|id| write!(f, " {id}"))
            }
        }
    }
}

impl std::error::Error for OperationError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.last_error().map(|e| e as &(dyn std::error::Error + 'static))
    }
}
