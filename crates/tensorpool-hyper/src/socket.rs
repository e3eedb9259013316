//! WebSockets over hyper's upgraded connections.

use std::fmt;
use std::time::Duration;

use http_body_util::Full;
use hyper::upgrade::Upgraded;
use hyper_util::client::legacy::connect::Connect;
use hyper_util::rt::TokioIo;
use tensorpool_client::core::TransportError;
use tensorpool_client::core::http::Response;
use tensorpool_client::core::session::{Frame, Opening, Received};
use tensorpool_client::socket::{Handshake, NotOpened, Socket, SocketTransport, WebSocket};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt as _};

use crate::{HyperTransport, body, failure};

/// An open WebSocket.
pub struct HyperSocket<C>(WebSocket<Compat<TokioIo<Upgraded>>, HyperTransport<C>>);

impl<C: Connect + Clone + Send + Sync + 'static> HyperTransport<C> {
    async fn upgrade(&self, opening: Opening) -> Result<HyperSocket<C>, NotOpened> {
        let (handshake, request) = Handshake::begin(opening.request)?;
        let response = self.sockets().request(request.map(Full::new)).await.map_err(failure::of)?;
        if !Handshake::is_agreed(response.status()) {
            let (parts, body) = response.into_parts();
            let body = body::collect(body, self.body_limit()).await?;
            return Err(NotOpened::Refused(Box::new(Response::from_parts(parts, body))));
        }
        handshake.check(response.headers())?;
        let stream = hyper::upgrade::on(response).await.map_err(|error| {
            TransportError::interrupted(format!("upgrading the connection: {error}")).with_source(error)
        })?;
        Ok(HyperSocket(WebSocket::over(TokioIo::new(stream).compat(), self.clone(), opening.max_frame)))
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> SocketTransport for HyperTransport<C> {
    type Socket = HyperSocket<C>;

    async fn open(&self, opening: Opening) -> Result<Self::Socket, NotOpened> {
        let limit = opening.limit;
        tokio::time::timeout(limit, self.upgrade(opening)).await.unwrap_or_else(|_| {
            Err(TransportError::timed_out(format!("no connection within {limit:?}")).into())
        })
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> Socket for HyperSocket<C> {
    async fn send(&mut self, frame: Frame) -> Result<(), TransportError> {
        self.0.send(frame).await
    }

    async fn ping(&mut self) -> Result<(), TransportError> {
        self.0.ping().await
    }

    async fn recv(&mut self, wait: Duration) -> Received {
        self.0.recv(wait).await
    }

    async fn close(&mut self) {
        self.0.close().await;
    }
}

impl<C> fmt::Debug for HyperSocket<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HyperSocket")
    }
}
