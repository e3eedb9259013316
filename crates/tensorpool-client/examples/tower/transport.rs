//! Any `tower::Service` of HTTP requests as a transport.

use std::time::{Duration, Instant};

use tensorpool_client::Transport;
use tensorpool_client::core::http::{Request, Response};
use tensorpool_client::core::{Bytes, Time, TransportError};
use tower::{BoxError, Service, ServiceExt as _};

/// A service of requests whose bodies are whole, with whatever layers it is in.
#[derive(Clone, Debug)]
pub(crate) struct TowerTransport<S> {
    service: S,
    epoch: Instant,
}

impl<S> TowerTransport<S> {
    pub(crate) fn new(service: S) -> Self {
        Self { service, epoch: Instant::now() }
    }
}

impl<S> Transport for TowerTransport<S>
where
    S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    async fn send(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        let answer = tokio::time::timeout(limit, self.service.clone().oneshot(request)).await;
        match answer {
            Ok(answer) => answer.map_err(|error| failure(error.into())),
            Err(_) => Err(TransportError::timed_out("no answer in time")),
        }
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

/// A service that knows how far the request got says so with a `TransportError`; of any other error nobody knows, and
/// what nobody knows is not "not sent".
fn failure(error: BoxError) -> TransportError {
    match error.downcast::<TransportError>() {
        Ok(known) => *known,
        Err(error) => TransportError::interrupted(error.to_string()).with_source(error),
    }
}
