//! What a test can ask of an engine.

use tensorpool_core::Time;
use tensorpool_core::model::{ClusterInfo, JobInfo, RequestInfo, StorageInfo, UsdPerHour};

use super::Engine;
use crate::state::account::{Owner, Wallet};

/// One request that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// A name of the catalogue, such as `cluster.create`; `job.push` and `job.listen` for a WebSocket; `files` for a signed
    /// URL; `unknown` for no route.
    pub endpoint: &'static str,
    /// The status of the answer; 101 for a WebSocket that was opened.
    pub status: u16,
}

impl Engine {
    /// The latest moment it knows of.
    #[must_use]
    pub fn now(&self) -> Time {
        self.state.now
    }

    /// When something will next happen by itself.
    #[must_use]
    pub fn next_event(&self) -> Option<Time> {
        self.state.agenda.due()
    }

    /// The latest requests, oldest first; 65,536 of them at most.
    pub fn requests_seen(&self) -> impl Iterator<Item = Seen> {
        self.seen.iter().copied()
    }

    /// How many requests for this endpoint have been answered, whatever the status.
    #[must_use]
    pub fn times_seen(&self, endpoint: &str) -> u64 {
        self.counts.get(endpoint).copied().unwrap_or_default()
    }

    /// How many clusters there are, failed ones included.
    #[must_use]
    pub fn cluster_count(&self) -> usize {
        self.state.clusters.iter().filter(|cluster| !cluster.is_gone()).count()
    }

    /// How many clusters have ever been ordered.
    #[must_use]
    pub fn clusters_created(&self) -> usize {
        self.state.clusters.iter().count()
    }

    /// How many volumes there are.
    #[must_use]
    pub fn volume_count(&self) -> usize {
        self.state.volumes.iter().filter(|volume| !volume.is_gone()).count()
    }

    /// How many volumes have ever been ordered.
    #[must_use]
    pub fn volumes_created(&self) -> usize {
        self.state.volumes.iter().count()
    }

    /// How many SSH keys there are.
    #[must_use]
    pub fn ssh_key_count(&self) -> usize {
        self.state.keys.len()
    }

    /// How many buckets there are, of all organizations.
    #[must_use]
    pub fn bucket_count(&self) -> usize {
        self.state.object_storage.values().map(|storage| storage.buckets.len()).sum()
    }

    /// How many operations have ever begun.
    #[must_use]
    pub fn operations_begun(&self) -> usize {
        self.state.requests.iter().count()
    }

    /// The cluster of this id, even one that is gone.
    #[must_use]
    pub fn cluster(&self, id: &str) -> Option<ClusterInfo> {
        self.state.clusters.get(id).map(|cluster| cluster.info(self.state.config.epoch))
    }

    /// The volume of this id, even one that is gone.
    #[must_use]
    pub fn volume(&self, id: &str) -> Option<StorageInfo> {
        self.state.volumes.get(id).map(|volume| volume.info(self.state.config.epoch))
    }

    /// The job of this id, even a deleted one.
    #[must_use]
    pub fn job(&self, id: &str) -> Option<JobInfo> {
        self.state.jobs.get(id).map(|job| job.info(self.state.config.epoch))
    }

    /// How many jobs there have ever been.
    #[must_use]
    pub fn jobs_pushed(&self) -> usize {
        self.state.jobs.iter().count()
    }

    /// What the job of this id has printed, as far as it is kept.
    pub fn job_lines(&self, id: &str) -> impl Iterator<Item = &str> {
        self.state.jobs.get(id).into_iter().flat_map(|job| job.log.iter())
    }

    /// The operation of this id.
    #[must_use]
    pub fn request(&self, id: &str) -> Option<RequestInfo> {
        self.state.requests.get(id).map(|request| request.info(self.state.config.epoch))
    }

    /// The balance that this user's things are paid from, USD: the organization's, if they are in one.
    #[must_use]
    pub fn balance(&self, uid: &str) -> Option<f64> {
        Some(self.state.balance(&self.payer(uid)?))
    }

    /// What is being spent from that balance.
    #[must_use]
    pub fn spending(&self, uid: &str) -> Option<UsdPerHour> {
        self.state.wallets.get(&self.payer(uid)?).map(Wallet::rate)
    }

    pub(super) fn payer(&self, uid: &str) -> Option<String> {
        let user = self.state.config.users.iter().find(|user| user.uid == uid)?;
        Some(Owner::of(user).payer())
    }
}
