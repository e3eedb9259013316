//! Cancel a job, then watch it to its end.

use super::call::Call;
use super::follow::{Follow, Question};
use super::poll::{Step, Wait};
use super::{Action, Flow, Input, OperationHandle};
use crate::api::job::{CancelJob, GetJob, JobAnswer};
use crate::endpoint::Endpoint;
use crate::error::{Error, ExhaustedError};
use crate::ids::JobId;
use crate::model::{JobInfo, JobStatus};
use crate::request::Context;
use crate::time::Time;

/// How a job that was to be canceled ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct JobEnd {
    /// The job, as last seen.
    pub job: JobInfo,
    /// Whether it was canceled; false if it had ended by itself before.
    pub canceled: bool,
}

/// Cancels a job and watches it until it has ended (contract §3.5: there is no request to follow). A job that had ended
/// before is no error: [`JobEnd`] says how.
#[derive(Debug)]
pub struct Cancel {
    phase: Phase,
    watch: Follow<GetJob>,
}

#[derive(Debug)]
enum Phase {
    Canceling(Box<Call<CancelJob>>),
    /// With the refusal, if the engine said that the job's state forbids it: a look at the job tells why.
    Watching(Option<Error>),
    Failed(Error),
}

impl Question for GetJob {
    type Subject = JobInfo;

    fn subject(response: JobAnswer) -> JobInfo {
        response.job_info
    }

    fn has_ended(subject: &JobInfo) -> bool {
        subject.status.as_ref().is_some_and(JobStatus::is_terminal)
    }
}

impl Cancel {
    /// Cancels `job` through `call`, then watches as `wait` says. `seed` spreads its delays.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] if the job's id cannot be a path segment.
    pub fn new(
        context: &Context,
        call: Call<CancelJob>,
        job: &JobId,
        wait: Wait,
        seed: u64,
    ) -> Result<Self, Error> {
        let handle = OperationHandle::new(CancelJob::META.name, []).about(Some(job.as_str()));
        let question = (job.as_str().into(), GetJob::new(job));
        Ok(Self {
            phase: Phase::Canceling(Box::new(call)),
            watch: Follow::new(context, handle, [question], wait, seed)?,
        })
    }
}

impl Flow for Cancel {
    type Progress = Step<JobInfo>;
    type Output = JobEnd;

    fn poll(&mut self, now: Time) -> Action<Self::Progress> {
        if let Phase::Canceling(call) = &mut self.phase {
            match call.poll(now) {
                Action::Send(outgoing) => return Action::Send(outgoing),
                Action::WaitUntil(until) => return Action::WaitUntil(until),
                Action::Progress(never) => match never {},
                Action::Finished => {
                    let Phase::Canceling(call) = std::mem::replace(&mut self.phase, Phase::Watching(None))
                    else {
                        return Action::Finished;
                    };
                    self.phase = match call.finish() {
                        Ok(_) => Phase::Watching(None),
                        Err(error) if error.is_conflict() => Phase::Watching(Some(error)),
                        Err(error) => Phase::Failed(error),
                    };
                }
            }
        }
        let Phase::Watching(refused) = &mut self.phase else { return Action::Finished };
        let action = self.watch.poll(now);
        if let Action::Progress(Step { outcome: Ok(job), .. }) = &action {
            if !GetJob::has_ended(job) {
                if let Some(error) = refused.take() {
                    self.phase = Phase::Failed(error);
                }
            }
        }
        action
    }

    fn handle(&mut self, now: Time, input: Input) {
        match &mut self.phase {
            Phase::Canceling(call) => call.handle(now, input),
            Phase::Watching(_) => self.watch.handle(now, input),
            Phase::Failed(_) => {}
        }
    }

    fn finish(self) -> Result<JobEnd, Error> {
        match self.phase {
            Phase::Failed(error) => return Err(error),
            Phase::Canceling(call) => {
                call.finish()?;
            }
            Phase::Watching(_) => {}
        }
        let mut followed = self.watch.finish();
        match (followed.trouble, followed.subjects.pop()) {
            (Some(trouble), job) => Err(trouble.into_error(Vec::new(), job)),
            (None, Some(job)) => Ok(JobEnd { canceled: job.status == Some(JobStatus::Canceled), job }),
            (None, None) => Err(ExhaustedError::abandoned(CancelJob::META).into()),
        }
    }
}
