//! `GET /job/pull/{job_id}`

use std::collections::BTreeMap;

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::JobId;
use crate::model::System;
use crate::redact::SignedUrl;
use crate::request::{Path, Query};

/// `GET /job/pull/{job_id}`: where a job's outputs are (contract §3.4).
///
/// While the job's instance is reachable the answer is a command (rsync) to run; afterwards it is a map of signed URLs.
#[derive(Clone, Debug)]
pub struct PullJob {
    job: JobId,
    dry_run: bool,
    system: Option<System>,
    private_key_path: Option<String>,
    files: Vec<String>,
}

impl PullJob {
    /// The outputs of this job.
    #[must_use]
    pub fn new(job: impl Into<JobId>) -> Self {
        Self { job: job.into(), dry_run: false, system: None, private_key_path: None, files: Vec::new() }
    }

    /// Only names, no URLs.
    #[must_use]
    pub fn dry_run(mut self, on: bool) -> Self {
        self.dry_run = on;
        self
    }

    /// The operating system a command would run on; needed while the job's instance is reachable.
    #[must_use]
    pub fn system(mut self, system: System) -> Self {
        self.system = Some(system);
        self
    }

    /// The path of the private SSH key on this machine, to be written into a command. The path is sent, not the key.
    #[must_use]
    pub fn private_key_path(mut self, path: impl Into<String>) -> Self {
        self.private_key_path = Some(path.into());
        self
    }

    /// Adds a file to pull; all by default. Newer documentation no longer tells of this filter (contract §13.9), so more
    /// may come than was asked for.
    #[must_use]
    pub fn file(mut self, file: impl Into<String>) -> Self {
        self.files.push(file.into());
        self
    }
}

model! {
    secret
    /// Where a job's outputs are: a command to run, or URLs to fetch.
    #[derive(Default)]
    struct JobPull {
        required {}
        optional {
            /// What the server has to say.
            message: Option<String>,
            /// File names, chosen by the server, and the URL of each; no URL in a dry run. `None` or empty where there is a
            /// command instead; empty where no file changed.
            download_map: Option<BTreeMap<String, Option<SignedUrl>>>,
            /// A command the server wants to be run here. Judge it; never hand it to a shell.
            command: Option<String>,
            /// Whether the command's output is meant to be seen.
            command_show_stdout: Option<bool>,
        }
    }
}

impl Endpoint for PullJob {
    type Response = JobPull;
    const META: &'static Meta = &Meta::get("job.pull", "/job/pull/{job_id}", "§3.4").slow().secret();

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.job.as_str()])
    }

    fn query(&self, query: &mut Query) {
        // The official client always says it, so false is written out too.
        query.push("dry_run", if self.dry_run { "true" } else { "false" });
        query.optional("system", self.system.as_ref().map(System::as_str));
        for file in &self.files {
            query.push("files", file);
        }
        query.optional("private_key_path", self.private_key_path.as_deref());
    }
}
