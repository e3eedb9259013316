//! `Transport`: the seam between the client and whatever sends requests.

use std::future::Future;
use std::time::Duration;

use tensorpool_core::http::{Request, Response};
use tensorpool_core::{Bytes, Time, TransportError};

/// Sends requests and tells the time. Everything else (retries, deadlines, reading answers) is done above it.
///
/// An implementation must not retry, must not follow redirects, and must return a body whole or not at all.
///
/// # Failure kinds
///
/// A [`TransportError`] says how far the request got. [`NotSent`](tensorpool_core::TransportErrorKind::NotSent) lets a
/// `POST` that orders a cluster be sent again, so it is only for requests that the server certainly did not receive.
/// When in doubt, it is another kind.
pub trait Transport: Send + Sync + 'static {
    /// Sends `request` and reads the whole answer within `limit`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future abandons the request; whether the server received it is then unknown.
    fn send(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> impl Future<Output = Result<Response<Bytes>, TransportError>> + Send;

    /// Waits.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// The time, from a clock that never goes back.
    fn now(&self) -> Time;

    /// A number nobody can expect, to spread delays. Not for cryptography.
    fn entropy(&self) -> u64;
}
