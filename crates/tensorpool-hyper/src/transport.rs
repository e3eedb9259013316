//! `HyperTransport`: a hyper client as a transport.

use std::fmt;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::Connect;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tensorpool_client::core::http::{Request, Response};
use tensorpool_client::core::{Bytes, Time, TransportError};
use tensorpool_client::{BodyTransport, Transport, TransportOptions};

use crate::body::HyperBody;
use crate::{body, failure};

/// hyper's pooled client over a connector, as a transport. Cheap to clone.
#[derive(Clone)]
pub struct HyperTransport<C = crate::DefaultConnector> {
    client: Client<C, Full<Bytes>>,
    #[cfg(feature = "socket")]
    sockets: Client<C, Full<Bytes>>,
    max_body: usize,
    epoch: Instant,
}

impl<C: Connect + Clone + Send + Sync + 'static> HyperTransport<C> {
    /// Over a connector of your own: through a proxy, a unix socket, another TLS.
    ///
    /// ```
    /// use hyper_util::client::legacy::connect::HttpConnector;
    /// use tensorpool_hyper::{HyperTransport, client::Client};
    ///
    /// let mut mine = HttpConnector::new();
    /// mine.set_local_address(Some([127, 0, 0, 1].into()));
    /// let transport = HyperTransport::from_connector(mine);
    /// let client = Client::builder().token("tp-1").base_url("http://127.0.0.1:8000").build_with(transport)?;
    /// # Ok::<(), tensorpool_hyper::Error>(())
    /// ```
    pub fn from_connector(connector: C) -> Self {
        let client = client(connector);
        Self {
            #[cfg(feature = "socket")]
            sockets: client.clone(),
            client,
            max_body: TransportOptions::default().max_body,
            epoch: Instant::now(),
        }
    }

    /// Opens WebSockets over another connector; the same one by default.
    ///
    /// They need HTTP/1.1, so a connector that negotiates HTTP/2 (by ALPN) needs a twin that does not.
    #[cfg(feature = "socket")]
    #[must_use]
    pub fn sockets_over(mut self, connector: C) -> Self {
        self.sockets = client(connector);
        self
    }

    #[cfg(feature = "socket")]
    pub(crate) fn sockets(&self) -> &Client<C, Full<Bytes>> {
        &self.sockets
    }

    #[cfg(feature = "socket")]
    pub(crate) fn body_limit(&self) -> usize {
        self.max_body
    }

    /// The most bytes of an answer's body; 16 MiB by default.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }
}

fn client<C: Connect + Clone>(connector: C) -> Client<C, Full<Bytes>> {
    let mut builder = Client::builder(TokioExecutor::new());
    builder.timer(TokioTimer::new()).pool_timer(TokioTimer::new()).retry_canceled_requests(false);
    // One connection carries everything, so one that died in silence must be noticed.
    #[cfg(feature = "http2")]
    builder
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(10))
        .http2_keep_alive_while_idle(true);
    builder.build(connector)
}

#[cfg(feature = "tls")]
impl HyperTransport<crate::TlsConnector> {
    /// With TLS of your own: private certificate authorities, client certificates, another provider.
    #[must_use]
    pub fn with_tls(config: rustls::ClientConfig, options: &TransportOptions) -> Self {
        #[cfg(all(feature = "socket", feature = "http2"))]
        let sockets = crate::tls::http1_connector(config.clone(), options);
        let transport =
            Self::from_connector(crate::tls::connector(config, options)).max_body(options.max_body);
        #[cfg(all(feature = "socket", feature = "http2"))]
        let transport = transport.sockets_over(sockets);
        transport
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> Transport for HyperTransport<C> {
    async fn send(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let exchange = async {
            let response = self.client.request(request.map(Full::new)).await.map_err(failure::of)?;
            let (parts, body) = response.into_parts();
            Ok(Response::from_parts(parts, body::collect(body, self.max_body).await?))
        };
        tokio::time::timeout(limit, exchange)
            .await
            .unwrap_or_else(|_| Err(TransportError::timed_out(format!("no answer within {limit:?}"))))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn now(&self) -> Time {
        Time::since_epoch(self.epoch.elapsed())
    }

    fn entropy(&self) -> u64 {
        fastrand::u64(..)
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> BodyTransport for HyperTransport<C> {
    type Body = HyperBody;

    async fn open(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<HyperBody>, TransportError> {
        let response = tokio::time::timeout(limit, self.client.request(request.map(Full::new)))
            .await
            .map_err(|_| TransportError::timed_out(format!("no answer within {limit:?}")))?;
        Ok(response.map_err(failure::of)?.map(HyperBody))
    }
}

impl<C> fmt::Debug for HyperTransport<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HyperTransport")
    }
}
