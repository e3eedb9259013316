//! The blocking example's ureq, under the client: each attempt blocks its thread.

use std::future::Future;
use std::time::{Duration, Instant};

use tensorpool_client::Transport;
use tensorpool_client::core::http::{Request, Response};
use tensorpool_client::core::{Bytes, Time, TransportError};

#[path = "../../crates/tensorpool-core/examples/blocking/ureq_http.rs"]
mod ureq_http;

use crate::transport::{Keep, Subject, served};
use crate::world::World;

#[derive(Clone, Debug)]
pub(crate) struct BlockingTransport {
    agent: ureq::Agent,
    epoch: Instant,
}

impl Transport for BlockingTransport {
    async fn send(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<Bytes>, TransportError> {
        ureq_http::send(&self.agent, request, limit)
    }

    async fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn now(&self) -> Time {
        Time::since_epoch(self.epoch.elapsed())
    }

    fn entropy(&self) -> u64 {
        fastrand::u64(..)
    }
}

impl Subject for BlockingTransport {
    fn world() -> (World<Self>, Keep) {
        served(Self { agent: ureq_http::agent(), epoch: Instant::now() })
    }

    fn block_on<F: Future>(_: &Keep, case: F) -> F::Output {
        smol::block_on(case)
    }
}
