//! `DELETE /cluster/{cluster}`

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::{ClusterId, ClusterRef, RequestId};
use crate::operation::submitted;
use crate::request::Path;

/// `DELETE /cluster/{cluster}`: destroys a cluster and what is on its disks (contract §4.2).
///
/// Followed through a `CLUSTER_RELEASE` request. Refused (409) while deletion protection is on.
#[derive(Clone, Debug)]
pub struct DestroyCluster {
    cluster: ClusterRef,
}

impl DestroyCluster {
    /// Destroys the cluster of this id or name.
    #[must_use]
    pub fn new(cluster: impl Into<ClusterRef>) -> Self {
        Self { cluster: cluster.into() }
    }
}

model! {
    /// An accepted destruction.
    #[derive(Default)]
    struct ClusterDestroyed {
        required {}
        optional {
            /// The cluster's id.
            cluster_id: Option<ClusterId>,
            /// The request to follow; none if there is nothing left to wait for.
            request_id: Option<RequestId>,
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

submitted!(ClusterDestroyed, |answer| answer.cluster_id.as_ref().map(ClusterId::as_str));

impl Endpoint for DestroyCluster {
    type Response = ClusterDestroyed;
    const META: &'static Meta = &Meta::delete("cluster.destroy", "/cluster/{cluster}", "§4.2").success(202);

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.cluster.as_str()])
    }
}
