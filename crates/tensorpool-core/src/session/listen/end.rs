//! How a listen ends: the job's final state, asked over REST.

use std::time::Duration;

use super::{Listen, ListenEvent, ListenStatus, State, Then};
use crate::api::job::GetJob;
use crate::error::{Error, SessionErrorKind};
use crate::flow::{Call, Flow as _, RetryPolicy};
use crate::model::{JobInfo, JobStatus};
use crate::time::Time;

/// How the job ended. That it ended badly is not an error of listening: look at the status.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ListenEnd {
    /// The job's final status.
    pub status: JobStatus,
    /// The exit code of its commands, where it is known.
    pub exit_code: Option<i64>,
    /// The job as `GET /job/info` tells it; `None` if it could not be asked, or still calls the job unfinished, and the
    /// stream's own word had to do.
    pub job: Option<JobInfo>,
}

/// How often, and how far apart, to ask about a job whose end the stream has told but the engine not noted yet.
const TIMES: u32 = 3;
const APART: Duration = Duration::from_secs(2);

impl ListenEnd {
    /// From the stream's word alone (contract §9.2). `success` is taken for the end with exit code 0 (contract §3.7); an
    /// `error` may be the user's code or the infrastructure, which is a guess for the former.
    fn told(status: &ListenStatus) -> Option<Self> {
        match status {
            ListenStatus::Success => {
                Some(Self { status: JobStatus::Completed, exit_code: Some(0), job: None })
            }
            ListenStatus::Error => Some(Self { status: JobStatus::Error, exit_code: None, job: None }),
            ListenStatus::Unknown(_) => None,
        }
    }
}

impl Listen {
    /// Asks how the job is.
    pub(super) fn ask(&mut self) {
        let (budget, seed) = (self.budget.clone(), self.jitter.next());
        match Call::new(&self.context, GetJob::new(&self.job), RetryPolicy::default(), budget, seed) {
            Ok(call) => self.state = State::Asking(Box::new(call)),
            // The id was good for one path already.
            Err(error) => {
                let error = self.error(SessionErrorKind::EndUnknown).caused_by(error);
                self.end(Err(error));
            }
        }
    }

    /// The answer is there, or will not come.
    pub(super) fn answered(&mut self, now: Time) {
        let State::Asking(call) = std::mem::replace(&mut self.state, State::Ready) else { return };
        let told = self.status.as_ref().and_then(ListenEnd::told);
        let outcome = call.finish().map(|reply| reply.value.job_info);
        self.rounds += 1;
        if let Ok(JobInfo { status: Some(status), exit_code, .. }) = &outcome {
            if status.is_terminal() {
                let (status, exit_code) = (status.clone(), *exit_code);
                return self.end(Ok(ListenEnd { status, exit_code, job: outcome.ok() }));
            }
        }
        match (outcome, told) {
            (Ok(_), Some(_)) if self.rounds < TIMES => {
                self.state = State::Waiting { until: now + APART, then: Then::Ask };
            }
            (Ok(_), Some(told)) => self.end(Ok(told)),
            (Err(error), Some(told)) if is_passing(&error) => self.end(Ok(told)),
            (Ok(job), None) => {
                self.events.push_back(ListenEvent::StillRunning(Box::new(job)));
                self.again(now, None);
            }
            (Err(error), None) if is_passing(&error) => self.again(now, Some(error)),
            (Err(error), _) => {
                let error = self.error(SessionErrorKind::EndUnknown).caused_by(error);
                self.end(Err(error));
            }
        }
    }

    /// Listens again after a question, but not for ever without hearing anything new.
    fn again(&mut self, now: Time, error: Option<Error>) {
        if self.rounds > self.options.rounds {
            let given_up = match error {
                Some(error) => self.error(SessionErrorKind::EndUnknown).caused_by(error),
                None => self.error(SessionErrorKind::Lost),
            };
            return self.end(Err(given_up));
        }
        let delay = self.policy.delay(self.failures, &mut self.jitter);
        self.failures = 0;
        self.state = State::Waiting { until: now + delay, then: Then::Open };
    }
}

/// Whether the answer may be another one later: the network and the server's load, not an id or a key that is refused.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Transport(_) | Error::Exhausted(_) | Error::Decode(_) => true,
        error => error.status().is_some_and(|status| status.is_server_error()),
    }
}
