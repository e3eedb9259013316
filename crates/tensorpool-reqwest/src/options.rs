//! From options to a `reqwest::Client`.

use tensorpool_client::core::TransportError;
use tensorpool_client::{FromOptions, TransportOptions};

use crate::ReqwestTransport;

impl FromOptions for ReqwestTransport {
    fn from_options(options: &TransportOptions) -> Result<Self, TransportError> {
        let client = Self::configure(reqwest::Client::builder())
            .connect_timeout(options.connect_timeout)
            .build()
            .map_err(|error| TransportError::not_sent("reqwest cannot be set up").with_source(error))?;
        Ok(Self::from(client).max_body(options.max_body))
    }
}

impl ReqwestTransport {
    /// What a `reqwest::ClientBuilder` needs to be used here: no redirects, no retries, no referer.
    ///
    /// Start from it when you build your own: `ReqwestTransport::configure(reqwest::Client::builder()).proxy(…)`.
    pub fn configure(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        builder.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never()).referer(false)
    }
}
