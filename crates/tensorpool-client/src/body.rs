//! `BodyTransport`: the seam for bodies that are too large to be held in memory.

use std::future::Future;
use std::time::Duration;

use tensorpool_core::http::{Request, Response};
use tensorpool_core::{Bytes, TransportError};

use crate::Transport;

/// Opens answers whose body is read piece by piece. Separate from [`Transport`], so that one which only calls the API is
/// still one.
///
/// An implementation must not retry, must not follow redirects, must not add credentials, and must not decode the body.
pub trait BodyTransport: Transport {
    /// A body under way. Dropping it gives up the rest.
    type Body: Body;

    /// Sends `request` and waits for the head of the answer, at most for `limit`. The body has no limit of its own.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future abandons the request.
    fn open(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> impl Future<Output = Result<Response<Self::Body>, TransportError>> + Send;
}

/// The body of an answer, piece by piece.
pub trait Body: Send + 'static {
    /// The next piece, which is not empty; `None` at the end. A body that ends before the length or the end it announced
    /// is an error, where the transport can tell.
    ///
    /// # Cancel safety
    ///
    /// Safe: dropping the future loses nothing.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Bytes>, TransportError>> + Send;
}
