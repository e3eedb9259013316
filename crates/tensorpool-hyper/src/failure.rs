//! What hyper's errors say of how far the request got.

use std::error::Error as StdError;
use std::fmt::Write as _;

use hyper_util::client::legacy;
use tensorpool_client::core::{TransportError, TransportErrorKind};

/// Maps by asking the error and everything under it. When in doubt it is not `NotSent`: that would let an order be sent
/// twice.
pub(crate) fn of(error: legacy::Error) -> TransportError {
    // Connecting covers DNS, TCP, proxies and TLS, and their time-out. Nothing of the request is written before.
    let kind = if error.is_connect() {
        TransportErrorKind::NotSent
    } else {
        error.source().map_or(TransportErrorKind::Other, kind)
    };
    TransportError::new(kind, chain(&error)).with_source(error)
}

/// An answer that broke off: its request was certainly received, so nothing here is `NotSent`.
pub(crate) fn of_body(error: hyper::Error) -> TransportError {
    let kind = match kind(&error) {
        TransportErrorKind::NotSent => TransportErrorKind::Interrupted,
        kind => kind,
    };
    TransportError::new(kind, format!("reading the answer: {error}")).with_source(error)
}

fn kind(error: &(dyn StdError + 'static)) -> TransportErrorKind {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return if error.is_canceled() {
                // hyper says so only of a request that it gives back unwritten: the pooled connection had been closed.
                TransportErrorKind::NotSent
            } else if error.is_timeout() {
                TransportErrorKind::TimedOut
            } else if error.is_parse() || error.is_user() {
                TransportErrorKind::Other
            } else {
                TransportErrorKind::Interrupted
            };
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return if error.kind() == std::io::ErrorKind::TimedOut {
                TransportErrorKind::TimedOut
            } else {
                TransportErrorKind::Interrupted
            };
        }
        next = error.source();
    }
    TransportErrorKind::Other
}

/// The sources of the error on one line; the error itself only says that there was one.
fn chain(error: &legacy::Error) -> String {
    let mut line = String::new();
    let mut source = error.source();
    while let Some(error) = source {
        let separator = if line.is_empty() { "" } else { ": " };
        let _ = write!(line, "{separator}{error}");
        source = error.source();
    }
    if line.is_empty() { error.to_string() } else { line }
}
