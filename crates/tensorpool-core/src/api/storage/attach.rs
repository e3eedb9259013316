//! `POST /storage/attach`

use bytes::Bytes;
use serde::Serialize;

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::{ClusterId, RequestId, StorageId};
use crate::operation::Submitted;
use crate::request::{self, segment};

/// `POST /storage/attach`: mounts a volume on a cluster, **restarting all its nodes** (contract §5.3).
///
/// Followed through one `STORAGE_ATTACH` request for each cluster. Only multi-node GPU clusters and CPU instances are
/// eligible.
#[derive(Clone, Debug, Serialize)]
pub struct AttachStorage {
    #[serde(rename = "storage_id")]
    pub(crate) storage: StorageId,
    #[serde(rename = "cluster_ids")]
    pub(crate) clusters: Vec<ClusterId>,
}

impl AttachStorage {
    /// Attaches this volume to this cluster.
    #[must_use]
    pub fn new(storage: impl Into<StorageId>, cluster: impl Into<ClusterId>) -> Self {
        Self { storage: storage.into(), clusters: vec![cluster.into()] }
    }

    /// Attaches it to one more. The official client never does, and one source says that one is the most.
    #[must_use]
    pub fn and_cluster(mut self, cluster: impl Into<ClusterId>) -> Self {
        self.clusters.push(cluster.into());
        self
    }
}

model! {
    /// An accepted attachment.
    #[derive(Default)]
    struct StorageAttached {
        required {}
        optional {
            /// The volume's id.
            storage_id: Option<StorageId>,
            /// The clusters' ids.
            cluster_ids: Vec<ClusterId>,
            /// The requests to follow, all of them.
            request_ids: Vec<RequestId>,
            /// A single request to follow, as detaching answers; not documented here.
            request_id: Option<RequestId>,
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

impl Submitted for StorageAttached {
    fn request_ids(&self) -> Vec<RequestId> {
        let ids = self.request_ids.iter().chain(&self.request_id);
        ids.filter(|id| !id.as_str().is_empty()).cloned().collect()
    }

    fn must_be_followed(&self) -> bool {
        true
    }

    fn object_id(&self) -> Option<&str> {
        self.storage_id.as_ref().map(StorageId::as_str)
    }
}

impl Endpoint for AttachStorage {
    type Response = StorageAttached;
    const META: &'static Meta = &Meta::post("storage.attach", "/storage/attach", "§5.3").success(202);

    fn body(&self) -> Result<Option<Bytes>, BuildError> {
        segment("storage_id", self.storage.as_str())?;
        for cluster in &self.clusters {
            segment("cluster_ids", cluster.as_str())?;
        }
        request::json(self)
    }

    fn hint(&self, status: http::StatusCode) -> Option<&'static str> {
        match status.as_u16() {
            409 => Some("only multi-node GPU clusters and CPU instances take storage, and only once running"),
            _ => super::prefix_hint(&self.storage, status),
        }
    }
}
