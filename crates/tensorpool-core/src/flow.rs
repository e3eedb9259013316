//! Flows: REST conversations as state machines, driven with the time and the answers they ask for.
//!
//! ```text
//!            ┌───────────── poll(now) ─────────────┐
//!            ▼                                      │
//!   Send(Outgoing) ──► send it, then handle(now, Response | Failed)
//!   WaitUntil(time) ─► sleep
//!   Progress(step) ──► show it, or not
//!   Finished ────────► finish()
//! ```
//!
//! A flow never sends twice what must not be sent twice, never sleeps past its deadline, and needs nothing but the calls
//! above: any runtime, or none, can drive it.

mod call;
mod cancel;
mod exchange;
mod follow;
mod operation;
mod poll;
mod retry;
mod scrub;
mod wait_all;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

pub use call::Call;
pub use cancel::{Cancel, JobEnd};
pub use operation::{Completed, Operation, OperationHandle, Submitted};
pub use poll::{Step, Subject, Wait};
pub(crate) use retry::Jitter;
pub use retry::{Failure, RetryBudget, RetryPolicy, Verdict, judge};
pub use wait_all::WaitAll;

use crate::endpoint::Meta;
use crate::error::{Error, TransportError};
use crate::time::Time;

/// What a flow wants next.
#[derive(Debug)]
#[non_exhaustive]
pub enum Action<P> {
    /// Send this, and give the outcome to [`Flow::handle`].
    Send(Box<Outgoing>),
    /// Nothing to do before this moment: sleep, then poll again.
    WaitUntil(Time),
    /// Something to show; poll again at once.
    Progress(P),
    /// Call [`Flow::finish`].
    Finished,
}

/// One attempt of a request.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outgoing {
    /// The request, token and all.
    pub request: Request<Bytes>,
    /// How long it may take, from connecting to the last byte of the answer.
    pub limit: Duration,
    /// The route it is for: its name and path template are fit for logs, the request's URI is not always.
    pub meta: &'static Meta,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// What became of an [`Outgoing`]. `Debug` shows an answer's status alone: its body may hold secrets.
pub enum Input {
    /// The server answered, with any status.
    Response(Response<Bytes>),
    /// It did not.
    Failed(TransportError),
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response(response) => f.debug_tuple("Response").field(&response.status()).finish(),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

impl From<Result<Response<Bytes>, TransportError>> for Input {
    fn from(outcome: Result<Response<Bytes>, TransportError>) -> Self {
        match outcome {
            Ok(response) => Self::Response(response),
            Err(error) => Self::Failed(error),
        }
    }
}

/// A conversation with the engine.
pub trait Flow {
    /// What it tells on the way.
    type Progress;
    /// What it ends with.
    type Output;

    /// What to do next. Polling while an attempt is under way is allowed: it answers when that attempt is over time,
    /// and takes it for lost from then on.
    fn poll(&mut self, now: Time) -> Action<Self::Progress>;

    /// Takes the outcome of the last [`Action::Send`]. An outcome that was not asked for is ignored.
    fn handle(&mut self, now: Time, input: Input);

    /// The result, after [`Action::Finished`]. Earlier, it is an error that says so.
    ///
    /// # Errors
    ///
    /// Whatever ended the flow without success.
    fn finish(self) -> Result<Self::Output, Error>;
}
