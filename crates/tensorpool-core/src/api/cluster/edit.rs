//! `PATCH /cluster/edit/{cluster}`

use bytes::Bytes;
use serde::Serialize;

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::ids::ClusterRef;
use crate::model::Acknowledged;
use crate::request::{self, Path};

/// `PATCH /cluster/edit/{cluster}`: changes what is set, at least one thing (contract §4.5).
#[derive(Clone, Debug, Serialize)]
pub struct EditCluster {
    #[serde(skip)]
    cluster: ClusterRef,
    #[serde(rename = "cluster_name", skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_protection: Option<bool>,
}

impl EditCluster {
    /// Edits the cluster of this id or name.
    #[must_use]
    pub fn new(cluster: impl Into<ClusterRef>) -> Self {
        Self { cluster: cluster.into(), name: None, deletion_protection: None }
    }

    /// A new name, unique among the user's or organization's.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Whether it refuses to be destroyed.
    #[must_use]
    pub fn deletion_protection(mut self, on: bool) -> Self {
        self.deletion_protection = Some(on);
        self
    }
}

impl Endpoint for EditCluster {
    type Response = Acknowledged;
    const META: &'static Meta = &Meta::patch("cluster.edit", "/cluster/edit/{cluster}", "§4.5").success(202);

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.cluster.as_str()])
    }

    fn body(&self) -> Result<Option<Bytes>, BuildError> {
        if self.name.is_none() && self.deletion_protection.is_none() {
            return Err(BuildError::invalid("the edit", "changes nothing: set name or deletion_protection"));
        }
        request::json(self)
    }
}
