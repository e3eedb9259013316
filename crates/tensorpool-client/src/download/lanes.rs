//! Lanes under way: what is opened and read, side by side, without a runtime.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tensorpool_core::http::{Request, Response};
use tensorpool_core::transfer::{Input, LaneId};
use tensorpool_core::{Bytes, TransportError};

use crate::{Body, BodyTransport, Client};

/// Small pieces are joined up to this size before they are written.
const ENOUGH: usize = 256 * 1024;

type Pending<B> = Pin<Box<dyn Future<Output = Told<B>> + Send>>;

enum Told<B> {
    Opened(Result<Response<B>, TransportError>),
    Read(Stream<B>, Piece),
}

/// There are only ever a few, so all are polled whenever one has woken us.
pub(super) struct Lanes<T: BodyTransport> {
    pending: Vec<(LaneId, Pending<T::Body>)>,
    /// Bodies nobody reads at the moment.
    open: BTreeMap<LaneId, Stream<T::Body>>,
}

impl<T: BodyTransport> Lanes<T> {
    pub(super) fn new() -> Self {
        Self { pending: Vec::new(), open: BTreeMap::new() }
    }

    pub(super) fn open(
        &mut self,
        client: &Client<T>,
        lane: LaneId,
        request: Request<Bytes>,
        limit: Duration,
    ) {
        let client = client.clone();
        let opening = async move { Told::Opened(client.transport().open(request, limit).await) };
        self.pending.push((lane, Box::pin(opening)));
    }

    pub(super) fn read(&mut self, lane: LaneId) {
        if let Some(mut stream) = self.open.remove(&lane) {
            let reading = async move {
                let piece = stream.next().await;
                Told::Read(stream, piece)
            };
            self.pending.push((lane, Box::pin(reading)));
        }
    }

    pub(super) fn close(&mut self, lane: LaneId) {
        self.open.remove(&lane);
        self.pending.retain(|(id, _)| *id != lane);
    }

    /// What the first lane that has anything tells; pending for ever while there is none.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Input> {
        for at in 0..self.pending.len() {
            let Some((lane, pending)) = self.pending.get_mut(at) else { break };
            let lane = *lane;
            let Poll::Ready(told) = pending.as_mut().poll(context) else { continue };
            // The others move up, so that each has its turn.
            drop(self.pending.remove(at));
            return Poll::Ready(match told {
                Told::Opened(Ok(response)) => {
                    let (parts, body) = response.into_parts();
                    self.open.insert(lane, Stream { body, ahead: None });
                    Input::Opened(lane, Ok(Response::from_parts(parts, ())))
                }
                Told::Opened(Err(error)) => Input::Opened(lane, Err(error)),
                Told::Read(stream, piece) => {
                    self.open.insert(lane, stream);
                    Input::Read(lane, piece)
                }
            });
        }
        Poll::Pending
    }
}

type Piece = Result<Option<Bytes>, TransportError>;

/// A body, and what it said while pieces were joined and is still to be told.
struct Stream<B> {
    body: B,
    ahead: Option<Piece>,
}

impl<B: Body> Stream<B> {
    /// One piece, and what has come meanwhile: a write for each packet would be many.
    async fn next(&mut self) -> Piece {
        let first = match self.ahead.take() {
            Some(piece) => piece,
            None => self.body.chunk().await,
        };
        let first = match first {
            Ok(Some(first)) if first.len() < ENOUGH / 4 => first,
            other => return other,
        };
        let mut joined = Vec::new();
        while joined.len().max(first.len()) < ENOUGH {
            match ready(self.body.chunk()).await {
                Some(Ok(Some(next))) => {
                    if joined.is_empty() {
                        joined.reserve(ENOUGH);
                        joined.extend_from_slice(&first);
                    }
                    joined.extend_from_slice(&next);
                }
                // The end, or an error, must not get lost.
                ahead => {
                    self.ahead = ahead;
                    break;
                }
            }
        }
        Ok(Some(if joined.is_empty() { first } else { joined.into() }))
    }
}

/// What the future has now, if anything.
async fn ready<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}
