//! `GET /cluster/list`

use crate::endpoint::{Endpoint, Meta};
use crate::extra::model;
use crate::model::ClusterInfo;
use crate::request::Query;

/// `GET /cluster/list` (contract §4.3). There are no pages: everything comes at once.
#[derive(Clone, Debug, Default)]
pub struct ListClusters {
    include_org: bool,
    instances: bool,
}

impl ListClusters {
    /// The user's own clusters.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The organization's clusters instead.
    #[must_use]
    pub fn include_org(mut self, on: bool) -> Self {
        self.include_org = on;
        self
    }

    /// All instances of all clusters. It changes the text; whether it changes the JSON is unknown.
    #[must_use]
    pub fn instances(mut self, on: bool) -> Self {
        self.instances = on;
        self
    }
}

model! {
    /// Clusters.
    struct ClusterList {
        required {
            /// The clusters.
            clusters: Vec<ClusterInfo>,
        }
        optional {
            /// The same as a text table.
            message: Option<String>,
        }
    }
}

impl Endpoint for ListClusters {
    type Response = ClusterList;
    const META: &'static Meta = &Meta::get("cluster.list", "/cluster/list", "§4.3");

    fn query(&self, query: &mut Query) {
        query.flag("include_org", self.include_org);
        query.flag("instances", self.instances);
    }
}
