//! From options to a `reqwest::Client`.

use std::time::Duration;

use tensorpool_client::core::error::BuildError;
use tensorpool_client::{FromOptions, TransportOptions};

use crate::{ReqwestTransport, failure};

impl FromOptions for ReqwestTransport {
    fn from_options(options: &TransportOptions) -> Result<Self, BuildError> {
        let timeout = options.connect_timeout;
        // The environment's proxies are for other machines: what is meant for this one must not leave it.
        let [client, direct] =
            [client(timeout, |builder| builder), client(timeout, reqwest::ClientBuilder::no_proxy)];
        let unusable = |error: reqwest::Error| BuildError::invalid("reqwest", failure::chain(&error));
        let transport = Self::from(client.map_err(unusable)?).direct(direct.map_err(unusable)?);
        #[cfg(feature = "socket")]
        let transport = transport.sockets_made_later(timeout);
        Ok(transport.max_body(options.max_body))
    }
}

/// A client as this crate sets it up, changed by `change`.
pub(crate) fn client(
    connect_timeout: Duration,
    change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<reqwest::Client, reqwest::Error> {
    change(ReqwestTransport::configure(reqwest::Client::builder()).connect_timeout(connect_timeout)).build()
}

impl ReqwestTransport {
    /// What a `reqwest::ClientBuilder` needs to be used here: no redirects, no retries, no referer; and over HTTP/2, a look
    /// every 20 s whether the other end is still there.
    ///
    /// What is left is hyper's own second try of a request that a closed connection gave back unwritten. A client you
    /// build keeps reqwest's proxies from the environment, for this machine too unless `NO_PROXY` says otherwise.
    ///
    /// Start from it when you build your own: `ReqwestTransport::configure(reqwest::Client::builder()).proxy(…)`.
    pub fn configure(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        let builder =
            builder.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never()).referer(false);
        #[cfg(feature = "http2")]
        let builder = builder
            .http2_keep_alive_interval(std::time::Duration::from_secs(20))
            .http2_keep_alive_timeout(std::time::Duration::from_secs(10))
            .http2_keep_alive_while_idle(true);
        builder
    }
}
