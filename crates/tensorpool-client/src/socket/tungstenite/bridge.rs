//! `Bridge`: an asynchronous stream as tungstenite wants one, which says "would block" instead of waiting.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_io::{AsyncRead, AsyncWrite};

/// More than this waiting to go out is a far end that does not read.
const MOST: usize = 1024 * 1024;

/// Takes everything that is written, so that frames of ours can be put between tungstenite's and none is torn.
pub(super) struct Bridge<S> {
    stream: S,
    waker: Waker,
    out: Vec<u8>,
    sent: usize,
}

impl<S> Bridge<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, waker: Waker::noop().clone(), out: Vec::new(), sent: 0 }
    }

    /// Whom to wake when what blocks now no longer does.
    pub(super) fn wake(&mut self, cx: &Context<'_>) {
        self.waker.clone_from(cx.waker());
    }

    /// Where to write a whole frame, to go out after those that wait already.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }
}

impl<S: AsyncRead + Unpin> Read for Bridge<S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        now(Pin::new(&mut self.stream).poll_read(&mut Context::from_waker(&self.waker), bytes))
    }
}

impl<S: AsyncWrite + Unpin> Write for Bridge<S> {
    /// All or nothing: tungstenite writes whole frames, and they stay whole.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.out.len() - self.sent > MOST {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut cx = Context::from_waker(&self.waker);
        while let Some(left) = self.out.get(self.sent..).filter(|left| !left.is_empty()) {
            match now(Pin::new(&mut self.stream).poll_write(&mut cx, left))? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                taken => self.sent += taken,
            }
        }
        self.out.clear();
        self.sent = 0;
        now(Pin::new(&mut self.stream).poll_flush(&mut cx))
    }
}

fn now<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}
