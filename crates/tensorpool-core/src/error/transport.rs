//! A request or an answer that was lost on the way.

use std::error::Error as StdError;
use std::fmt;

use super::RECONCILE;
use crate::endpoint::{Meta, Replay};

/// How far a request got. It decides what may be sent again, so when in doubt it is not [`NotSent`](Self::NotSent).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The server certainly did not receive it: the name did not resolve, the connection or TLS failed.
    NotSent,
    /// Time ran out after sending may have begun.
    TimedOut,
    /// The connection broke after sending may have begun.
    Interrupted,
    /// Anything else: an answer that is not HTTP, or larger than the cap. Not worth another try.
    Other,
}

/// What a transport reports instead of an answer.
///
/// The message and the source must not hold a URL's query, a header or a body.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// An error of this kind, with one line of explanation.
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The server certainly did not receive it.
    pub fn not_sent(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::NotSent, message)
    }

    /// Time ran out after sending may have begun.
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::TimedOut, message)
    }

    /// The connection broke after sending may have begun.
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Interrupted, message)
    }

    /// Anything else.
    pub fn other(message: impl Into<String>) -> Self {
        Self::new(TransportErrorKind::Other, message)
    }

    /// Keeps the transport's own error as the source.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// How far the request got.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::NotSent => "could not be sent",
            TransportErrorKind::TimedOut => "timed out",
            TransportErrorKind::Interrupted => "was interrupted",
            TransportErrorKind::Other => "failed in transport",
        })?;
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

/// The request or its answer was lost on the way, at the last attempt.
#[derive(Debug)]
pub struct SendError {
    endpoint: &'static str,
    error: TransportError,
    maybe_applied: bool,
}

impl SendError {
    pub(crate) fn new(meta: &'static Meta, error: TransportError) -> Self {
        let maybe_applied = error.kind != TransportErrorKind::NotSent && meta.replay != Replay::Safe;
        Self { endpoint: meta.name, error, maybe_applied }
    }

    /// The endpoint's name.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.endpoint
    }

    /// How far the request got.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.error.kind
    }

    /// What the transport reported.
    #[must_use]
    pub fn transport_error(&self) -> &TransportError {
        &self.error
    }

    pub(crate) fn may_have_been_applied(&self) -> bool {
        self.maybe_applied
    }

    pub(crate) fn set_maybe_applied(&mut self) {
        self.maybe_applied = true;
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.endpoint, self.error)?;
        if self.maybe_applied { write!(f, "; {RECONCILE}") } else { Ok(()) }
    }
}

impl StdError for SendError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}
