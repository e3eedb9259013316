//! Connectors: from a host to a stream, within a time limit that covers all of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use tensorpool_client::TransportOptions;
use tensorpool_client::core::http::Uri;
use tower_service::Service;

/// TCP, without TLS.
pub type PlainConnector = ConnectTimeout<HttpConnector>;

/// TCP, with TLS for `https`.
#[cfg(feature = "tls")]
pub type TlsConnector = ConnectTimeout<hyper_rustls::HttpsConnector<HttpConnector>>;

/// What a client has unless told otherwise: TLS where a feature brings it.
#[cfg(feature = "tls")]
pub type DefaultConnector = TlsConnector;
/// What a client has unless told otherwise: TLS where a feature brings it.
#[cfg(not(feature = "tls"))]
pub type DefaultConnector = PlainConnector;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A connector that gives up in time: names, TCP, proxies and TLS together.
///
/// hyper's own limit covers TCP alone, so that a server which never finishes its handshake would look like one that took
/// the request.
#[derive(Clone, Debug)]
pub struct ConnectTimeout<C> {
    inner: C,
    limit: Duration,
}

impl<C> ConnectTimeout<C> {
    /// Gives `inner` this long.
    pub fn new(inner: C, limit: Duration) -> Self {
        Self { inner, limit }
    }
}

/// Plain TCP as this crate sets it up: both address families raced, no delay for small requests.
pub(crate) fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp
}

impl PlainConnector {
    /// Plain TCP as this crate sets it up.
    #[must_use]
    pub fn plain(options: &TransportOptions) -> Self {
        Self::new(tcp(), options.connect_timeout)
    }
}

/// Connecting took too long; nothing of the request was sent.
#[derive(Debug)]
struct TooLong(Duration);

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection within {:?}", self.0)
    }
}

impl std::error::Error for TooLong {}

impl<C> Service<Uri> for ConnectTimeout<C>
where
    C: Service<Uri>,
    C::Error: Into<BoxError>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(self.limit, self.inner.call(uri));
        let limit = self.limit;
        Box::pin(async move { connecting.await.map_err(|_| TooLong(limit))?.map_err(Into::into) })
    }
}
