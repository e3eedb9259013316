//! Storage volumes (contract §5).

use serde_json::json;
use tensorpool_core::model::{StorageInfo, StorageStatus, UsdPerHour};
use tensorpool_core::{ClusterId, StorageId, Time};

use super::State;
use super::account::Owner;
use super::store::Keyed;
use crate::answer::Refusal;
use crate::{calendar, pricing};

/// A volume.
pub(crate) struct Volume {
    pub(crate) id: StorageId,
    pub(crate) name: String,
    pub(crate) owner: Owner,
    pub(crate) size_gb: u64,
    pub(crate) status: StorageStatus,
    pub(crate) attached: Vec<ClusterId>,
    pub(crate) protected: bool,
    pub(crate) created: Time,
    /// Whether it costs money now: from being ready until it is destroyed.
    pub(crate) billed: bool,
}

impl Keyed for Volume {
    fn key(&self) -> &str {
        self.id.as_str()
    }
}

impl Volume {
    pub(crate) fn is_gone(&self) -> bool {
        self.status == StorageStatus::Destroyed
    }

    pub(crate) fn rate(&self) -> UsdPerHour {
        pricing::storage(self.size_gb)
    }

    /// Where nodes find it (contract §5.9).
    pub(crate) fn mount(&self) -> String {
        format!("/mnt/{}", self.id)
    }

    pub(crate) fn info(&self, epoch: u64) -> StorageInfo {
        let mut info = StorageInfo::default();
        info.id = Some(self.id.clone());
        info.name = Some(self.name.clone());
        info.size_gb = Some(self.size_gb);
        info.status = Some(self.status.clone());
        info.hourly_rate = Some(self.rate());
        info.attached_clusters = Some(self.attached.clone());
        info.deletion_protection = Some(self.protected);
        info.extra.insert("mount_path".to_owned(), json!(self.mount()));
        info.extra.insert("created_at".to_owned(), json!(calendar::iso(epoch, self.created)));
        info
    }
}

impl State {
    /// The volume of this id that `owner` reaches.
    pub(crate) fn find_volume(&self, owner: &Owner, id: &str) -> Result<&Volume, Refusal> {
        let volume = self.volumes.get(id).filter(|v| !v.is_gone() && owner.reaches(&v.owner));
        if volume.is_none() && !id.starts_with("s-") {
            // Contract §1: the prefix is validated; by which status is a guess.
            return Err(Refusal::bad_request(format!("Invalid storage ID {id}: it must start with s-")));
        }
        volume.ok_or_else(|| Refusal::not_found("Storage volume", id))
    }

    pub(crate) fn volume_becomes(&mut self, id: &StorageId, status: &StorageStatus) {
        let Some(volume) = self.volumes.get_mut(id.as_str()) else { return };
        volume.status = status.clone();
        let (payer, rate) = (volume.owner.payer(), volume.rate());
        let billed = *status == StorageStatus::Ready;
        let was = std::mem::replace(&mut volume.billed, billed);
        match (was, billed) {
            (false, true) => self.charge(&payer, rate),
            (true, false) => self.charge(&payer, UsdPerHour(-rate.0)),
            _ => {}
        }
    }

    pub(crate) fn attached(&mut self, storage: &StorageId, cluster: &ClusterId) {
        if let Some(volume) = self.volumes.get_mut(storage.as_str()) {
            volume.attached.push(cluster.clone());
        }
        if let Some(cluster) = self.clusters.get_mut(cluster.as_str()) {
            cluster.storage.push(storage.clone());
        }
    }

    pub(crate) fn detached(&mut self, storage: &StorageId, cluster: &ClusterId) {
        if let Some(volume) = self.volumes.get_mut(storage.as_str()) {
            volume.attached.retain(|id| id != cluster);
        }
        if let Some(cluster) = self.clusters.get_mut(cluster.as_str()) {
            cluster.storage.retain(|id| id != storage);
        }
    }
}
