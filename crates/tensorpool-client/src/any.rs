//! `AnyTransport`: a transport whose type is forgotten, for those who keep clients in structs.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tensorpool_core::http::{Request, Response};
use tensorpool_core::{Bytes, Time, TransportError};

use crate::Transport;
use crate::socket::SocketTransport;

mod socket;

pub use socket::AnySocket;

type Boxed<'a, O> = Pin<Box<dyn Future<Output = O> + Send + 'a>>;

/// Any transport behind one type, at the price of a boxed future for each attempt. Cheap to clone.
///
/// Made with [`with_sockets`](Self::with_sockets), it is a [`SocketTransport`] that works; made with [`new`](Self::new), one
/// whose every attempt to open says that there are none.
#[derive(Clone)]
pub struct AnyTransport {
    rest: Arc<dyn Erased>,
    sockets: Option<Arc<dyn socket::Sockets>>,
}

impl AnyTransport {
    /// Forgets the type of `transport`.
    pub fn new(transport: impl Transport) -> Self {
        Self { rest: Arc::new(transport), sockets: None }
    }

    /// Forgets the type of `transport`, but not its sockets.
    pub fn with_sockets(transport: impl SocketTransport) -> Self {
        let transport = Arc::new(transport);
        Self { rest: transport.clone(), sockets: Some(transport) }
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
        self.rest.send(request, limit)
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        self.rest.sleep(duration)
    }

    fn now(&self) -> Time {
        self.rest.now()
    }

    fn entropy(&self) -> u64 {
        self.rest.entropy()
    }
}

impl fmt::Debug for AnyTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyTransport")
    }
}
