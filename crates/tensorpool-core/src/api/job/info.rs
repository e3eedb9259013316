//! `GET /job/info/{job_id}`

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::JobId;
use crate::model::JobInfo;
use crate::request::Path;

/// `GET /job/info/{job_id}` (contract §3.3).
#[derive(Clone, Debug)]
pub struct GetJob {
    job: JobId,
}

impl GetJob {
    /// This job.
    #[must_use]
    pub fn new(job: impl Into<JobId>) -> Self {
        Self { job: job.into() }
    }
}

model! {
    /// A job and its text.
    struct JobAnswer {
        required {
            /// The job.
            job_info: JobInfo,
        }
        optional {
            /// The same as text.
            message: Option<String>,
        }
    }
}

impl Endpoint for GetJob {
    type Response = JobAnswer;
    const META: &'static Meta = &Meta::get("job.info", "/job/info/{job_id}", "§3.3");

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.job.as_str()])
    }
}
