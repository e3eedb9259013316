//! `GET /cluster/info/{cluster}`

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::ClusterRef;
use crate::model::ClusterInfo;
use crate::request::Path;

/// `GET /cluster/info/{cluster}` (contract §4.4).
#[derive(Clone, Debug)]
pub struct GetCluster {
    cluster: ClusterRef,
}

impl GetCluster {
    /// The cluster of this id or name.
    #[must_use]
    pub fn new(cluster: impl Into<ClusterRef>) -> Self {
        Self { cluster: cluster.into() }
    }
}

model! {
    /// A cluster and its text.
    struct ClusterAnswer {
        required {
            /// The cluster.
            cluster_info: ClusterInfo,
        }
        optional {
            /// The same as text.
            message: Option<String>,
        }
    }
}

impl Endpoint for GetCluster {
    type Response = ClusterAnswer;
    const META: &'static Meta = &Meta::get("cluster.info", "/cluster/info/{cluster}", "§4.4");

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.cluster.as_str()])
    }
}
