//! `GET /storage/info/{storage_id}`

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::StorageId;
use crate::model::StorageInfo;
use crate::request::Path;

/// `GET /storage/info/{storage_id}` (contract §5.6).
#[derive(Clone, Debug)]
pub struct GetStorage {
    storage: StorageId,
}

impl GetStorage {
    /// This volume.
    #[must_use]
    pub fn new(storage: impl Into<StorageId>) -> Self {
        Self { storage: storage.into() }
    }
}

model! {
    /// A volume and its text.
    struct StorageAnswer {
        required {
            /// The volume.
            storage_info: StorageInfo,
        }
        optional {
            /// The same as text.
            message: Option<String>,
        }
    }
}

impl Endpoint for GetStorage {
    type Response = StorageAnswer;
    const META: &'static Meta = &Meta::get("storage.info", "/storage/info/{storage_id}", "§5.6");

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.storage.as_str()])
    }

    fn hint(&self, status: http::StatusCode) -> Option<&'static str> {
        super::prefix_hint(&self.storage, status)
    }
}
