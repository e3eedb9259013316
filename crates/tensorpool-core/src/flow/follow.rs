//! Ask about several things until each has ended: what waiting for requests and watching a job have in common.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::poll::{Pace, Step, Wait};
use super::retry::Jitter;
use super::{Action, Input, OperationHandle, Outgoing, scrub};
use crate::endpoint::Endpoint;
use crate::error::{Error, OperationError, OperationErrorKind, SendError, TransportError};
use crate::model::{JobInfo, RequestInfo};
use crate::request::Context;
use crate::time::{Time, retry_after};

/// An endpoint that tells how far something has come.
pub(super) trait Question: Endpoint {
    type Subject: Clone;

    fn subject(response: Self::Response) -> Self::Subject;
    fn has_ended(subject: &Self::Subject) -> bool;
}

#[derive(Debug)]
pub(super) struct Follow<Q: Question> {
    handle: OperationHandle,
    wait: Wait,
    jitter: Jitter,
    items: Vec<Item<Q>>,
    started: Option<Time>,
    now: Time,
    in_flight: Option<InFlight>,
    steps: VecDeque<Step<Q::Subject>>,
    end: Option<OperationErrorKind>,
    /// The last failure to ask, kept although its step has been shown.
    last_error: Option<Arc<Error>>,
}

#[derive(Debug)]
struct Item<Q: Question> {
    id: Box<str>,
    question: Q,
    request: Request<Bytes>,
    pace: Pace,
    last: Option<Q::Subject>,
}

#[derive(Debug)]
struct InFlight {
    item: usize,
    until: Time,
}

/// How a follow ended, with the last that was heard of each subject.
#[derive(Debug)]
pub(super) struct Followed<S> {
    pub(super) subjects: Vec<S>,
    pub(super) trouble: Option<Trouble>,
}

/// The parts of an [`OperationError`] that do not depend on the subject.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: OperationErrorKind,
    pub(super) handle: OperationHandle,
    pub(super) waited: Duration,
    pub(super) last_error: Option<Arc<Error>>,
}

impl Trouble {
    pub(super) fn into_error(self, last: Vec<RequestInfo>, job: Option<JobInfo>) -> Error {
        let Self { kind, handle, waited, last_error } = self;
        OperationError { kind, handle, waited, last, job, last_error }.into()
    }
}

impl<Q: Question> Follow<Q> {
    pub(super) fn new(
        context: &Context,
        handle: OperationHandle,
        questions: impl IntoIterator<Item = (Box<str>, Q)>,
        wait: Wait,
        seed: u64,
    ) -> Result<Self, Error> {
        let items = questions
            .into_iter()
            .map(|(id, question)| {
                let request = context.request(&question)?;
                Ok(Item { id, question, request, pace: Pace::new(&wait), last: None })
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self {
            handle,
            wait,
            jitter: Jitter::new(seed),
            items,
            started: None,
            now: Time::ZERO,
            in_flight: None,
            steps: VecDeque::new(),
            end: None,
            last_error: None,
        })
    }

    pub(super) fn handle_to_resume(&self) -> &OperationHandle {
        &self.handle
    }

    /// One that is over before it began.
    pub(super) fn ended(handle: OperationHandle, kind: OperationErrorKind, error: Option<Error>) -> Self {
        Self {
            handle,
            wait: Wait::default(),
            jitter: Jitter::new(0),
            items: Vec::new(),
            started: None,
            now: Time::ZERO,
            in_flight: None,
            steps: VecDeque::new(),
            end: Some(kind),
            last_error: error.map(Arc::new),
        }
    }

    pub(super) fn set_wait(&mut self, wait: Wait) {
        for item in &mut self.items {
            item.pace.begin_anew(&wait);
        }
        self.wait = wait;
    }

    /// Drops a question whose answer will not come; it is due at once. Asking again does no harm.
    pub(super) fn forget_unanswered(&mut self) {
        self.in_flight = None;
    }

    pub(super) fn poll(&mut self, now: Time) -> Action<Step<Q::Subject>> {
        self.now = now;
        let started = *self.started.get_or_insert(now);
        if let Some(in_flight) = &self.in_flight {
            if now < in_flight.until {
                return Action::WaitUntil(in_flight.until);
            }
            self.handle(now, Input::Failed(TransportError::timed_out("no answer in time")));
        }
        if let Some(step) = self.steps.pop_front() {
            return Action::Progress(step);
        }
        if self.end.is_some() {
            return Action::Finished;
        }
        let waiting = self.items.iter_mut().enumerate().filter(|(_, item)| !item.has_ended());
        let Some((at, item)) = waiting.min_by_key(|(_, item)| item.pace.due) else { return Action::Finished };
        let deadline = self.wait.deadline.map(|deadline| started + deadline);
        if deadline.is_some_and(|deadline| deadline <= now) {
            self.end = Some(OperationErrorKind::Deadline);
            return Action::Finished;
        }
        let due = item.pace.due;
        if due > now {
            return Action::WaitUntil(deadline.map_or(due, |deadline| due.min(deadline)));
        }
        let limit = Q::META.timeout.limit();
        let limit = deadline.map_or(limit, |deadline| limit.min(deadline.since(now)));
        self.in_flight = Some(InFlight { item: at, until: now + limit });
        Action::Send(Box::new(Outgoing {
            request: item.request.clone(),
            limit,
            meta: Q::META,
            attempt: item.pace.failures + 1,
        }))
    }

    pub(super) fn handle(&mut self, now: Time, input: Input) {
        let Some(in_flight) = self.in_flight.take() else { return };
        let Some(item) = self.items.get_mut(in_flight.item) else { return };
        self.now = now;
        let (outcome, asked_back) = match input {
            Input::Response(response) => {
                let outcome = scrub::accept(&item.question, &item.request, &response);
                (outcome.map(Q::subject), retry_after(response.headers()))
            }
            Input::Failed(error) => (Err(SendError::new(Q::META, error).into()), None),
        };
        let borne = match &outcome {
            Ok(subject) => {
                item.last = Some(subject.clone());
                item.pace.answered(&self.wait, now, asked_back, &mut self.jitter);
                true
            }
            Err(error) => item.pace.failed(&self.wait, now, error, &mut self.jitter),
        };
        let outcome = outcome.map_err(Arc::new);
        if let Err(error) = &outcome {
            self.last_error = Some(Arc::clone(error));
        }
        if !borne {
            self.end = Some(OperationErrorKind::Lost);
            return;
        }
        self.steps.push_back(Step {
            id: item.id.clone(),
            elapsed: now.since(self.started.unwrap_or(now)),
            failures: item.pace.failures,
            outcome,
        });
    }

    pub(super) fn finish(self) -> Followed<Q::Subject> {
        let unfinished = self.items.iter().any(|item| !item.has_ended());
        let kind = self.end.or(unfinished.then_some(OperationErrorKind::Deadline));
        let trouble = kind.map(|kind| Trouble {
            kind,
            waited: self.now.since(self.started.unwrap_or(self.now)),
            handle: self.handle,
            last_error: self.last_error,
        });
        Followed { subjects: self.items.into_iter().filter_map(|item| item.last).collect(), trouble }
    }

    /// As [`OperationErrorKind::Failed`]: it ended, but not well.
    pub(super) fn failed(&self) -> Trouble {
        Trouble {
            kind: OperationErrorKind::Failed,
            handle: self.handle.clone(),
            waited: self.now.since(self.started.unwrap_or(self.now)),
            last_error: None,
        }
    }
}

impl<Q: Question> Item<Q> {
    fn has_ended(&self) -> bool {
        self.last.as_ref().is_some_and(Q::has_ended)
    }
}
