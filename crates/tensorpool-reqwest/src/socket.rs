//! WebSockets over reqwest's upgraded connections.

use std::fmt;
use std::time::Duration;

use reqwest::Upgraded;
use tensorpool_client::core::TransportError;
use tensorpool_client::core::http::{Response, Version};
use tensorpool_client::core::session::{Frame, Opening, Received};
use tensorpool_client::socket::{Handshake, NotOpened, Socket, SocketTransport, WebSocket};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt as _};

use crate::{ReqwestTransport, body, failure};

/// An open WebSocket.
pub struct ReqwestSocket(WebSocket<Compat<Upgraded>, ReqwestTransport>);

impl ReqwestTransport {
    async fn upgrade(&self, opening: Opening) -> Result<ReqwestSocket, NotOpened> {
        let (handshake, request) = Handshake::begin(opening.request)?;
        let request = reqwest::Request::try_from(request).map_err(failure::of)?;
        let meant = request.url().clone();
        let response = self.sockets(meant.host_str())?.execute(request).await.map_err(failure::of)?;
        if *response.url() != meant {
            return Err(TransportError::other("the reqwest client followed a redirect").into());
        }
        if response.version() == Version::HTTP_2 {
            return Err(TransportError::other(
                "the reqwest client speaks HTTP/2; give the transport one for sockets, built with http1_only()",
            )
            .into());
        }
        if !Handshake::is_agreed(response.status()) {
            let (parts, body) = Response::<reqwest::Body>::from(response).into_parts();
            let body = body::collect(body, self.body_limit()).await?;
            return Err(NotOpened::Refused(Box::new(Response::from_parts(parts, body))));
        }
        handshake.check(response.headers())?;
        let stream = response.upgrade().await.map_err(failure::of)?;
        Ok(ReqwestSocket(WebSocket::over(stream.compat(), self.clone(), opening.max_frame)))
    }
}

impl SocketTransport for ReqwestTransport {
    type Socket = ReqwestSocket;

    async fn open(&self, opening: Opening) -> Result<ReqwestSocket, NotOpened> {
        let limit = opening.limit;
        tokio::time::timeout(limit, self.upgrade(opening)).await.unwrap_or_else(|_| {
            Err(TransportError::timed_out(format!("no connection within {limit:?}")).into())
        })
    }
}

impl Socket for ReqwestSocket {
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

impl fmt::Debug for ReqwestSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestSocket")
    }
}
