//! What a `reqwest::Error` says of how far the request got.

use std::error::Error as StdError;
use std::fmt::Write as _;

use tensorpool_client::core::{TransportError, TransportErrorKind};

/// Maps by asking the error and everything under it. When in doubt it is not `NotSent`: that would let an order be sent
/// twice.
pub(crate) fn of(error: reqwest::Error) -> TransportError {
    // The URL may hold a query; the caller knows the route anyway.
    let error = error.without_url();
    TransportError::new(kind(&error), chain(&error)).with_source(error)
}

fn kind(error: &reqwest::Error) -> TransportErrorKind {
    // Connecting covers DNS, TCP, proxies and TLS, and their time-out. Nothing of the request is written before.
    if error.is_builder() || error.is_connect() {
        return TransportErrorKind::NotSent;
    }
    if error.is_timeout() {
        return TransportErrorKind::TimedOut;
    }
    // An answer that broke off: its request was certainly received.
    let body = error.is_body() || error.is_decode();
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return if error.is_canceled() && !body {
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
        source = error.source();
    }
    TransportErrorKind::Other
}

/// The error and its sources on one line, without the first: it only says that there was one.
pub(crate) fn chain(error: &reqwest::Error) -> String {
    let mut line = String::new();
    let mut source = error.source();
    while let Some(error) = source {
        let separator = if line.is_empty() { "" } else { ": " };
        let _ = write!(line, "{separator}{error}");
        source = error.source();
    }
    if line.is_empty() { error.to_string() } else { line }
}
