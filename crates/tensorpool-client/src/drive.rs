//! The one driver: runs any flow over any transport.

use tensorpool_core::flow::{Action, Flow, Input, Outgoing};
use tensorpool_core::http::Response;
use tensorpool_core::{Bytes, Error, TransportError};

use crate::Transport;

/// Runs `flow` to its end, showing its progress to nobody.
///
/// # Errors
///
/// As the flow's [`finish`](Flow::finish).
///
/// # Cancel safety
///
/// Dropping the future ends the flow where it is. A request under way may have been received.
pub async fn drive<T: Transport, F: Flow>(transport: &T, mut flow: F) -> Result<F::Output, Error> {
    settle(transport, &mut flow).await;
    flow.finish()
}

/// Runs `flow` until it has nothing more to do, showing its progress to nobody.
pub(crate) async fn settle<T: Transport, F: Flow>(transport: &T, flow: &mut F) {
    while step(transport, flow).await.is_some() {}
}

/// Runs `flow` to its next progress; `None` once it has finished.
///
/// # Cancel safety
///
/// The flow keeps its state, but a request under way is lost: see [`drive`].
pub async fn step<T: Transport, F: Flow>(transport: &T, flow: &mut F) -> Option<F::Progress> {
    loop {
        match flow.poll(transport.now()) {
            Action::Send(outgoing) => {
                let outcome = send(transport, *outgoing).await;
                flow.handle(transport.now(), Input::from(outcome));
            }
            Action::WaitUntil(time) => {
                let wait = time.since(transport.now());
                if !wait.is_zero() {
                    transport.sleep(wait).await;
                }
            }
            Action::Progress(progress) => return Some(progress),
            _ => return None,
        }
    }
}

/// One attempt, in a span that names the route and never a header, a query or a body.
pub(crate) async fn send<T: Transport>(
    transport: &T,
    outgoing: Outgoing,
) -> Result<Response<Bytes>, TransportError> {
    #[cfg(feature = "tracing")]
    {
        use tracing::Instrument as _;
        use tracing::field::Empty;

        let meta = outgoing.meta;
        let span = tracing::debug_span!(
            "tensorpool.attempt",
            endpoint = meta.name,
            http.request.method = meta.method.as_str(),
            url.template = meta.path,
            http.request.resend_count = outgoing.attempt.saturating_sub(1),
            http.response.status_code = Empty,
            error.type = Empty,
            elapsed_ms = Empty,
        );
        let started = transport.now();
        let outcome = transport.send(outgoing.request, outgoing.limit).instrument(span.clone()).await;
        let elapsed = transport.now().since(started).as_millis();
        span.record("elapsed_ms", u64::try_from(elapsed).unwrap_or(u64::MAX));
        match &outcome {
            Ok(response) => span.record("http.response.status_code", response.status().as_u16()),
            Err(error) => span.record("error.type", tracing::field::debug(error.kind())),
        };
        outcome
    }
    #[cfg(not(feature = "tracing"))]
    transport.send(outgoing.request, outgoing.limit).await
}
