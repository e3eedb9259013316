//! `ReqwestTransport`: a `reqwest::Client` as a transport.

use std::fmt;
use std::time::{Duration, Instant};

use tensorpool_client::core::http::{Request, Response};
use tensorpool_client::core::{Bytes, Time, TransportError, is_loopback};
use tensorpool_client::{BodyTransport, Transport, TransportOptions};

use crate::body::ReqwestBody;
use crate::{body, failure};

/// A `reqwest::Client` as a transport. Cheap to clone.
///
/// From a client of your own, with its proxy, certificates and pool:
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tensorpool_reqwest::{Client, ReqwestTransport};
///
/// let mine = ReqwestTransport::configure(reqwest::Client::builder())
///     .proxy(reqwest::Proxy::all("http://proxy.example:3128")?)
///     .build()?;
/// let client = Client::with_transport(mine.into(), "tp-my-token")?;
/// # Ok(())
/// # }
/// ```
///
/// A client that follows redirects sends the request where it was not meant to go: such an answer is refused. One with
/// retries of its own may send an order twice: start from [`configure`](Self::configure), which switches both off.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    /// For this machine, without a proxy.
    direct: Option<reqwest::Client>,
    #[cfg(feature = "socket")]
    sockets: Sockets,
    max_body: usize,
    epoch: Instant,
}

impl ReqwestTransport {
    pub(crate) fn direct(mut self, client: reqwest::Client) -> Self {
        self.direct = Some(client);
        self
    }

    /// The most bytes of an answer's body; 16 MiB by default.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }
}

/// The client that opens WebSockets, which need HTTP/1.1.
#[cfg(feature = "socket")]
#[derive(Clone)]
enum Sockets {
    Given(reqwest::Client),
    /// Made when first needed: TLS takes a while to set up, and most programs open no socket.
    Made(std::sync::Arc<Twins>, Duration),
}

/// One for other machines, through the environment's proxies, and one for this machine, without.
#[cfg(feature = "socket")]
#[derive(Default)]
struct Twins {
    other: std::sync::OnceLock<reqwest::Client>,
    this: std::sync::OnceLock<reqwest::Client>,
}

#[cfg(feature = "socket")]
impl ReqwestTransport {
    /// Opens WebSockets with another client; with the same one by default.
    ///
    /// They need HTTP/1.1, so a client that speaks HTTP/2 needs a twin built with
    /// [`http1_only`](reqwest::ClientBuilder::http1_only).
    #[must_use]
    pub fn sockets_with(mut self, client: reqwest::Client) -> Self {
        self.sockets = Sockets::Given(client);
        self
    }

    /// Makes the twins when they are needed.
    pub(crate) fn sockets_made_later(mut self, connect_timeout: Duration) -> Self {
        self.sockets = Sockets::Made(std::sync::Arc::default(), connect_timeout);
        self
    }

    /// The client for sockets to this host.
    pub(crate) fn sockets(&self, host: Option<&str>) -> Result<reqwest::Client, TransportError> {
        let (twins, timeout) = match &self.sockets {
            Sockets::Given(client) => return Ok(client.clone()),
            Sockets::Made(twins, timeout) => (twins, *timeout),
        };
        let here = host.is_some_and(is_loopback);
        let made = if here { &twins.this } else { &twins.other };
        if let Some(client) = made.get() {
            return Ok(client.clone());
        }
        let client = crate::options::client(timeout, |builder| {
            let builder = builder.http1_only();
            if here { builder.no_proxy() } else { builder }
        });
        let unusable =
            |error: reqwest::Error| TransportError::not_sent("reqwest cannot be set up").with_source(error);
        let client = client.map_err(unusable)?;
        Ok(made.get_or_init(|| client).clone())
    }

    pub(crate) fn body_limit(&self) -> usize {
        self.max_body
    }
}

impl From<reqwest::Client> for ReqwestTransport {
    fn from(client: reqwest::Client) -> Self {
        Self {
            #[cfg(feature = "socket")]
            sockets: Sockets::Given(client.clone()),
            client,
            direct: None,
            max_body: TransportOptions::default().max_body,
            epoch: Instant::now(),
        }
    }
}

impl Transport for ReqwestTransport {
    async fn send(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let mut request = reqwest::Request::try_from(request).map_err(failure::of)?;
        *request.timeout_mut() = Some(limit);
        let (parts, body) = self.execute(request).await?.into_parts();
        Ok(Response::from_parts(parts, body::collect(body, self.max_body).await?))
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

impl ReqwestTransport {
    async fn execute(&self, request: reqwest::Request) -> Result<Response<reqwest::Body>, TransportError> {
        let meant = request.url().clone();
        let client = match &self.direct {
            Some(direct) if meant.host_str().is_some_and(is_loopback) => direct,
            _ => &self.client,
        };
        let response = client.execute(request).await.map_err(failure::of)?;
        if *response.url() != meant {
            return Err(TransportError::other(
                "the reqwest client followed a redirect; build it with redirect::Policy::none()",
            ));
        }
        Ok(response.into())
    }
}

/// A client of your own must not have a time limit of its own: reqwest's covers the body, however long it is.
impl BodyTransport for ReqwestTransport {
    type Body = ReqwestBody;

    async fn open(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<ReqwestBody>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(failure::of)?;
        let response = tokio::time::timeout(limit, self.execute(request))
            .await
            .unwrap_or_else(|_| Err(TransportError::timed_out(format!("no answer within {limit:?}"))))?;
        Ok(response.map(ReqwestBody))
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestTransport")
    }
}
