//! Clusters and their instances.

use crate::extra::model;
use crate::ids::{ClusterId, InstanceId, StorageId};
use crate::model::InstanceType;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// The life of a cluster, and of each of its instances: pending, provisioning, configuring, running, destroying, destroyed (contract §4.8).
    ///
    /// Upper case is the contract's judgement, not proven; any case is read.
    pub enum ClusterStatus {
        /// Accepted, nothing started.
        Pending = "PENDING",
        /// Machines are being found.
        Provisioning = "PROVISIONING",
        /// Machines are being set up.
        Configuring = "CONFIGURING",
        /// Ready to use.
        Running = "RUNNING",
        /// Being taken down.
        Destroying = "DESTROYING",
        /// Gone.
        Destroyed = "DESTROYED",
        /// An instance failed.
        Failed = "FAILED",
    }
}

model! {
    /// A cluster (contract §12; only partly known, so every field may be absent and more may come).
    #[derive(Default)]
    struct ClusterInfo {
        required {}
        optional {
            /// Its id.
            id: Option<ClusterId>,
            /// Its name.
            name: Option<String>["name" | "tp_cluster_name" | "cluster_name"],
            /// Its instance type.
            instance_type: Option<InstanceType>,
            /// Its status.
            status: Option<ClusterStatus>,
            /// Its instances.
            instances: Option<Vec<InstanceInfo>>,
            /// The volumes attached to it.
            storage: Option<Vec<StorageId>>,
            /// Whether it refuses to be destroyed.
            deletion_protection: Option<bool>,
            /// The container image of its nodes.
            container: Option<String>["container" | "experimental_container"],
        }
    }
}

model! {
    /// One machine of a cluster (contract §12; only partly known).
    #[derive(Default)]
    struct InstanceInfo {
        required {}
        optional {
            /// Its id.
            id: Option<InstanceId>,
            /// Its status.
            status: Option<ClusterStatus>,
        }
    }
}
