//! A call that ran out of attempts, time or budget.

use std::fmt;
use std::time::Duration;

use super::{Error, RECONCILE};
use crate::endpoint::{Meta, Replay};

/// What ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExhaustedReason {
    /// All attempts of the policy were made.
    Attempts,
    /// The call's deadline is over, or would be before the next attempt.
    Deadline,
    /// The server asked to be left alone for longer than the deadline leaves.
    RetryAfter,
    /// The caller ended it before it was over.
    Abandoned,
    /// The retry budget that all calls of a client share is empty: the server is failing for everyone.
    Budget,
}

/// It would have been tried again, but something ran out.
#[derive(Debug)]
pub struct ExhaustedError {
    pub(crate) endpoint: &'static str,
    pub(crate) reason: ExhaustedReason,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    pub(crate) last: Option<Error>,
    pub(crate) maybe_applied: bool,
}

impl ExhaustedError {
    /// Ended by the caller at a moment when nothing is known.
    pub(crate) fn abandoned(meta: &'static Meta) -> Self {
        Self {
            endpoint: meta.name,
            reason: ExhaustedReason::Abandoned,
            attempts: 0,
            elapsed: Duration::ZERO,
            last: None,
            maybe_applied: meta.replay != Replay::Safe,
        }
    }

    /// The endpoint's name.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.endpoint
    }

    /// What ran out.
    #[must_use]
    pub fn reason(&self) -> ExhaustedReason {
        self.reason
    }

    /// How many attempts were made.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long it took, waits included.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The failure of the last attempt.
    #[must_use]
    pub fn last(&self) -> Option<&Error> {
        self.last.as_ref()
    }

    pub(crate) fn may_have_been_applied(&self) -> bool {
        self.maybe_applied || self.last.as_ref().is_some_and(Error::may_have_been_applied)
    }
}

impl fmt::Display for ExhaustedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.last {
            Some(last) => write!(f, "{last}")?,
            None => write!(f, "{}: not sent", self.endpoint)?,
        }
        let plural = if self.attempts == 1 { "" } else { "s" };
        let took = self.elapsed.as_secs_f64();
        write!(f, " (gave up after {} attempt{plural} in {took:.1} s", self.attempts)?;
        if self.maybe_applied && !self.last.as_ref().is_some_and(Error::may_have_been_applied) {
            write!(f, "; {RECONCILE}")?;
        }
        f.write_str(match self.reason {
            ExhaustedReason::Attempts => ")",
            ExhaustedReason::Deadline => ": out of time)",
            ExhaustedReason::RetryAfter => ": the server asks for more time than is left)",
            ExhaustedReason::Abandoned => ": ended by the caller)",
            ExhaustedReason::Budget => ": the client's retry budget is empty)",
        })
    }
}

impl std::error::Error for ExhaustedError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.last.as_ref().and_then(std::error::Error::source)
    }
}
