//! `POST /cluster/create`

use bytes::Bytes;
use serde::Serialize;

use crate::api::ssh_key::public_key;
use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::{ClusterId, InstanceId, RequestId};
use crate::model::InstanceType;
use crate::operation::submitted;
use crate::request;

/// `POST /cluster/create`: orders a cluster, which is billed from then on (contract §4.1).
///
/// Followed through a `CLUSTER_CLAIM` request. Without any SSH key, here or on the account, the server is expected to
/// refuse.
#[derive(Clone, Debug, Serialize)]
pub struct CreateCluster {
    pub(crate) instance_type: InstanceType,
    // The official client always sends these two, null and false included.
    num_nodes: Option<u32>,
    deletion_protection: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    public_keys: Vec<String>,
    #[serde(rename = "tp_cluster_name", skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    save_keys: Option<bool>,
}

impl CreateCluster {
    /// One node of this type, such as `8xH100`.
    #[must_use]
    pub fn new(instance_type: impl Into<InstanceType>) -> Self {
        Self {
            instance_type: instance_type.into(),
            num_nodes: None,
            deletion_protection: false,
            public_keys: Vec::new(),
            name: None,
            container: None,
            save_keys: None,
        }
    }

    /// Its name; without one the server's choice.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How many nodes; 1 by default. Only some types take more (contract §4.9).
    #[must_use]
    pub fn num_nodes(mut self, nodes: u32) -> Self {
        self.num_nodes = Some(nodes);
        self
    }

    /// Adds a public SSH key in OpenSSH format, beside those on the account.
    #[must_use]
    pub fn public_key(mut self, key: impl AsRef<str>) -> Self {
        self.public_keys.push(key.as_ref().trim().to_owned());
        self
    }

    /// Whether the keys given here are kept on the account; true by default.
    #[must_use]
    pub fn save_keys(mut self, save: bool) -> Self {
        self.save_keys = Some(save);
        self
    }

    /// The container image of its nodes.
    #[must_use]
    pub fn container(mut self, image: impl Into<String>) -> Self {
        self.container = Some(image.into());
        self
    }

    /// Whether it refuses to be destroyed; false by default.
    #[must_use]
    pub fn deletion_protection(mut self, on: bool) -> Self {
        self.deletion_protection = on;
        self
    }
}

model! {
    /// An accepted order.
    struct ClusterCreated {
        required {
            /// The new cluster's id.
            cluster_id: ClusterId,
        }
        optional {
            /// Its instances' ids.
            instance_ids: Vec<InstanceId>,
            /// The request to follow.
            request_id: Option<RequestId>,
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

submitted!(ClusterCreated, |answer| Some(answer.cluster_id.as_str()), must_be_followed: true);

impl Endpoint for CreateCluster {
    type Response = ClusterCreated;
    const META: &'static Meta = &Meta::post("cluster.create", "/cluster/create", "§4.1").success(202).slow();

    fn body(&self) -> Result<Option<Bytes>, BuildError> {
        if self.instance_type.as_str().trim().is_empty() {
            return Err(BuildError::invalid("instance_type", "is empty"));
        }
        if self.num_nodes == Some(0) {
            return Err(BuildError::invalid("num_nodes", "must be at least 1"));
        }
        for key in &self.public_keys {
            public_key("public_keys", key)?;
        }
        request::json(self)
    }
}
