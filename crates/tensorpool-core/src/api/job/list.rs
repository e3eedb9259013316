//! `GET /job/list`

use crate::endpoint::{Endpoint, Meta};
use crate::extra::model;
use crate::model::JobInfo;
use crate::request::Query;

/// `GET /job/list` (contract §3.2). There are no pages: everything comes at once.
#[derive(Clone, Debug, Default)]
pub struct ListJobs {
    include_org: bool,
}

impl ListJobs {
    /// The user's own jobs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The organization's jobs instead.
    #[must_use]
    pub fn include_org(mut self, on: bool) -> Self {
        self.include_org = on;
        self
    }
}

model! {
    /// Jobs.
    struct JobList {
        required {
            /// The jobs.
            jobs: Vec<JobInfo>,
        }
        optional {
            /// The same as a text table.
            message: Option<String>,
        }
    }
}

impl Endpoint for ListJobs {
    type Response = JobList;
    const META: &'static Meta = &Meta::get("job.list", "/job/list", "§3.2");

    fn query(&self, query: &mut Query) {
        query.flag("include_org", self.include_org);
    }
}
