//! From options to a `reqwest::Client`.

use std::time::Duration;

use tensorpool_client::core::TransportError;
use tensorpool_client::{FromOptions, TransportOptions};

use crate::ReqwestTransport;

impl FromOptions for ReqwestTransport {
    fn from_options(options: &TransportOptions) -> Result<Self, TransportError> {
        let transport = Self::from(client(options.connect_timeout, |builder| builder)?);
        #[cfg(feature = "socket")]
        let transport = transport.sockets_made_later(options.connect_timeout);
        Ok(transport.max_body(options.max_body))
    }
}

/// A client as this crate sets it up, changed by `change`.
pub(crate) fn client(
    connect_timeout: Duration,
    change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<reqwest::Client, TransportError> {
    let builder = ReqwestTransport::configure(reqwest::Client::builder()).connect_timeout(connect_timeout);
    change(builder)
        .build()
        .map_err(|error| TransportError::not_sent("reqwest cannot be set up").with_source(error))
}

impl ReqwestTransport {
    /// What a `reqwest::ClientBuilder` needs to be used here: no redirects, no retries, no referer.
    ///
    /// Start from it when you build your own: `ReqwestTransport::configure(reqwest::Client::builder()).proxy(…)`.
    pub fn configure(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        builder.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never()).referer(false)
    }
}
