//! WebSockets by tungstenite, over any byte stream and any transport's timer.

mod bridge;

use std::fmt;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use tensorpool_core::session::{Frame, Received};
use tensorpool_core::{Bytes, TransportError};
use tungstenite::error::ProtocolError;
use tungstenite::protocol::frame::Frame as WireFrame;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Error, Message};

use self::bridge::Bridge;
use super::Socket;
use crate::Transport;

/// A WebSocket over a byte stream that was upgraded; a transport, `T`, is its timer.
pub struct WebSocket<S, T> {
    half: Half<S>,
    timer: T,
}

/// Everything but the timer, so that both can be waited for.
struct Half<S> {
    inner: tungstenite::WebSocket<Bridge<S>>,
    /// What the far end did wrong, for our close frame.
    fault: Option<CloseCode>,
    max_frame: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin, T> WebSocket<S, T> {
    /// Over `stream`, on which the handshake is done. No message of more than `max_frame` bytes is read, whole or in
    /// fragments.
    pub fn over(stream: S, timer: T, max_frame: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(16 * 1024)
            .write_buffer_size(0)
            .max_message_size(Some(max_frame))
            .max_frame_size(Some(max_frame));
        let inner = tungstenite::WebSocket::from_raw_socket(Bridge::new(stream), Role::Client, Some(config));
        Self { half: Half { inner, fault: None, max_frame }, timer }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Half<S> {
    /// Appends a text frame. It is not given to tungstenite, which shows each frame it writes to loggers at trace level:
    /// the first one holds the key.
    fn send(&mut self, text: &str, mask: [u8; 4]) -> Result<(), Error> {
        if !self.inner.can_write() {
            return Err(Error::AlreadyClosed);
        }
        let mut frame =
            WireFrame::message(Bytes::copy_from_slice(text.as_bytes()), OpCode::Data(Data::Text), true);
        frame.header_mut().mask = Some(mask);
        frame.format(self.inner.get_mut().out())?;
        self.inner.flush()
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        self.inner.get_mut().wake(cx);
        match self.inner.read() {
            Ok(message) => Poll::Ready(self.received(message)),
            // Reading first: the far end's last words matter more than that it no longer listens.
            Err(error) if would_block(&error) => match self.inner.flush() {
                Err(error) if !would_block(&error) => Poll::Ready(Received::Lost(lost(error))),
                _ => Poll::Pending,
            },
            Err(error) => Poll::Ready(self.failed(error)),
        }
    }

    fn received(&mut self, message: Message) -> Received {
        if !message.is_text() && !message.is_binary() {
            // The answer to a ping or a close goes out now, not when the next frame is waited for. If it cannot, that is
            // found out then.
            let _ = self.inner.flush();
        }
        match message {
            Message::Text(text) => Received::Text(text.into()),
            Message::Binary(bytes) => Received::Binary(bytes),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Received::Pong,
            Message::Close(Some(frame)) => {
                Received::Closed { code: Some(frame.code.into()), reason: frame.reason.as_str().to_owned() }
            }
            Message::Close(None) => Received::Closed { code: None, reason: String::new() },
        }
    }

    fn failed(&mut self, error: Error) -> Received {
        let (code, what) = match &error {
            Error::Capacity(_) => (CloseCode::Size, format!("a frame of more than {} bytes", self.max_frame)),
            Error::Utf8(_) => (CloseCode::Invalid, "a text frame that is not UTF-8".to_owned()),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                return Received::Lost(lost(error));
            }
            Error::Protocol(breach) => (CloseCode::Protocol, breach.to_string()),
            _ => return Received::Lost(lost(error)),
        };
        self.fault = Some(code);
        Received::Broken(TransportError::other(what))
    }
}

fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
}

fn lost(error: Error) -> TransportError {
    match error {
        Error::Io(error) => TransportError::interrupted(error.to_string()).with_source(error),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            TransportError::interrupted("closed without a close frame")
        }
        error => TransportError::interrupted(error.to_string()),
    }
}

/// What did not go out yet goes out later.
fn queued(outcome: Result<(), Error>) -> Result<(), TransportError> {
    match outcome {
        Err(error) if !would_block(&error) => Err(lost(error)),
        _ => Ok(()),
    }
}

impl<S, T> Socket for WebSocket<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: Transport,
{
    async fn send(&mut self, frame: Frame) -> Result<(), TransportError> {
        let [a, b, c, d, ..] = self.timer.entropy().to_ne_bytes();
        poll_fn(|cx| {
            self.half.inner.get_mut().wake(cx);
            Poll::Ready(queued(self.half.send(frame.expose(), [a, b, c, d])))
        })
        .await
    }

    async fn ping(&mut self) -> Result<(), TransportError> {
        poll_fn(|cx| {
            self.half.inner.get_mut().wake(cx);
            Poll::Ready(queued(self.half.inner.send(Message::Ping(Bytes::new()))))
        })
        .await
    }

    async fn recv(&mut self, wait: Duration) -> Received {
        let Self { half, timer } = self;
        let mut sleep = pin!(timer.sleep(wait));
        poll_fn(|cx| match half.poll_recv(cx) {
            Poll::Ready(received) => Poll::Ready(received),
            Poll::Pending if wait.is_zero() => Poll::Ready(Received::Elapsed),
            Poll::Pending => sleep.as_mut().poll(cx).map(|()| Received::Elapsed),
        })
        .await
    }

    async fn close(&mut self) {
        let code = self.half.fault.unwrap_or(CloseCode::Normal);
        poll_fn(|cx| {
            self.half.inner.get_mut().wake(cx);
            // What is not taken now is not worth waiting for: the connection is dropped next.
            let _ = self.half.inner.close(Some(CloseFrame { code, reason: "".into() }));
            Poll::Ready(())
        })
        .await;
    }
}

impl<S, T> fmt::Debug for WebSocket<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebSocket")
    }
}
