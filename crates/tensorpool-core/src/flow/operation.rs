//! Submit, then follow to the end.

use super::call::Call;
use super::poll::{Step, Wait};
use super::wait_all::WaitAll;
use super::{Action, Flow, Input};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::model::RequestInfo;
use crate::operation::{OperationHandle, Submitted};
use crate::request::Context;
use crate::time::Time;

/// An operation that ended well.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Completed<R> {
    /// The answer to the submission.
    pub response: R,
    /// The requests, all completed; none if there was nothing to follow.
    pub requests: Vec<RequestInfo>,
}

/// Submits an endpoint and follows its requests to the end.
///
/// The submission is a [`Call`], the rest a [`WaitAll`]. Dropping it never cancels what the server has accepted.
#[derive(Debug)]
pub struct Operation<E: Endpoint> {
    context: Context,
    wait: Wait,
    seed: u64,
    phase: Phase<E>,
}

#[derive(Debug)]
enum Phase<E: Endpoint> {
    Submitting(Option<Box<Call<E>>>),
    Following { response: Box<E::Response>, wait: Box<WaitAll> },
    Failed(Error),
}

impl<E: Endpoint> Operation<E>
where
    E::Response: Submitted,
{
    /// Submits through `call`, then waits as `wait` says.
    #[must_use]
    pub fn new(context: &Context, call: Call<E>, wait: Wait, seed: u64) -> Self {
        Self { context: context.clone(), wait, seed, phase: Phase::Submitting(Some(Box::new(call))) }
    }

    /// What to keep, once the submission is accepted.
    #[must_use]
    pub fn handle_to_resume(&self) -> Option<&OperationHandle> {
        match &self.phase {
            Phase::Following { wait, .. } => Some(wait.handle_to_resume()),
            Phase::Submitting(_) | Phase::Failed(_) => None,
        }
    }

    fn follow(&self, response: &E::Response) -> WaitAll {
        WaitAll::accepted(&self.context, E::META.name, response, self.wait.clone(), self.seed)
    }

    fn submitted(&mut self, call: Call<E>) {
        self.phase = match call.finish() {
            Ok(reply) => {
                let wait = Box::new(self.follow(&reply.value));
                Phase::Following { response: Box::new(reply.value), wait }
            }
            Err(error) => Phase::Failed(error),
        };
    }
}

impl<E: Endpoint> Flow for Operation<E>
where
    E::Response: Submitted,
{
    type Progress = Step<RequestInfo>;
    type Output = Completed<E::Response>;

    fn poll(&mut self, now: Time) -> Action<Self::Progress> {
        if let Phase::Submitting(slot) = &mut self.phase {
            match slot.as_mut().map(|call| call.poll(now)) {
                Some(Action::Send(outgoing)) => return Action::Send(outgoing),
                Some(Action::WaitUntil(until)) => return Action::WaitUntil(until),
                Some(Action::Progress(never)) => match never {},
                Some(Action::Finished) | None => {
                    if let Some(call) = slot.take() {
                        self.submitted(*call);
                    }
                }
            }
        }
        match &mut self.phase {
            Phase::Following { wait, .. } => wait.poll(now),
            Phase::Submitting(_) | Phase::Failed(_) => Action::Finished,
        }
    }

    fn handle(&mut self, now: Time, input: Input) {
        match &mut self.phase {
            Phase::Submitting(Some(call)) => call.handle(now, input),
            Phase::Following { wait, .. } => wait.handle(now, input),
            Phase::Submitting(None) | Phase::Failed(_) => {}
        }
    }

    fn finish(self) -> Result<Self::Output, Error> {
        match self.phase {
            Phase::Following { response, wait } => {
                Ok(Completed { response: *response, requests: wait.finish()? })
            }
            Phase::Failed(error) => Err(error),
            // Accepted, but never followed: the caller gets the handle with the error.
            Phase::Submitting(Some(call)) => call.finish().and_then(|reply| {
                let wait = WaitAll::accepted(&self.context, E::META.name, &reply.value, self.wait, self.seed);
                Ok(Completed { response: reply.value, requests: wait.finish()? })
            }),
            Phase::Submitting(None) => Err(crate::error::ExhaustedError::abandoned(E::META).into()),
        }
    }
}
