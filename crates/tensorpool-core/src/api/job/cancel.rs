//! `POST /job/cancel/{job_id}`

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::JobId;
use crate::model::JobStatus;
use crate::request::Path;

/// `POST /job/cancel/{job_id}`: cancels a pending or running job (contract §3.5).
///
/// The job is `canceling` at first; [`Cancel`](crate::flow::Cancel) watches it to the end. There is no request to follow.
#[derive(Clone, Debug)]
pub struct CancelJob {
    job: JobId,
}

impl CancelJob {
    /// Cancels this job.
    #[must_use]
    pub fn new(job: impl Into<JobId>) -> Self {
        Self { job: job.into() }
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &JobId {
        &self.job
    }
}

model! {
    /// An accepted cancellation.
    #[derive(Default)]
    struct JobCancellation {
        required {}
        optional {
            /// The job.
            job_id: Option<JobId>,
            /// Its status: `canceling`, or `canceled` if it was so already.
            status: Option<JobStatus>,
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

impl Endpoint for CancelJob {
    type Response = JobCancellation;
    const META: &'static Meta =
        &Meta::post("job.cancel", "/job/cancel/{job_id}", "§3.5").success(202).idempotent();

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.job.as_str()])
    }

    fn hint(&self, status: http::StatusCode) -> Option<&'static str> {
        (status.as_u16() == 409).then_some("only a pending or running job can be canceled")
    }
}
