//! One attempt over ureq: no async anywhere.

use std::io::ErrorKind;
use std::time::Duration;

use tensorpool_core::http::{Request, Response};
use tensorpool_core::{Bytes, TransportError};
use ureq::{Agent, Error, Timeout};

/// The most bytes of an answer's body.
const MAX_BODY: u64 = 16 * 1024 * 1024;

/// An agent that leaves to core what is core's: redirects, statuses, retries. Nor does it ask the environment for a proxy: that
/// is for the program to decide, and never for this machine.
pub(crate) fn agent() -> Agent {
    let config = Agent::config_builder()
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false);
    config.build().into()
}

/// Sends `request` and reads the whole answer within `limit`.
pub(crate) fn send(
    agent: &Agent,
    request: Request<Bytes>,
    limit: Duration,
) -> Result<Response<Bytes>, TransportError> {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts, body.to_vec());
    let request = agent.configure_request(request).timeout_global(Some(limit)).build();
    let (parts, mut body) = agent.run(request).map_err(failure)?.into_parts();
    let body = body.with_config().limit(MAX_BODY).read_to_vec().map_err(|error| match failure(error) {
        // There was an answer, so the request was received whatever broke afterwards.
        error if error.kind() == tensorpool_core::TransportErrorKind::NotSent => {
            TransportError::interrupted("reading the answer").with_source(error)
        }
        error => error,
    })?;
    Ok(Response::from_parts(parts, body.into()))
}

/// When in doubt it is not `not_sent`: that would let an order be sent twice.
fn failure(error: Error) -> TransportError {
    let message = error.to_string();
    let failed = match &error {
        Error::HostNotFound | Error::ConnectionFailed | Error::ConnectProxyFailed(_) | Error::TlsRequired => {
            TransportError::not_sent(message)
        }
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => TransportError::not_sent(message),
        Error::Timeout(_) => TransportError::timed_out(message),
        Error::Io(io) if io.kind() == ErrorKind::ConnectionRefused => TransportError::not_sent(message),
        Error::Io(io) if io.kind() == ErrorKind::TimedOut => TransportError::timed_out(message),
        Error::Io(_) => TransportError::interrupted(message),
        _ => TransportError::other(message),
    };
    failed.with_source(error)
}
