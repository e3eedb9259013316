//! `DELETE /job/delete/{job_id}`

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::ids::JobId;
use crate::model::Acknowledged;
use crate::request::Path;

/// `DELETE /job/delete/{job_id}`: hides a job that has ended (contract §3.6).
#[derive(Clone, Debug)]
pub struct DeleteJob {
    job: JobId,
}

impl DeleteJob {
    /// Deletes this job.
    #[must_use]
    pub fn new(job: impl Into<JobId>) -> Self {
        Self { job: job.into() }
    }
}

impl Endpoint for DeleteJob {
    type Response = Acknowledged;
    const META: &'static Meta = &Meta::delete("job.delete", "/job/delete/{job_id}", "§3.6");

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.job.as_str()])
    }

    fn hint(&self, status: http::StatusCode) -> Option<&'static str> {
        (status.as_u16() == 409).then_some("only a job that has ended can be deleted; cancel it first")
    }
}
