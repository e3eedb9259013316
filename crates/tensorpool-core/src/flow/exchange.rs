//! The part of a call that does not depend on its endpoint's type, compiled once: attempts, delays, deadline.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::retry::{Failure, Jitter, RetryBudget, RetryPolicy, Verdict, judge};
use super::{Action, Flow, Input, Outgoing};
use crate::endpoint::{Meta, Replay};
use crate::error::{Error, ExhaustedError, ExhaustedReason, SendError, TransportError};
use crate::time::{Time, retry_after};

/// How long a call without a deadline is willing to be put off.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// See [`Exchange::worth_while`].
const WORTH_WHILE: Duration = Duration::from_secs(10);

#[derive(Debug)]
enum State {
    Ready,
    InFlight { until: Time },
    Waiting { until: Time },
    Ended { exhausted: Option<ExhaustedReason> },
}

#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) meta: &'static Meta,
    request: Request<Bytes>,
    policy: RetryPolicy,
    budget: RetryBudget,
    jitter: Jitter,
    state: State,
    started: Option<Time>,
    ended: Time,
    attempts: u32,
    earlier_maybe_applied: bool,
    last: Option<Input>,
}

/// What an exchange came to, for the call to turn into a value or an error.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) request: Request<Bytes>,
    pub(super) last: Option<Input>,
    pub(super) exhausted: Option<ExhaustedReason>,
    pub(super) attempts: u32,
    pub(super) elapsed: Duration,
    pub(super) earlier_maybe_applied: bool,
}

impl Ended {
    /// The error it comes to; `read` is what its last answer, if it has one, was read as.
    pub(super) fn into_error(self, meta: &'static Meta, read: Option<Error>) -> Error {
        let earlier = self.earlier_maybe_applied;
        let last = read.or(match self.last {
            Some(Input::Failed(error)) => Some(SendError::new(meta, error).into()),
            Some(Input::Response(_)) | None => None,
        });
        let last = last.map(|error| if earlier { error.maybe_applied_earlier() } else { error });
        match (self.exhausted, last) {
            (None, Some(error)) => error,
            (exhausted, last) => ExhaustedError {
                endpoint: meta.name,
                reason: exhausted.unwrap_or(ExhaustedReason::Abandoned),
                attempts: self.attempts,
                elapsed: self.elapsed,
                last,
                maybe_applied: earlier,
            }
            .into(),
        }
    }
}

impl Flow for Exchange {
    type Progress = Infallible;
    type Output = ();

    fn poll(&mut self, now: Time) -> Action<Infallible> {
        Self::poll(self, now)
    }

    fn handle(&mut self, now: Time, input: Input) {
        Self::handle(self, now, input);
    }

    fn finish(self) -> Result<(), Error> {
        Ok(())
    }
}

impl Exchange {
    pub(super) fn new(
        meta: &'static Meta,
        request: Request<Bytes>,
        policy: RetryPolicy,
        budget: RetryBudget,
        seed: u64,
    ) -> Self {
        Self {
            meta,
            request,
            policy,
            budget,
            jitter: Jitter::new(seed),
            state: State::Ready,
            started: None,
            ended: Time::ZERO,
            attempts: 0,
            earlier_maybe_applied: false,
            last: None,
        }
    }

    pub(super) fn poll<P>(&mut self, now: Time) -> Action<P> {
        self.started.get_or_insert(now);
        if let State::InFlight { until } = self.state {
            if now < until {
                return Action::WaitUntil(until);
            }
            self.handle(now, Input::Failed(TransportError::timed_out("no answer in time")));
        }
        if let State::Waiting { until } = self.state {
            if now < until {
                return Action::WaitUntil(until);
            }
            self.state = State::Ready;
        }
        if matches!(self.state, State::Ended { .. }) {
            return Action::Finished;
        }
        let left = self.left(now);
        if left == Some(Duration::ZERO) {
            self.end(now, Some(ExhaustedReason::Deadline));
            return Action::Finished;
        }
        let limit = self.meta.timeout.limit();
        let limit = left.map_or(limit, |left| limit.min(left));
        self.attempts += 1;
        self.state = State::InFlight { until: now + limit };
        Action::Send(Box::new(Outgoing {
            request: self.request.clone(),
            limit,
            meta: self.meta,
            attempt: self.attempts,
        }))
    }

    pub(super) fn handle(&mut self, now: Time, input: Input) {
        if !matches!(self.state, State::InFlight { .. }) {
            return;
        }
        let (failure, floor) = match &input {
            Input::Response(response) => {
                (Failure::Status(response.status().as_u16()), retry_after(response.headers()))
            }
            Input::Failed(error) => (Failure::Transport(error.kind()), None),
        };
        self.last = Some(input);
        if matches!(failure, Failure::Status(200..=299)) {
            self.budget.succeeded(self.attempts.saturating_sub(1));
            return self.end(now, None);
        }
        let Verdict::Retry { maybe_applied } = judge(self.meta.replay, failure) else {
            return self.end(now, None);
        };
        if self.attempts >= self.policy.attempts {
            // With a single attempt nothing was given up: the failure speaks for itself.
            return self.end(now, (self.attempts > 1).then_some(ExhaustedReason::Attempts));
        }
        let delay = self.policy.delay(self.attempts, &mut self.jitter);
        let delay = floor.map_or(delay, |floor| floor.max(delay));
        let left = self.left(now).unwrap_or(LONGEST);
        if floor.is_some_and(|floor| floor.saturating_add(self.worth_while()) >= left) {
            return self.end(now, Some(ExhaustedReason::RetryAfter));
        }
        if delay.saturating_add(self.worth_while()) >= left {
            return self.end(now, Some(ExhaustedReason::Deadline));
        }
        if !self.budget.draw() {
            return self.end(now, Some(ExhaustedReason::Budget));
        }
        self.earlier_maybe_applied |= maybe_applied;
        self.state = State::Waiting { until: now + delay };
    }

    pub(super) fn ended(self) -> Ended {
        let (exhausted, sent) = match self.state {
            State::Ended { exhausted } => (exhausted, false),
            // Ended by the caller before its time: what was under way may well have arrived.
            State::InFlight { .. } => (Some(ExhaustedReason::Abandoned), self.meta.replay != Replay::Safe),
            State::Ready | State::Waiting { .. } => (Some(ExhaustedReason::Abandoned), false),
        };
        Ended {
            request: self.request,
            last: self.last,
            exhausted,
            attempts: self.attempts,
            elapsed: self.ended.since(self.started.unwrap_or(self.ended)),
            earlier_maybe_applied: self.earlier_maybe_applied || sent,
        }
    }

    /// The least time another attempt must have. One that changes something and is cut short turns a clear refusal into
    /// "may have been applied".
    fn worth_while(&self) -> Duration {
        match (self.meta.replay, self.policy.deadline) {
            (Replay::Safe, _) => Duration::ZERO,
            (_, Some(deadline)) => WORTH_WHILE.min(deadline / 4),
            (_, None) => WORTH_WHILE,
        }
    }

    /// What is left of the deadline; `None` where there is none.
    fn left(&self, now: Time) -> Option<Duration> {
        let spent = now.since(self.started.unwrap_or(now));
        self.policy.deadline.map(|deadline| deadline.saturating_sub(spent))
    }

    fn end(&mut self, now: Time, exhausted: Option<ExhaustedReason>) {
        self.ended = now;
        self.state = State::Ended { exhausted };
    }
}
