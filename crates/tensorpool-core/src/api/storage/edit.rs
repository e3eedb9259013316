//! `PATCH /storage/edit/{storage_id}`

use bytes::Bytes;
use serde::Serialize;

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::ids::StorageId;
use crate::model::Acknowledged;
use crate::request::{self, Path};

/// `PATCH /storage/edit/{storage_id}`: changes what is set, at least one thing (contract §5.7).
#[derive(Clone, Debug, Serialize)]
pub struct EditStorage {
    #[serde(skip)]
    storage: StorageId,
    #[serde(rename = "tp_storage_name", skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_gb: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_protection: Option<bool>,
}

impl EditStorage {
    /// Edits this volume.
    #[must_use]
    pub fn new(storage: impl Into<StorageId>) -> Self {
        Self { storage: storage.into(), name: None, size_gb: None, deletion_protection: None }
    }

    /// A new name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A new size, GB. The server refuses to shrink a volume.
    #[must_use]
    pub fn size_gb(mut self, size_gb: u64) -> Self {
        self.size_gb = Some(size_gb);
        self
    }

    /// Whether it refuses to be destroyed.
    #[must_use]
    pub fn deletion_protection(mut self, on: bool) -> Self {
        self.deletion_protection = Some(on);
        self
    }
}

impl Endpoint for EditStorage {
    type Response = Acknowledged;
    const META: &'static Meta =
        &Meta::patch("storage.edit", "/storage/edit/{storage_id}", "§5.7").success(202);

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.storage.as_str()])
    }

    fn body(&self) -> Result<Option<Bytes>, BuildError> {
        if self.name.is_none() && self.size_gb.is_none() && self.deletion_protection.is_none() {
            return Err(BuildError::invalid(
                "the edit",
                "changes nothing: set name, size_gb or deletion_protection",
            ));
        }
        request::json(self)
    }

    fn hint(&self, status: http::StatusCode) -> Option<&'static str> {
        super::prefix_hint(&self.storage, status)
    }
}
