//! Jobs (contract §3): what they are; how they run is in `run`.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::json;
use tensorpool_core::model::{JobInfo, JobStatus};
use tensorpool_core::{ClusterId, JobId, Time};

use super::State;
use super::account::Owner;
use super::log::Log;
use super::run::{By, Task};
use super::store::Keyed;
use crate::answer::Refusal;
use crate::{calendar, ids};

/// A job.
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) owner: Owner,
    pub(crate) status: JobStatus,
    pub(crate) exit_code: Option<i64>,
    pub(crate) cluster: Option<ClusterId>,
    pub(crate) created: Time,
    pub(crate) ended: Option<Time>,
    pub(crate) files: BTreeMap<String, File>,
    pub(crate) message: Option<String>,
    /// Whether it was deleted, which only hides it (contract §3.6).
    pub(crate) hidden: bool,
    pub(crate) log: Log,
    /// None for a job that a test put in: nothing happens to it by itself.
    pub(crate) task: Option<Box<Task>>,
}

/// One of a job's outputs.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) bytes: Bytes,
    pub(crate) etag: String,
}

impl File {
    pub(crate) fn new(bytes: Bytes) -> Self {
        let etag = format!("\"{:016x}{:016x}\"", ids::hash(1, &bytes), ids::hash(2, &bytes));
        Self { bytes, etag }
    }
}

impl Keyed for Job {
    fn key(&self) -> &str {
        self.id.as_str()
    }
}

impl Job {
    /// Whether its instance can be reached: then its outputs are fetched from there (contract §3.4).
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.status, JobStatus::Running | JobStatus::Canceling)
    }

    /// How its outputs are fetched from the machine that runs it, if one does.
    pub(crate) fn download(&self) -> Option<&str> {
        match &self.task.as_deref()?.by {
            By::Machine { download, .. } => download.as_deref(),
            By::Script { .. } => None,
        }
    }

    pub(crate) fn info(&self, epoch: u64) -> JobInfo {
        let mut info = JobInfo::default();
        info.id = Some(self.id.clone());
        info.status = Some(self.status.clone());
        info.exit_code = self.exit_code;
        let iso = |time| calendar::iso(epoch, time);
        // Contract §3.3 tells of a public message without naming it; the names here are guesses.
        let extra = [
            ("cluster_id", json!(self.cluster)),
            ("public_message", json!(self.message)),
            ("created_at", json!(iso(self.created))),
            ("ended_at", json!(self.ended.map(iso))),
        ];
        info.extra = extra.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        info
    }
}

impl State {
    /// The job of this id that `owner` reaches.
    pub(crate) fn find_job(&self, owner: &Owner, id: &str) -> Result<&Job, Refusal> {
        let job = self.jobs.get(id).filter(|job| !job.hidden && owner.reaches(&job.owner));
        job.ok_or_else(|| Refusal::not_found("Job", id))
    }

    /// A job that has ended stays as it ended.
    pub(crate) fn job_becomes(&mut self, id: &JobId, status: JobStatus, message: Option<&str>) {
        let now = self.now;
        let Some(job) = self.jobs.get_mut(id.as_str()).filter(|job| !job.status.is_terminal()) else {
            return;
        };
        if status.is_terminal() {
            job.ended = Some(now);
        }
        if status == JobStatus::Completed {
            job.exit_code.get_or_insert(0);
        }
        if let Some(message) = message {
            job.message = Some(message.to_owned());
        }
        job.status = status;
        self.job_became(id);
    }
}
