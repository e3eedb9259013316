//! `ReqwestTransport`: a `reqwest::Client` as a transport.

use std::fmt;
use std::time::{Duration, Instant};

use tensorpool_client::core::http::{Request, Response};
use tensorpool_client::core::{Bytes, Time, TransportError};
use tensorpool_client::{BodyTransport, Transport, TransportOptions};

use crate::body::ReqwestBody;
use crate::{body, failure};

/// A [`reqwest::Client`] as a transport. Cheap to clone.
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
    max_body: usize,
    epoch: Instant,
}

impl ReqwestTransport {
    /// The most bytes of an answer's body; 16 MiB by default.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }
}

impl From<reqwest::Client> for ReqwestTransport {
    fn from(client: reqwest::Client) -> Self {
        Self { client, max_body: TransportOptions::default().max_body, epoch: Instant::now() }
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
        let response = self.client.execute(request).await.map_err(failure::of)?;
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
