//! What a test can put into an engine.

use std::collections::BTreeMap;

use bytes::Bytes;
use tensorpool_core::model::JobStatus;
use tensorpool_core::{ClusterId, JobId};

use super::Engine;
use crate::config::Timings;
use crate::job_script::JobScript;
use crate::state::account::Owner;
use crate::state::job::{File, Job};
use crate::state::log::Log;

/// A job to be put into an engine as it is; one that is pushed comes over an [`EmulatorSocket`](crate::EmulatorSocket).
#[derive(Clone, Debug)]
#[must_use]
pub struct NewJob {
    uid: Option<String>,
    status: JobStatus,
    exit_code: Option<i64>,
    cluster: Option<ClusterId>,
    files: BTreeMap<String, Bytes>,
    message: Option<String>,
}

impl NewJob {
    /// A job with this status, of the engine's first user.
    pub fn new(status: JobStatus) -> Self {
        Self { uid: None, status, exit_code: None, cluster: None, files: BTreeMap::new(), message: None }
    }

    /// Whose it is.
    pub fn user(mut self, uid: impl Into<String>) -> Self {
        self.uid = Some(uid.into());
        self
    }

    /// How its commands ended. A completed job has 0 by itself.
    pub fn exit_code(mut self, code: i64) -> Self {
        self.exit_code = Some(code);
        self
    }

    /// The cluster it runs on, with which it ends.
    pub fn cluster(mut self, id: impl Into<ClusterId>) -> Self {
        self.cluster = Some(id.into());
        self
    }

    /// Adds one of its outputs.
    pub fn file(mut self, path: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }

    /// What the user is told of it.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

impl Engine {
    /// Adds a job. It stays as it is until [`set_job_status`](Self::set_job_status) or a call changes it.
    pub fn add_job(&mut self, job: NewJob) -> JobId {
        let state = &mut self.state;
        let uid = job.uid.or_else(|| state.config.users.first().map(|user| user.uid.clone()));
        let uid = uid.unwrap_or_default();
        let user = state.config.users.iter().find(|user| user.uid == uid);
        let owner = user.map_or(Owner { uid, organization: None }, Owner::of);
        let id = JobId::from(state.ids.next("j"));
        let ended = job.status.is_terminal().then_some(state.now);
        let done = (job.status == JobStatus::Completed).then_some(0);
        state.jobs.insert(Job {
            id: id.clone(),
            owner,
            status: job.status,
            exit_code: job.exit_code.or(done),
            cluster: job.cluster,
            created: state.now,
            ended,
            files: job.files.into_iter().map(|(path, bytes)| (path, File::new(bytes))).collect(),
            message: job.message,
            hidden: false,
            log: Log::default(),
            task: None,
        });
        id
    }

    /// Changes a job that has not ended, and its exit code if one is given. False if there is none of this id, or it
    /// has ended.
    pub fn set_job_status(&mut self, id: &JobId, status: JobStatus, exit_code: Option<i64>) -> bool {
        let Some(job) = self.state.jobs.get_mut(id.as_str()).filter(|job| !job.status.is_terminal()) else {
            return false;
        };
        job.exit_code = exit_code.or(job.exit_code);
        self.state.job_becomes(id, status, None);
        true
    }

    /// Adds or replaces one of a job's outputs; another content has another `ETag`. False if there is no such job.
    pub fn put_job_file(&mut self, id: &JobId, path: impl Into<String>, bytes: impl Into<Bytes>) -> bool {
        let Some(job) = self.state.jobs.get_mut(id.as_str()) else { return false };
        job.files.insert(path.into(), File::new(bytes.into()));
        true
    }

    /// Removes one of a job's outputs: its URL then leads nowhere. False if there was none.
    pub fn remove_job_file(&mut self, id: &JobId, path: &str) -> bool {
        self.state.jobs.get_mut(id.as_str()).is_some_and(|job| job.files.remove(path).is_some())
    }

    /// Adds a line to what a job has printed. False if there is no such job.
    pub fn print_job_line(&mut self, id: &JobId, line: impl Into<String>) -> bool {
        let is = self.state.jobs.get(id.as_str()).is_some();
        self.state.print(id, [line.into()]);
        is
    }

    /// Says what comes of the next push. Called twice, of the next two. Without a script the job's commands are shown,
    /// one each second, and it is completed. A server that really runs jobs takes no notice.
    pub fn script_job(&mut self, script: JobScript) {
        self.state.scripts.push_back(script);
    }

    /// Puts an object into a bucket of the user's organization, so that it cannot be deleted. False if there is no such
    /// bucket.
    pub fn put_object(&mut self, uid: &str, bucket: &str, key: impl Into<String>) -> bool {
        let user = self.state.config.users.iter().find(|user| user.uid == uid);
        let organization = user.and_then(|user| user.organization.clone()).unwrap_or_default();
        let storage = self.state.object_storage.get_mut(&organization);
        storage
            .and_then(|storage| storage.buckets.get_mut(bucket))
            .is_some_and(|keys| keys.insert(key.into()))
    }

    /// Lets the next cluster that is ordered end as failed, for this reason. Called twice, the next two.
    pub fn fail_next_claim(&mut self, why: impl Into<String>) {
        self.state.claims_to_fail.push_back(why.into());
    }

    /// As [`fail_next_claim`](Self::fail_next_claim), because there are no machines.
    pub fn no_capacity(&mut self) {
        self.fail_next_claim("No capacity available");
    }

    /// Sets the balance that this user's things are paid from, USD. False if there is no such user.
    pub fn set_balance(&mut self, uid: &str, usd: f64) -> bool {
        let (payer, now) = (self.payer(uid), self.state.now);
        let wallet = payer.and_then(|payer| self.state.wallets.get_mut(&payer));
        wallet.map(|wallet| wallet.set(now, usd)).is_some()
    }

    /// Sets how long operations take that begin from now on.
    pub fn set_timings(&mut self, timings: Timings) {
        self.state.config.timings = timings;
    }
}
