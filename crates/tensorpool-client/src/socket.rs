//! `SocketTransport`: a transport that can open WebSockets too.

#[cfg(feature = "socket")]
mod handshake;
#[cfg(feature = "socket")]
mod tungstenite;

use std::future::Future;
use std::time::Duration;

use tensorpool_core::http::Response;
use tensorpool_core::session::{Frame, Opening, Received, SessionInput};
use tensorpool_core::{Bytes, TransportError};

#[cfg(feature = "socket")]
pub use self::handshake::Handshake;
#[cfg(feature = "socket")]
pub use self::tungstenite::WebSocket;
use crate::Transport;

/// Opens WebSockets. Everything else (the key, keep-alive, reconnecting, what frames mean) is done above it.
///
/// Separate from [`Transport`], so that one without sockets is still a transport.
pub trait SocketTransport: Transport {
    /// An open connection.
    type Socket: Socket;

    /// Asks for the upgrade, within `opening.limit`, and checks the answer (101, `Sec-WebSocket-Accept`).
    ///
    /// The connection is made as all others are: same proxy, same TLS, same time limit for connecting; but it speaks
    /// HTTP/1.1 even where others speak HTTP/2. The headers of the handshake are added here. A frame of more than
    /// `opening.max_frame` bytes must never be buffered whole.
    ///
    /// # Errors
    ///
    /// [`NotOpened`]: an answer that is not 101, whatever it is, or no answer.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future abandons the attempt. Nothing was said on the connection yet.
    fn open(&self, opening: Opening) -> impl Future<Output = Result<Self::Socket, NotOpened>> + Send;
}

/// Why there is no socket.
#[derive(Debug)]
pub enum NotOpened {
    /// The server answered with something else than 101.
    Refused(Box<Response<Bytes>>),
    /// It did not answer, or its 101 was not one.
    Failed(TransportError),
}

impl From<TransportError> for NotOpened {
    fn from(error: TransportError) -> Self {
        Self::Failed(error)
    }
}

impl From<NotOpened> for SessionInput {
    fn from(reason: NotOpened) -> Self {
        match reason {
            NotOpened::Refused(response) => Self::Refused(*response),
            NotOpened::Failed(error) => Self::Failed(error),
        }
    }
}

/// A WebSocket. It answers pings by itself, whenever it is used.
///
/// # Cancel safety
///
/// Each method does its work at the first poll as far as it can without waiting, and keeps the rest for the next call of
/// any: dropping a future loses no frame, in or out, and tears none.
pub trait Socket: Send + 'static {
    /// Writes a text frame. It does not wait for the far end: what the connection does not take now goes out while
    /// receiving.
    fn send(&mut self, frame: Frame) -> impl Future<Output = Result<(), TransportError>> + Send;

    /// Writes a ping, as [`send`](Self::send) does.
    fn ping(&mut self) -> impl Future<Output = Result<(), TransportError>> + Send;

    /// Waits for the next frame, at most this long, then is [`Received::Elapsed`]. With no time at all it tells what is
    /// there. It owns the only timer of a session.
    fn recv(&mut self, wait: Duration) -> impl Future<Output = Received> + Send;

    /// Writes a close frame. It does not wait for one in return.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}
