//! One endpoint, with retries and a deadline.

use std::convert::Infallible;

use super::exchange::Exchange;
use super::retry::{RetryBudget, RetryPolicy};
use super::{Action, Flow, Input};
use crate::endpoint::Endpoint;
use crate::error::{Error, ExhaustedError, SendError};
use crate::request::Context;
use crate::response::Reply;
use crate::time::Time;

/// One call of an endpoint: sent again where that is safe and of use, until it succeeds or something runs out.
///
/// See [`judge`](super::judge) for what may be sent again and [`RetryPolicy`] for when.
#[derive(Debug)]
pub struct Call<E> {
    endpoint: E,
    exchange: Exchange,
}

impl<E: Endpoint> Call<E> {
    /// A call that has not begun. `seed` spreads its delays; give each call another.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] if the request cannot be built.
    pub fn new(
        context: &Context,
        endpoint: E,
        policy: RetryPolicy,
        budget: RetryBudget,
        seed: u64,
    ) -> Result<Self, Error> {
        let request = context.request(&endpoint)?;
        Ok(Self { endpoint, exchange: Exchange::new(E::META, request, policy, budget, seed) })
    }
}

impl<E: Endpoint> Flow for Call<E> {
    type Progress = Infallible;
    type Output = Reply<E::Response>;

    fn poll(&mut self, now: Time) -> Action<Infallible> {
        self.exchange.poll(now)
    }

    fn handle(&mut self, now: Time, input: Input) {
        self.exchange.handle(now, input);
    }

    fn finish(self) -> Result<Reply<E::Response>, Error> {
        let ended = self.exchange.ended();
        let earlier = ended.earlier_maybe_applied;
        let last = match ended.last {
            Some(Input::Response(response)) => match self.endpoint.accept(&response) {
                Ok(value) if ended.exhausted.is_none() => return Ok(Reply::new(value, response)),
                Ok(_) => None,
                Err(error) => Some(error),
            },
            Some(Input::Failed(error)) => Some(SendError::new(E::META, error).into()),
            None => None,
        };
        let last = last.map(|error: Error| if earlier { error.maybe_applied(true) } else { error });
        match (ended.exhausted, last) {
            (None, Some(error)) => Err(error),
            (exhausted, last) => Err(ExhaustedError {
                endpoint: E::META.name,
                reason: exhausted.unwrap_or(crate::error::ExhaustedReason::Abandoned),
                attempts: ended.attempts,
                elapsed: ended.elapsed,
                last,
                maybe_applied: earlier,
            }
            .into()),
        }
    }
}
