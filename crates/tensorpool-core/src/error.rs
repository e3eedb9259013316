//! `Error`: what can go wrong, with the evidence.

mod api;
mod build;
mod decode;
mod exhausted;
mod operation;
mod session;
mod transfer;
mod transport;

use std::fmt;
use std::time::Duration;

use http::StatusCode;

pub use api::{ApiBody, ApiError, ValidationIssue};
pub use build::{BuildError, BuildErrorKind};
pub use decode::DecodeError;
pub use exhausted::{ExhaustedError, ExhaustedReason};
pub use operation::{OperationError, OperationErrorKind};
pub use session::{SessionError, SessionErrorKind};
pub use transfer::{TransferError, TransferErrorKind};
pub use transport::{SendError, TransportError, TransportErrorKind};

/// Anything that can go wrong, boxed so that a `Result` stays small.
///
/// `Display` is one line: endpoint, what happened, the server's own words, and what to do next where that is known.
/// Ask the predicates rather than match: they see through [`Exhausted`](Self::Exhausted) to the last failure.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The request could not be built; nothing was sent.
    Build(Box<BuildError>),
    /// The request or its answer was lost on the way.
    Transport(Box<SendError>),
    /// The server answered, with a status outside 2xx.
    Api(Box<ApiError>),
    /// The server answered 2xx, with a body that is not what it should be.
    Decode(Box<DecodeError>),
    /// An operation that was accepted failed, or could not be followed to its end.
    Operation(Box<OperationError>),
    /// It would have been tried again, but attempts, time or budget were used up.
    Exhausted(Box<ExhaustedError>),
    /// A push or a listen ended without success.
    Session(Box<SessionError>),
    /// A download could not begin. What becomes of one file is its [`Fate`](crate::transfer::Fate) instead.
    Transfer(Box<TransferError>),
}

impl Error {
    /// The endpoint's name, such as `cluster.create`, where one was involved.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Build(e) => e.endpoint(),
            Self::Transport(e) => Some(e.endpoint()),
            Self::Api(e) => Some(e.endpoint()),
            Self::Decode(e) => Some(e.endpoint()),
            Self::Operation(e) => Some(e.handle().endpoint()),
            Self::Exhausted(e) => Some(e.endpoint()),
            Self::Session(e) => Some(e.endpoint()),
            Self::Transfer(_) => None,
        }
    }

    /// The HTTP status, if the server answered.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(e) => Some(e.status()),
            Self::Decode(e) => Some(e.status()),
            Self::Operation(e) => e.last_error().and_then(Self::status),
            Self::Exhausted(e) => e.last().and_then(Self::status),
            Self::Session(e) => e.cause().and_then(Self::status),
            Self::Transfer(e) => e.status(),
            Self::Build(_) | Self::Transport(_) => None,
        }
    }

    /// The server's own words, if it said any.
    #[must_use]
    pub fn server_message(&self) -> Option<&str> {
        match self {
            Self::Api(e) => e.message(),
            Self::Operation(e) => e.server_message(),
            Self::Exhausted(e) => e.last().and_then(Self::server_message),
            Self::Session(e) => e.reason().or_else(|| e.cause().and_then(Self::server_message)),
            Self::Build(_) | Self::Transport(_) | Self::Decode(_) | Self::Transfer(_) => None,
        }
    }

    /// The token is missing or invalid (401), or a session was refused as if it were
    /// ([`SessionErrorKind::Unauthorized`], a guess).
    ///
    /// # Troubleshooting
    ///
    /// Check it with `GET /me`. Copy it anew from <https://tensorpool.dev/dashboard/profile>; a token for another
    /// engine is refused too, so look at the base URL.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        let refused = |e: &SessionError| e.kind() == SessionErrorKind::Unauthorized;
        self.has_status(401) || matches!(self, Self::Session(e) if refused(e))
    }

    /// The token is valid but may not do this (403).
    ///
    /// # Troubleshooting
    ///
    /// Object storage and organization endpoints need a TensorPool organization; some actions need its admin.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.has_status(403)
    }

    /// The balance does not suffice (402).
    ///
    /// # Troubleshooting
    ///
    /// Add funds at <https://tensorpool.dev/dashboard/balance>. Storage asks for 24 hours of its cost in advance.
    #[must_use]
    pub fn is_out_of_funds(&self) -> bool {
        self.has_status(402)
    }

    /// There is no such thing, or not for this account (404).
    ///
    /// # Troubleshooting
    ///
    /// List what there is; resources of the organization are listed only with `include_org`.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.has_status(404)
    }

    /// The thing's state forbids it (409): deletion protection, a volume that is attached, a job that is over.
    ///
    /// # Troubleshooting
    ///
    /// Read [`server_message`](Self::server_message); for deletion protection, edit it off first.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.has_status(409)
    }

    /// An argument is wrong: refused here before sending, or by the server (400, 422).
    ///
    /// # Troubleshooting
    ///
    /// The message names the argument. [`ApiError::issues`] lists the server's findings one by one.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        matches!(self, Self::Build(_)) || self.has_status(422) || self.has_status(400)
    }

    /// Too many requests (429).
    ///
    /// # Troubleshooting
    ///
    /// It was retried already. Share one client (and so its retry budget), and wait for
    /// [`retry_after`](Self::retry_after).
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.has_status(429)
    }

    /// Time ran out: for one attempt, for the whole call, or for a wait.
    ///
    /// # Troubleshooting
    ///
    /// For a wait, the operation goes on at the server: resume it from [`OperationError::handle`].
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Transport(e) => e.kind() == TransportErrorKind::TimedOut,
            Self::Operation(e) => e.kind() == OperationErrorKind::Deadline,
            Self::Exhausted(e) => {
                e.reason() == ExhaustedReason::Deadline || e.last().is_some_and(Self::is_timeout)
            }
            Self::Session(e) => {
                e.kind() == SessionErrorKind::Silent || e.cause().is_some_and(Self::is_timeout)
            }
            Self::Build(_) | Self::Api(_) | Self::Decode(_) | Self::Transfer(_) => false,
        }
    }

    /// Whether the server may have done what was asked, although this is an error.
    ///
    /// False means it certainly did not. True for an answer that was lost, for a 5xx, and for a 2xx that could not be
    /// read; never for a request that only reads.
    ///
    /// # Troubleshooting
    ///
    /// Do not send it again at once: look for the cluster or volume by name, or at `cluster.operations`, first.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        match self {
            Self::Build(_) | Self::Transfer(_) => false,
            Self::Transport(e) => e.may_have_been_applied(),
            Self::Api(e) => e.may_have_been_applied(),
            Self::Decode(e) => e.may_have_been_applied(),
            Self::Operation(_) => true,
            Self::Exhausted(e) => e.may_have_been_applied(),
            Self::Session(e) => e.may_have_been_applied(),
        }
    }

    /// How long the server asked to be left alone, in the last answer.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api(e) => e.retry_after(),
            Self::Operation(e) => e.last_error().and_then(Self::retry_after),
            Self::Exhausted(e) => e.last().and_then(Self::retry_after),
            Self::Session(e) => e.cause().and_then(Self::retry_after),
            Self::Build(_) | Self::Transport(_) | Self::Decode(_) | Self::Transfer(_) => None,
        }
    }

    fn has_status(&self, code: u16) -> bool {
        self.status().is_some_and(|status| status.as_u16() == code)
    }

    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        if let Self::Api(e) = &mut self {
            e.set_hint(hint);
        }
        self
    }

    /// Notes that an earlier attempt may have been applied.
    pub(crate) fn maybe_applied_earlier(mut self) -> Self {
        match &mut self {
            Self::Transport(e) => e.set_maybe_applied(),
            Self::Api(e) => e.set_maybe_applied_earlier(),
            Self::Build(_)
            | Self::Decode(_)
            | Self::Operation(_)
            | Self::Exhausted(_)
            | Self::Session(_)
            | Self::Transfer(_) => {}
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(e) => e.fmt(f),
            Self::Transport(e) => e.fmt(f),
            Self::Api(e) => e.fmt(f),
            Self::Decode(e) => e.fmt(f),
            Self::Operation(e) => e.fmt(f),
            Self::Exhausted(e) => e.fmt(f),
            Self::Session(e) => e.fmt(f),
            Self::Transfer(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Build(e) => e.source(),
            Self::Transport(e) => e.source(),
            Self::Api(e) => e.source(),
            Self::Decode(e) => e.source(),
            Self::Operation(e) => e.source(),
            Self::Exhausted(e) => e.source(),
            Self::Session(e) => e.source(),
            Self::Transfer(e) => e.source(),
        }
    }
}

macro_rules! boxed_into {
    ($($error:ident => $variant:ident),+ $(,)?) => { $(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::$variant(Box::new(error))
            }
        }
    )+ };
}

boxed_into! {
    BuildError => Build,
    SendError => Transport,
    ApiError => Api,
    DecodeError => Decode,
    OperationError => Operation,
    ExhaustedError => Exhausted,
    SessionError => Session,
    TransferError => Transfer,
}

/// What every error that may hide a success tells the user to do.
pub(crate) const RECONCILE: &str = "it may have been applied: look before sending it again";

#[cfg(test)]
mod tests {
    #[test]
    fn an_error_is_small_and_travels() {
        fn travels<T: Send + Sync + 'static>() {}
        travels::<super::Error>();
        assert!(size_of::<super::Error>() <= 24);
    }
}
