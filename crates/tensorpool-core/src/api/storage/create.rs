//! `POST /storage/create`

use bytes::Bytes;
use serde::Serialize;

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::{RequestId, StorageId};
use crate::operation::submitted;
use crate::request;

/// `POST /storage/create`: orders a volume, which is billed from then on (contract §5.1).
///
/// Followed through a `STORAGE_CREATE` request. The balance must cover 24 hours of its cost.
#[derive(Clone, Debug, Serialize)]
pub struct CreateStorage {
    #[serde(rename = "size")]
    pub(crate) size_gb: u64,
    deletion_protection: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

impl CreateStorage {
    /// A volume of this size, GB. It can grow later, never shrink.
    #[must_use]
    pub fn new(size_gb: u64) -> Self {
        Self { size_gb, deletion_protection: false, name: None }
    }

    /// Its name; without one the server's choice.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
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
    struct StorageCreated {
        required {
            /// The new volume's id.
            storage_id: StorageId,
        }
        optional {
            /// The request to follow.
            request_id: Option<RequestId>,
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

submitted!(StorageCreated, |answer| Some(answer.storage_id.as_str()), must_be_followed: true);

impl Endpoint for CreateStorage {
    type Response = StorageCreated;
    const META: &'static Meta = &Meta::post("storage.create", "/storage/create", "§5.1").success(202).slow();

    fn body(&self) -> Result<Option<Bytes>, BuildError> {
        if self.size_gb == 0 {
            return Err(BuildError::invalid("size", "must be at least 1 GB"));
        }
        request::json(self)
    }
}
