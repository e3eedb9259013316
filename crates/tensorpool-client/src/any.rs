//! `AnyTransport`: a transport whose type is forgotten, for those who keep clients in structs.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tensorpool_core::http::{Request, Response};
use tensorpool_core::{Bytes, Time, TransportError};

use crate::Transport;

type Boxed<'a, O> = Pin<Box<dyn Future<Output = O> + Send + 'a>>;

/// Any transport behind one type, at the price of a boxed future for each attempt. Cheap to clone.
#[derive(Clone)]
pub struct AnyTransport(Arc<dyn Erased>);

impl AnyTransport {
    /// Forgets the type of `transport`.
    pub fn new(transport: impl Transport) -> Self {
        Self(Arc::new(transport))
    }
}

trait Erased: Send + Sync {
    fn send(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Boxed<'_, Result<Response<Bytes>, TransportError>>;
    fn sleep(&self, duration: Duration) -> Boxed<'_, ()>;
    fn now(&self) -> Time;
    fn entropy(&self) -> u64;
}

impl<T: Transport> Erased for T {
    fn send(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Boxed<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(Transport::send(self, request, limit))
    }

    fn sleep(&self, duration: Duration) -> Boxed<'_, ()> {
        Box::pin(Transport::sleep(self, duration))
    }

    fn now(&self) -> Time {
        Transport::now(self)
    }

    fn entropy(&self) -> u64 {
        Transport::entropy(self)
    }
}

impl Transport for AnyTransport {
    fn send(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> impl Future<Output = Result<Response<Bytes>, TransportError>> + Send {
        self.0.send(request, limit)
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        self.0.sleep(duration)
    }

    fn now(&self) -> Time {
        self.0.now()
    }

    fn entropy(&self) -> u64 {
        self.0.entropy()
    }
}

impl fmt::Debug for AnyTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyTransport")
    }
}
