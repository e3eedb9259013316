//! Response types that several endpoints share.
//!
//! Fields the contract promises are plain; everything it is not sure of is an `Option`, and what this version has no
//! name for is in `extra` (contract §12: "treat any field as possibly absent and unknown fields as allowed").

mod bucket;
mod cluster;
mod instance_type;
mod job;
mod money;
mod request;
mod ssh_key;
mod storage;
mod system;

pub use bucket::Bucket;
pub use cluster::{ClusterInfo, ClusterStatus, InstanceInfo};
pub use instance_type::InstanceType;
pub use job::{JobInfo, JobStatus};
pub use money::{Quote, Usd, UsdPerHour};
pub use request::{RequestInfo, RequestStatus, RequestType};
pub use ssh_key::SshKeyInfo;
pub use storage::{StorageInfo, StorageStatus};
pub use system::System;

use crate::extra::model;
use crate::operation::submitted;

model! {
    /// An answer that only says that something was done (contract §3.6, §4.5, §5.7, §6, §7.6).
    #[derive(Default)]
    struct Acknowledged {
        required {}
        optional {
            /// What the server has to say; the official client prints just this.
            message: Option<String>,
            /// A request to follow. No documented answer of this kind has one, but `CLUSTER_EDIT` and `STORAGE_EDIT` are
            /// request types, so one may come (contract §4.5).
            request_id: Option<crate::ids::RequestId>,
        }
    }
}

submitted!(Acknowledged, |_answer| None);
