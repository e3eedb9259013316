//! Follow several requests to their end, side by side.

use super::follow::{Follow, Question};
use super::poll::{Step, Wait};
use super::{Action, Flow, Input, OperationHandle, Submitted};
use crate::api::request::GetRequest;
use crate::error::{Error, OperationErrorKind};
use crate::model::RequestInfo;
use crate::request::Context;
use crate::time::Time;

/// Follows the requests of an operation until all of them have ended, asking about whichever is due.
///
/// A failed question is not a failed operation: up to five in a row are borne for each request. An unknown status is
/// shown and never taken for an end. One request that fails does not hide the others: all are followed to their end,
/// and the error has them all.
#[derive(Debug)]
pub struct WaitAll(Follow<GetRequest>);

impl Question for GetRequest {
    type Subject = RequestInfo;

    fn subject(response: RequestInfo) -> RequestInfo {
        response
    }

    fn has_ended(subject: &RequestInfo) -> bool {
        subject.status.is_terminal()
    }
}

impl WaitAll {
    fn new(context: &Context, handle: OperationHandle, wait: Wait, seed: u64) -> Result<Self, Error> {
        let questions: Vec<_> =
            handle.requests().iter().map(|id| (id.as_str().into(), GetRequest::new(id))).collect();
        Follow::new(context, handle, questions, wait, seed).map(Self)
    }

    /// Follows what was accepted with this answer. It never fails: an id that cannot be asked about, or none where there
    /// should be one, ends the wait with an error that holds the handle, since the operation goes on all the same.
    #[must_use]
    pub fn accepted<R: Submitted>(
        context: &Context,
        endpoint: &'static str,
        response: &R,
        wait: Wait,
        seed: u64,
    ) -> Self {
        let handle = OperationHandle::of(endpoint, response);
        if handle.requests().is_empty() && response.must_be_followed() {
            return Self(Follow::ended(handle, OperationErrorKind::Unfollowed, None));
        }
        Self::new(context, handle.clone(), wait, seed)
            .unwrap_or_else(|error| Self(Follow::ended(handle, OperationErrorKind::Lost, Some(error))))
    }

    /// Takes up a wait from its handle. One without requests ends at once as
    /// [`Unfollowed`](OperationErrorKind::Unfollowed): that nothing is to be followed is no sign that all is well.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] if a request id cannot be a path segment.
    pub fn resume(context: &Context, handle: OperationHandle, wait: Wait, seed: u64) -> Result<Self, Error> {
        if handle.requests().is_empty() {
            return Ok(Self(Follow::ended(handle, OperationErrorKind::Unfollowed, None)));
        }
        Self::new(context, handle, wait, seed)
    }

    /// What to keep so that the wait can be taken up again.
    #[must_use]
    pub fn handle_to_resume(&self) -> &OperationHandle {
        self.0.handle_to_resume()
    }

    /// Waits as `wait` says from now on; time already spent counts.
    pub fn set_wait(&mut self, wait: Wait) {
        self.0.set_wait(wait);
    }

    /// Says that the answer to the last question will not come, as when the future that waited for it was dropped. It is
    /// asked again at the next poll.
    pub fn forget_unanswered(&mut self) {
        self.0.forget_unanswered();
    }
}

impl Flow for WaitAll {
    type Progress = Step<RequestInfo>;
    type Output = Vec<RequestInfo>;

    fn poll(&mut self, now: Time) -> Action<Self::Progress> {
        self.0.poll(now)
    }

    fn handle(&mut self, now: Time, input: Input) {
        self.0.handle(now, input);
    }

    fn finish(self) -> Result<Vec<RequestInfo>, Error> {
        let failed = self.0.failed();
        let followed = self.0.finish();
        match followed.trouble {
            Some(trouble) => Err(trouble.into_error(followed.subjects, None)),
            None if followed.subjects.iter().any(|info| info.status.is_failed()) => {
                Err(failed.into_error(followed.subjects, None))
            }
            None => Ok(followed.subjects),
        }
    }
}
