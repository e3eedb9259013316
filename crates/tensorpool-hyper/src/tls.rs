//! TLS by rustls, its provider passed explicitly.

use hyper_rustls::HttpsConnectorBuilder;
use rustls::ClientConfig;
use tensorpool_client::TransportOptions;

use crate::connector::{ConnectTimeout, TlsConnector, tcp};

/// TCP, with TLS as `config` says for `https`.
pub(crate) fn connector(mut config: ClientConfig, options: &TransportOptions) -> TlsConnector {
    // The builder writes what this crate speaks, and takes it for a mistake if something stands there already.
    config.alpn_protocols.clear();
    let builder = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1();
    #[cfg(feature = "http2")]
    let builder = builder.enable_http2();
    ConnectTimeout::new(builder.wrap_connector(tcp()), options.connect_timeout)
}

/// The same, but HTTP/1.1 alone: what WebSockets need.
#[cfg(all(feature = "socket", feature = "http2"))]
pub(crate) fn http1_connector(mut config: ClientConfig, options: &TransportOptions) -> TlsConnector {
    config.alpn_protocols.clear();
    let builder = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1();
    ConnectTimeout::new(builder.wrap_connector(tcp()), options.connect_timeout)
}

/// A configuration that trusts what the platform trusts.
#[cfg(all(
    any(feature = "ring", feature = "aws-lc-rs"),
    any(feature = "platform-verifier", feature = "native-roots")
))]
pub(crate) fn config() -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    #[cfg(not(feature = "platform-verifier"))]
    {
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(rustls::Error::General("the platform has no root certificates".to_owned()));
        }
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }
    #[cfg(feature = "platform-verifier")]
    {
        use rustls_platform_verifier::BuilderVerifierExt as _;
        Ok(builder.with_platform_verifier()?.with_no_client_auth())
    }
}

/// The provider this crate was compiled with.
#[cfg(all(
    any(feature = "ring", feature = "aws-lc-rs"),
    any(feature = "platform-verifier", feature = "native-roots")
))]
fn provider() -> std::sync::Arc<rustls::crypto::CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    return rustls::crypto::aws_lc_rs::default_provider().into();
    #[cfg(not(feature = "aws-lc-rs"))]
    return rustls::crypto::ring::default_provider().into();
}
