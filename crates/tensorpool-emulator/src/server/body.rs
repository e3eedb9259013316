//! A body that ends before its end.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::Sleep;

use super::wire::Line;

/// How long the beginning has to reach the client before the connection breaks: what is still in a buffer of hyper's
/// would be lost.
const FLUSH: Duration = Duration::from_millis(20);

/// The beginning of a body, and then nothing: the connection is cut, or closed in good order.
pub(super) struct Broken {
    beginning: Option<Bytes>,
    pause: Option<Pin<Box<Sleep>>>,
    cut: Option<Line>,
}

impl Broken {
    pub(super) fn new(beginning: Bytes, cut: Option<Line>) -> Self {
        Self { beginning: Some(beginning).filter(|bytes| !bytes.is_empty()), pause: None, cut }
    }
}

impl Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(beginning) = self.beginning.take() {
            return Poll::Ready(Some(Ok(Frame::data(beginning))));
        }
        let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(FLUSH)));
        if pause.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        match &self.cut {
            Some(line) => {
                line.cut();
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
            // hyper sees that less came than was announced, and closes the connection.
            None => Poll::Ready(None),
        }
    }
}
