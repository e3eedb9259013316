//! One endpoint, with retries and a deadline.

use std::convert::Infallible;

use bytes::Bytes;
use http::Response;

use super::exchange::{Ended, Exchange};
use super::retry::{RetryBudget, RetryPolicy};
use super::{Action, Flow, Input, scrub};
use crate::endpoint::Endpoint;
use crate::error::Error;
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

    /// The call without its endpoint's type: what a driver steps to its end before it finishes the call itself, so that the
    /// loop over its transport is compiled once and not once an endpoint. Its output says nothing.
    pub fn exchange(&mut self) -> &mut impl Flow<Progress = Infallible, Output = ()> {
        &mut self.exchange
    }

    /// The last answer as it came, whatever its status, in place of [`finish`](Flow::finish).
    ///
    /// # Errors
    ///
    /// [`Error::Transport`] or [`Error::Exhausted`] if there is none.
    pub fn finish_raw(self) -> Result<Response<Bytes>, Error> {
        match self.exchange.ended() {
            Ended { last: Some(Input::Response(response)), .. } => Ok(response),
            ended => Err(ended.into_error(E::META, None)),
        }
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
        let mut ended = self.exchange.ended();
        match ended.last.take() {
            Some(Input::Response(response)) => match scrub::accept(&self.endpoint, &ended.request, &response)
            {
                Ok(value) => Ok(Reply::new(value, response)),
                Err(error) => Err(ended.into_error(E::META, Some(error))),
            },
            last => {
                ended.last = last;
                Err(ended.into_error(E::META, None))
            }
        }
    }
}
