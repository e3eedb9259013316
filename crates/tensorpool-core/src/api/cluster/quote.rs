//! `GET /cluster/quote`

use crate::endpoint::{Endpoint, Meta};
use crate::model::{InstanceType, Quote};
use crate::request::Query;

/// `GET /cluster/quote`: what a cluster would cost (contract §4.6).
///
/// Known from a third-party client only; a 404 means that the engine has no such route.
#[derive(Clone, Debug)]
pub struct QuoteCluster {
    instance_type: InstanceType,
    num_nodes: Option<u32>,
}

impl QuoteCluster {
    /// The price of one node of this type.
    #[must_use]
    pub fn new(instance_type: impl Into<InstanceType>) -> Self {
        Self { instance_type: instance_type.into(), num_nodes: None }
    }

    /// How many nodes; 1 by default.
    #[must_use]
    pub fn num_nodes(mut self, nodes: u32) -> Self {
        self.num_nodes = Some(nodes);
        self
    }
}

impl Endpoint for QuoteCluster {
    type Response = Quote;
    const META: &'static Meta = &Meta::get("cluster.quote", "/cluster/quote", "§4.6");

    fn query(&self, query: &mut Query) {
        query.push("instance_type", self.instance_type.as_str());
        query.optional("num_nodes", self.num_nodes.map(|n| n.to_string()).as_deref());
    }
}
