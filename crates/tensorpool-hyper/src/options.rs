//! From options to a transport with TLS.

use tensorpool_client::core::error::BuildError;
use tensorpool_client::{FromOptions, TransportOptions};

use crate::connector::TlsConnector;
use crate::{HyperTransport, tls};

impl FromOptions for HyperTransport<TlsConnector> {
    fn from_options(options: &TransportOptions) -> Result<Self, BuildError> {
        let config = tls::config().map_err(|error| BuildError::invalid("TLS", error))?;
        Ok(Self::with_tls(config, options))
    }
}
