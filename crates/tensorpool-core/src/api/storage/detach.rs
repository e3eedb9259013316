//! `POST /storage/detach`

use bytes::Bytes;
use serde::Serialize;

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::{ClusterId, RequestId, StorageId};
use crate::operation::submitted;
use crate::request::{self, segment};

/// `POST /storage/detach`: unmounts a volume from a cluster, **restarting all its nodes** (contract §5.4).
///
/// Followed through a `STORAGE_DETACH` request.
#[derive(Clone, Debug, Serialize)]
pub struct DetachStorage {
    #[serde(rename = "storage_id")]
    storage: StorageId,
    #[serde(rename = "cluster_id")]
    cluster: ClusterId,
}

impl DetachStorage {
    /// Detaches this volume from this cluster.
    #[must_use]
    pub fn new(storage: impl Into<StorageId>, cluster: impl Into<ClusterId>) -> Self {
        Self { storage: storage.into(), cluster: cluster.into() }
    }
}

model! {
    /// An accepted detachment.
    #[derive(Default)]
    struct StorageDetached {
        required {}
        optional {
            /// The volume's id.
            storage_id: Option<StorageId>,
            /// The cluster's id.
            cluster_id: Option<ClusterId>,
            /// The request to follow; none if there is nothing left to wait for.
            request_id: Option<RequestId>,
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

submitted!(StorageDetached, |answer| answer.storage_id.as_ref().map(StorageId::as_str));

impl Endpoint for DetachStorage {
    type Response = StorageDetached;
    const META: &'static Meta = &Meta::post("storage.detach", "/storage/detach", "§5.4").success(202);

    fn body(&self) -> Result<Option<Bytes>, BuildError> {
        segment("storage_id", self.storage.as_str())?;
        segment("cluster_id", self.cluster.as_str())?;
        request::json(self)
    }

    fn hint(&self, status: http::StatusCode) -> Option<&'static str> {
        super::prefix_hint(&self.storage, status)
    }
}
