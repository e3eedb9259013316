//! Clusters and their instances (contract §4).

use serde_json::{Value, json};
use tensorpool_core::model::{
    ClusterInfo, ClusterStatus, InstanceInfo, InstanceType, JobStatus, RequestType, UsdPerHour,
};
use tensorpool_core::{ClusterId, Extra, InstanceId, RequestId, StorageId, Time};

use super::State;
use super::account::Owner;
use super::agenda::{Phase, Step};
use super::request::Work;
use super::store::Keyed;
use crate::answer::Refusal;
use crate::calendar;

/// Who logs in: the newest source says `ubuntu` (contract §4.9).
pub(crate) const SSH_USER: &str = "ubuntu";

/// A cluster.
pub(crate) struct Cluster {
    pub(crate) id: ClusterId,
    pub(crate) name: String,
    pub(crate) owner: Owner,
    pub(crate) instance_type: InstanceType,
    pub(crate) nodes: u32,
    pub(crate) instances: Vec<Instance>,
    pub(crate) status: ClusterStatus,
    pub(crate) storage: Vec<StorageId>,
    pub(crate) protected: bool,
    pub(crate) container: Option<String>,
    pub(crate) created: Time,
    pub(crate) rate: UsdPerHour,
    /// Whether it costs money now: from running for the first time until it is taken down.
    pub(crate) billed: bool,
}

/// One machine of a cluster.
pub(crate) struct Instance {
    pub(crate) id: InstanceId,
    pub(crate) name: String,
    pub(crate) status: ClusterStatus,
    /// Only where it can be reached from outside.
    pub(crate) public_ip: Option<String>,
    pub(crate) private_ip: String,
}

impl Keyed for Cluster {
    fn key(&self) -> &str {
        self.id.as_str()
    }
}

impl Cluster {
    /// Whether it is gone for good.
    pub(crate) fn is_gone(&self) -> bool {
        self.status == ClusterStatus::Destroyed
    }

    /// Whether it takes storage: a multi-node GPU type or a CPU type (contract §5.3).
    pub(crate) fn takes_storage(&self) -> bool {
        self.instance_type.is_multi_node() || self.instance_type.device() == Some("CPU")
    }

    /// The instance to log in to first.
    pub(crate) fn entrance(&self) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.public_ip.is_some())
    }

    pub(crate) fn info(&self, epoch: u64) -> ClusterInfo {
        let mut info = ClusterInfo::default();
        info.id = Some(self.id.clone());
        info.name = Some(self.name.clone());
        info.instance_type = Some(self.instance_type.clone());
        info.status = Some(self.status.clone());
        info.instances = Some(self.instances.iter().map(Instance::info).collect());
        info.storage = Some(self.storage.clone());
        info.deletion_protection = Some(self.protected);
        info.container.clone_from(&self.container);
        // Nobody has seen what else the real engine says; these are what its text tables show (contract §4.9).
        info.extra = object([
            ("num_nodes", json!(self.nodes)),
            ("hourly_rate", json!(self.rate)),
            ("created_at", json!(calendar::iso(epoch, self.created))),
        ]);
        info
    }
}

impl Instance {
    /// Addresses are known from the time the machine is being set up.
    pub(crate) fn has_address(&self) -> bool {
        use ClusterStatus::{Configuring, Running};
        matches!(self.status, Configuring | Running)
    }

    pub(crate) fn info(&self) -> InstanceInfo {
        let mut info = InstanceInfo::default();
        info.id = Some(self.id.clone());
        info.status = Some(self.status.clone());
        let known = self.has_address();
        let public = self.public_ip.as_ref().filter(|_| known);
        info.extra = object([
            ("name", json!(self.name)),
            ("public_ip", json!(public)),
            ("private_ip", json!(known.then_some(&self.private_ip))),
            ("ssh_user", json!(SSH_USER)),
            ("ssh_port", json!(22)),
        ]);
        info
    }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Extra {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl State {
    /// The cluster of this id or name that `owner` reaches (contract §1: `{cluster}` takes both).
    pub(crate) fn find_cluster(&self, owner: &Owner, reference: &str) -> Result<&Cluster, Refusal> {
        let mine = |cluster: &&Cluster| !cluster.is_gone() && owner.reaches(&cluster.owner);
        let by_id = self.clusters.get(reference).filter(mine);
        let by_name = || self.clusters.iter().filter(mine).find(|cluster| cluster.name == reference);
        by_id.or_else(by_name).ok_or_else(|| Refusal::not_found("Cluster", reference))
    }

    /// The cluster of this id; bodies name clusters by id only (contract §5.3, §5.4).
    pub(crate) fn find_cluster_by_id(&self, owner: &Owner, id: &str) -> Result<&Cluster, Refusal> {
        let cluster = self.clusters.get(id).filter(|c| !c.is_gone() && owner.reaches(&c.owner));
        cluster.ok_or_else(|| Refusal::not_found("Cluster", id))
    }

    pub(crate) fn name_is_taken(&self, owner: &Owner, name: &str, except: Option<&ClusterId>) -> bool {
        self.clusters.iter().any(|cluster| {
            !cluster.is_gone()
                && cluster.name == name
                && owner.reaches(&cluster.owner)
                && Some(&cluster.id) != except
        })
    }

    pub(crate) fn cluster_becomes(&mut self, id: &ClusterId, status: &ClusterStatus) {
        let Some(cluster) = self.clusters.get_mut(id.as_str()) else { return };
        cluster.status = status.clone();
        cluster.instances.iter_mut().for_each(|instance| instance.status = status.clone());
        let (payer, rate) = (cluster.owner.payer(), cluster.rate);
        use ClusterStatus::{Configuring, Destroyed, Running};
        let billed = match status {
            Running => true,
            Configuring => cluster.billed,
            _ => false,
        };
        let was = std::mem::replace(&mut cluster.billed, billed);
        match (was, billed) {
            (false, true) => self.charge(&payer, rate),
            (true, false) => self.charge(&payer, UsdPerHour(-rate.0)),
            _ => {}
        }
        if *status == Destroyed {
            self.cluster_is_gone(id);
        }
    }

    /// Begins to destroy a cluster. None if there is none of this id.
    pub(crate) fn take_down(&mut self, id: &ClusterId) -> Option<RequestId> {
        let cluster = self.clusters.get(id.as_str())?;
        let (name, owner) = (cluster.name.clone(), cluster.owner.clone());
        self.abandon(id, &format!("Cluster {id} was destroyed meanwhile"));
        let becomes = |status| Step::Cluster { id: id.clone(), status };
        let phases = vec![
            Phase::processing(self.config.timings.destroying, format!("Destroying cluster {id}"))
                .step(becomes(ClusterStatus::Destroying)),
            Phase::completed(format!("Cluster {id} ({name}) destroyed"))
                .step(becomes(ClusterStatus::Destroyed)),
        ];
        let work =
            Work { kind: RequestType::ClusterRelease, owner: &owner, object: id.as_str(), cluster: Some(id) };
        Some(self.begin(&work, phases))
    }

    fn cluster_is_gone(&mut self, id: &ClusterId) {
        for volume in self.volumes.iter_mut() {
            volume.attached.retain(|cluster| cluster != id);
        }
        if let Some(cluster) = self.clusters.get_mut(id.as_str()) {
            cluster.storage.clear();
        }
        let jobs =
            self.jobs.iter().filter(|job| job.cluster.as_ref() == Some(id) && !job.status.is_terminal());
        // A job does not outlive its cluster; one that was being canceled has what it wanted.
        let ended: Vec<_> = jobs
            .map(|job| match job.status {
                JobStatus::Canceling => (job.id.clone(), JobStatus::Canceled),
                _ => (job.id.clone(), JobStatus::Failed),
            })
            .collect();
        for (job, status) in ended {
            self.job_becomes(&job, status, Some("The cluster was destroyed"));
        }
    }
}
