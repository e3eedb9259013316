//! Storage volumes.

use crate::extra::model;
use crate::ids::{ClusterId, StorageId};
use crate::model::UsdPerHour;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// The state of a storage volume. Only `READY` is told of (contract §5.9); the others are guesses after the request
    /// types, and anything is read.
    pub enum StorageStatus {
        /// Being made.
        Creating = "CREATING",
        /// Can be attached.
        Ready = "READY",
        /// Being destroyed.
        Destroying = "DESTROYING",
        /// Gone.
        Destroyed = "DESTROYED",
        /// It failed.
        Failed = "FAILED",
    }
}

model! {
    /// A storage volume (contract §12; only partly known).
    #[derive(Default)]
    struct StorageInfo {
        required {}
        optional {
            /// Its id.
            id: Option<StorageId>,
            /// Its name.
            name: Option<String>["name" | "tp_storage_name"],
            /// Its size, GB.
            size_gb: Option<u64>["size_gb" | "size"],
            /// Its status.
            status: Option<StorageStatus>,
            /// Its price, USD per hour.
            hourly_rate: Option<UsdPerHour>,
            /// The clusters it is attached to.
            attached_clusters: Option<Vec<ClusterId>>,
            /// Whether it refuses to be destroyed.
            deletion_protection: Option<bool>,
        }
    }
}
