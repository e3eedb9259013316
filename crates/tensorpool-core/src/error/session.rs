//! A push or a listen that ended without success.

use std::fmt;

use super::Error;
use crate::endpoint::Meta;
use crate::ids::JobId;
use crate::redact::Snippet;
use crate::session::PUSH;

/// How a session ended without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionErrorKind {
    /// There was no connection; the job was not sent.
    NotOpened,
    /// The server answered the request to open with another status than 101; the job was not sent.
    Refused,
    /// The key was refused. No source says how a server does that, so this is a guess: 401 or 403 to the request to open,
    /// or, before anything else was said, close code 1008, 4001 or 4401, or a frame with an `error` that speaks of an API
    /// key, a token of that kind, or authentication.
    Unauthorized,
    /// The server closed with success (1000), but a command of its own had failed here or was not answered, so what it was
    /// to do (upload the folder) is not done.
    CommandFailed,
    /// The server said `status: "error"`, or nothing but an `error`.
    Reported,
    /// The connection was lost (1006).
    Lost,
    /// Nothing came for 10 seconds of listening, not even a pong.
    Silent,
    /// The server closed with another code than 1000, or without one; or a push with 1000, but without having named a job
    /// or had anything done here.
    Closed,
    /// The server broke the protocol: a frame over the cap, text that is not UTF-8, too many commands at once. A listen
    /// ends with it if that happens twice in a row at the same place.
    Broken,
    /// The caller ended it before it was over.
    Abandoned,
    /// The stream ended, and how the job ended could not be asked: see [`SessionError::cause`].
    EndUnknown,
}

/// A push or a listen ended without success.
///
/// [`job`](Self::job) is the job in every case where one was seen.
#[derive(Debug)]
pub struct SessionError {
    meta: &'static Meta,
    kind: SessionErrorKind,
    job: Option<JobId>,
    code: Option<u16>,
    reason: Option<String>,
    exit_code: Option<i64>,
    cause: Option<Error>,
    maybe_applied: bool,
    advice: bool,
}

impl SessionError {
    pub(crate) fn new(meta: &'static Meta, kind: SessionErrorKind) -> Self {
        Self {
            meta,
            kind,
            job: None,
            code: None,
            reason: None,
            exit_code: None,
            cause: None,
            maybe_applied: false,
            advice: true,
        }
    }

    /// It is being dealt with already.
    pub(crate) fn without_advice(mut self) -> Self {
        self.advice = false;
        self
    }

    pub(crate) fn job_seen(mut self, job: Option<JobId>) -> Self {
        self.job = job;
        self
    }

    pub(crate) fn closed(mut self, code: Option<u16>, reason: String) -> Self {
        self.code = code;
        self.said(Some(reason))
    }

    pub(crate) fn said(mut self, reason: Option<String>) -> Self {
        self.reason = reason.filter(|words| !words.trim().is_empty()).or(self.reason);
        self
    }

    pub(crate) fn command_failed(mut self, exit_code: Option<i64>) -> Self {
        self.exit_code = exit_code;
        self
    }

    pub(crate) fn caused_by(mut self, cause: impl Into<Error>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub(crate) fn maybe_applied(mut self, maybe: bool) -> Self {
        self.maybe_applied = maybe;
        self
    }

    /// `job.push` or `job.listen`.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.meta.name
    }

    /// How it ended.
    #[must_use]
    pub fn kind(&self) -> SessionErrorKind {
        self.kind
    }

    /// The job: for a push the first id the server named, if it named one.
    #[must_use]
    pub fn job(&self) -> Option<&JobId> {
        self.job.as_ref()
    }

    /// The code of the server's close frame, if there was one.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        self.code
    }

    /// The server's words: the close frame's reason, or the message of an error.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The exit code of the first command that failed, after [`CommandFailed`](SessionErrorKind::CommandFailed); `None` if
    /// it was not answered.
    #[must_use]
    pub fn exit_code(&self) -> Option<i64> {
        self.exit_code
    }

    /// What lies under it: the refused or failed request to open, the lost connection, the failed question.
    #[must_use]
    pub fn cause(&self) -> Option<&Error> {
        self.cause.as_ref()
    }

    pub(crate) fn may_have_been_applied(&self) -> bool {
        self.maybe_applied
    }

    fn what(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.code, self.exit_code) {
            (SessionErrorKind::NotOpened, ..) => f.write_str("no connection"),
            (SessionErrorKind::Refused, ..) => f.write_str("refused"),
            (SessionErrorKind::Unauthorized, Some(code), _) => {
                write!(f, "the key was probably refused with close code {code}")
            }
            (SessionErrorKind::Unauthorized, ..) => f.write_str("the key was probably refused"),
            (SessionErrorKind::CommandFailed, _, Some(exit)) => {
                write!(f, "a command the server asked for failed with exit code {exit}")
            }
            (SessionErrorKind::CommandFailed, ..) => {
                f.write_str("the server closed before a command it asked for was answered")
            }
            (SessionErrorKind::Reported, ..) => f.write_str("the server reports an error"),
            (SessionErrorKind::Lost, ..) => f.write_str("the connection was lost"),
            (SessionErrorKind::Silent, ..) => f.write_str("the server has gone silent"),
            (SessionErrorKind::Closed, Some(1000), _) if self.is_push() => {
                f.write_str("the server closed without naming a job")
            }
            (SessionErrorKind::Closed, Some(code), _) => write!(f, "the server closed with code {code}"),
            (SessionErrorKind::Closed, ..) => f.write_str("the server closed without a code"),
            (SessionErrorKind::Broken, ..) => f.write_str("the server broke the protocol"),
            (SessionErrorKind::Abandoned, ..) => f.write_str("ended by the caller"),
            (SessionErrorKind::EndUnknown, ..) => f.write_str("how the job ended is not known"),
        }
    }

    fn is_push(&self) -> bool {
        self.meta.name == PUSH.name
    }

    fn next(&self) -> Option<&'static str> {
        let push = self.is_push();
        match self.kind {
            _ if !self.advice => None,
            SessionErrorKind::Unauthorized => {
                Some("check the token: https://tensorpool.dev/dashboard/profile")
            }
            SessionErrorKind::CommandFailed => {
                Some("the job may lack files: look at it before pushing again")
            }
            _ if push && self.job.is_some() => Some("look at the job before pushing again"),
            _ if push && self.maybe_applied => {
                Some("the job may have been submitted: list jobs before pushing again")
            }
            SessionErrorKind::NotOpened if push => Some("nothing was pushed"),
            _ if push || self.is_final() => None,
            SessionErrorKind::Broken => {
                Some("the job may still be running: ask for its info, or listen with a larger `max_frame`")
            }
            _ => Some("the job may still be running: listen again, or ask for its info"),
        }
    }

    /// Whether an answer of the server's says that there is nothing to listen to.
    fn is_final(&self) -> bool {
        self.cause.as_ref().and_then(Error::status).is_some_and(|status| status.is_client_error())
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.meta.name)?;
        self.what(f)?;
        if let Some(job) = &self.job {
            write!(f, " (job {})", Snippet::of(job.as_str()))?;
        }
        if let Some(reason) = &self.reason {
            write!(f, ": {}", Snippet::of(reason))?;
        }
        if let Some(cause) = &self.cause {
            let line = cause.to_string();
            // The route was named already, if it is the same.
            let line = line.strip_prefix(self.meta.name).and_then(|l| l.strip_prefix(": ")).unwrap_or(&line);
            write!(f, ": {line}")?;
        }
        match self.next() {
            // The cause of a refused key has the same advice.
            Some(next) if self.cause.as_ref().is_none_or(|c| !c.to_string().contains(next)) => {
                write!(f, "; {next}")
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for SessionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|e| e as &(dyn std::error::Error + 'static))
    }
}
