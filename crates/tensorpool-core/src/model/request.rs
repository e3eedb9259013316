//! Requests: operations that go on after their answer.

use serde_json::Value;

use crate::extra::model;
use crate::ids::RequestId;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// What a request does (contract §8).
    pub enum RequestType {
        /// Started by `POST /cluster/create`.
        ClusterClaim = "CLUSTER_CLAIM",
        /// Started by `DELETE /cluster/{cluster}`.
        ClusterRelease = "CLUSTER_RELEASE",
        /// Started by `PATCH /cluster/edit/{cluster}`.
        ClusterEdit = "CLUSTER_EDIT",
        /// Started by `POST /storage/create`.
        StorageCreate = "STORAGE_CREATE",
        /// Started by `DELETE /storage/{storage_id}`.
        StorageDestroy = "STORAGE_DESTROY",
        /// Started by `POST /storage/attach`.
        StorageAttach = "STORAGE_ATTACH",
        /// Started by `POST /storage/detach`.
        StorageDetach = "STORAGE_DETACH",
        /// Started by `PATCH /storage/edit/{storage_id}`.
        StorageEdit = "STORAGE_EDIT",
    }
}

wire_enum! {
    /// How far a request has come (contract §8).
    pub enum RequestStatus {
        /// Accepted, nothing started.
        Pending = "PENDING",
        /// Under way.
        Processing = "PROCESSING",
        /// Something failed and is tried again.
        Retrying = "RETRYING",
        /// Done.
        Completed = "COMPLETED",
        /// Over without success.
        Failed = "FAILED",
    }
}

impl RequestStatus {
    /// Whether nothing more will happen. An unknown status is not taken for an end.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.is_completed() || self.is_failed()
    }

    /// Whether it is done.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        *self == Self::Completed
    }

    /// Whether it is over without success.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        *self == Self::Failed
    }
}

model! {
    /// A request: an operation that goes on after its answer (contract §8).
    struct RequestInfo {
        required {
            /// Its id.
            request_id: RequestId,
            /// How far it has come.
            status: RequestStatus,
        }
        optional {
            /// What it does.
            request_type: Option<RequestType>,
            /// When it was accepted, ISO 8601.
            created_at: Option<String>,
            /// The id of the cluster or volume it works on.
            object_id: Option<String>,
            /// What the server tells the user of it.
            external_message: Option<String>,
        }
    }
}

impl RequestInfo {
    /// What the server says of it: `message`, else `error`, else `external_message`, as the official client reads it
    /// (contract §8).
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        let extra = |key| self.extra.get(key).and_then(Value::as_str);
        [extra("message"), extra("error"), self.external_message.as_deref()]
            .into_iter()
            .flatten()
            .find(|text| !text.trim().is_empty())
    }
}
