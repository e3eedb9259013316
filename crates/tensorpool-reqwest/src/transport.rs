//! `ReqwestTransport`: a `reqwest::Client` as a transport.

use std::fmt;
use std::time::{Duration, Instant};

use tensorpool_client::core::http::{Request, Response};
use tensorpool_client::core::{Bytes, Time, TransportError, is_loopback};
use tensorpool_client::{Transport, TransportOptions};

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

impl From<reqwest::Client> for ReqwestTransport {
    fn from(client: reqwest::Client) -> Self {
        Self { client, direct: None, max_body: TransportOptions::default().max_body, epoch: Instant::now() }
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
        let meant = request.url().clone();
        let client = match &self.direct {
            Some(direct) if request.url().host_str().is_some_and(is_loopback) => direct,
            _ => &self.client,
        };
        let response = client.execute(request).await.map_err(failure::of)?;
        if *response.url() != meant {
            return Err(TransportError::other(
                "the reqwest client followed a redirect; build it with redirect::Policy::none()",
            ));
        }
        let (parts, body) =
            tensorpool_client::core::http::Response::<reqwest::Body>::from(response).into_parts();
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

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestTransport")
    }
}
