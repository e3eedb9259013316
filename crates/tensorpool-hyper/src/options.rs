//! From options to a transport with TLS.

use tensorpool_client::core::TransportError;
use tensorpool_client::{FromOptions, TransportOptions};

use crate::connector::TlsConnector;
use crate::{HyperTransport, tls};

impl FromOptions for HyperTransport<TlsConnector> {
    fn from_options(options: &TransportOptions) -> Result<Self, TransportError> {
        let config = tls::config()
            .map_err(|error| TransportError::not_sent("TLS cannot be set up").with_source(error))?;
        Ok(Self::with_tls(config, options))
    }
}
