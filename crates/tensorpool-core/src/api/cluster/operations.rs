//! `GET /cluster/operations/{cluster}`

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::ClusterRef;
use crate::model::{RequestInfo, RequestStatus, RequestType};
use crate::request::{Path, Query};

/// `GET /cluster/operations/{cluster}`: what was and is done to a cluster (contract §4.7).
///
/// Only its existence and that it filters by type and status are documented. The names of the query's pairs and of the
/// answer's fields are guesses; rows that this version cannot name are kept in `extra`.
#[derive(Clone, Debug)]
pub struct ListClusterOperations {
    cluster: ClusterRef,
    request_type: Option<RequestType>,
    status: Option<RequestStatus>,
}

impl ListClusterOperations {
    /// All operations on the cluster of this id or name.
    #[must_use]
    pub fn new(cluster: impl Into<ClusterRef>) -> Self {
        Self { cluster: cluster.into(), request_type: None, status: None }
    }

    /// Only those of this type. Sent as `type`, which is a guess.
    #[must_use]
    pub fn request_type(mut self, request_type: RequestType) -> Self {
        self.request_type = Some(request_type);
        self
    }

    /// Only those with this status. Sent as `status`, which is a guess.
    #[must_use]
    pub fn status(mut self, status: RequestStatus) -> Self {
        self.status = Some(status);
        self
    }
}

model! {
    /// Operations.
    #[derive(Default)]
    struct OperationList {
        required {}
        optional {
            /// The operations, under either of the names that are likely.
            operations: Vec<RequestInfo>["operations" | "requests"],
            /// The same as text.
            message: Option<String>,
        }
    }
}

impl Endpoint for ListClusterOperations {
    type Response = OperationList;
    const META: &'static Meta = &Meta::get("cluster.operations", "/cluster/operations/{cluster}", "§4.7");

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.cluster.as_str()])
    }

    fn query(&self, query: &mut Query) {
        query.optional("type", self.request_type.as_ref().map(RequestType::as_str));
        query.optional("status", self.status.as_ref().map(RequestStatus::as_str));
    }
}
