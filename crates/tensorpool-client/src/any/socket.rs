//! `AnySocket`: the sockets of a transport whose type is forgotten.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use tensorpool_core::TransportError;
use tensorpool_core::session::{Frame, Opening, Received};

use super::{AnyTransport, Boxed};
use crate::socket::{NotOpened, Socket, SocketTransport};

/// Any socket behind one type, at the price of a boxed future for each call.
pub struct AnySocket(Box<dyn Erased>);

/// The socket half of a transport.
pub(super) trait Sockets: Send + Sync {
    fn open(&self, opening: Opening) -> Boxed<'_, Result<AnySocket, NotOpened>>;
}

impl<T: SocketTransport> Sockets for T {
    fn open(&self, opening: Opening) -> Boxed<'_, Result<AnySocket, NotOpened>> {
        Box::pin(async move { Ok(AnySocket(Box::new(SocketTransport::open(self, opening).await?))) })
    }
}

trait Erased: Send {
    fn send(&mut self, frame: Frame) -> Boxed<'_, Result<(), TransportError>>;
    fn ping(&mut self) -> Boxed<'_, Result<(), TransportError>>;
    fn recv(&mut self, wait: Duration) -> Boxed<'_, Received>;
    fn close(&mut self) -> Boxed<'_, ()>;
}

impl<S: Socket> Erased for S {
    fn send(&mut self, frame: Frame) -> Boxed<'_, Result<(), TransportError>> {
        Box::pin(Socket::send(self, frame))
    }

    fn ping(&mut self) -> Boxed<'_, Result<(), TransportError>> {
        Box::pin(Socket::ping(self))
    }

    fn recv(&mut self, wait: Duration) -> Boxed<'_, Received> {
        Box::pin(Socket::recv(self, wait))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        Box::pin(Socket::close(self))
    }
}

impl Socket for AnySocket {
    fn send(&mut self, frame: Frame) -> impl Future<Output = Result<(), TransportError>> + Send {
        self.0.send(frame)
    }

    fn ping(&mut self) -> impl Future<Output = Result<(), TransportError>> + Send {
        self.0.ping()
    }

    fn recv(&mut self, wait: Duration) -> impl Future<Output = Received> + Send {
        self.0.recv(wait)
    }

    fn close(&mut self) -> impl Future<Output = ()> + Send {
        self.0.close()
    }
}

impl SocketTransport for AnyTransport {
    type Socket = AnySocket;

    async fn open(&self, opening: Opening) -> Result<AnySocket, NotOpened> {
        match &self.sockets {
            Some(sockets) => sockets.open(opening).await,
            None => Err(TransportError::other(
                "this transport has no WebSockets; erase one that has, with its sockets",
            )
            .into()),
        }
    }
}

impl fmt::Debug for AnySocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnySocket")
    }
}
