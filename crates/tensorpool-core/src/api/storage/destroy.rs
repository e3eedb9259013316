//! `DELETE /storage/{storage_id}`

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::{RequestId, StorageId};
use crate::operation::submitted;
use crate::request::Path;

/// `DELETE /storage/{storage_id}`: destroys a volume and everything on it (contract §5.2).
///
/// Followed through a `STORAGE_DESTROY` request. Refused while deletion protection is on, and probably while attached.
#[derive(Clone, Debug)]
pub struct DestroyStorage {
    storage: StorageId,
}

impl DestroyStorage {
    /// Destroys this volume.
    #[must_use]
    pub fn new(storage: impl Into<StorageId>) -> Self {
        Self { storage: storage.into() }
    }
}

model! {
    /// An accepted destruction.
    #[derive(Default)]
    struct StorageDestroyed {
        required {}
        optional {
            /// The volume's id.
            storage_id: Option<StorageId>,
            /// The request to follow; none if there is nothing left to wait for.
            request_id: Option<RequestId>,
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

submitted!(StorageDestroyed, |answer| answer.storage_id.as_ref().map(StorageId::as_str));

impl Endpoint for DestroyStorage {
    type Response = StorageDestroyed;
    const META: &'static Meta =
        &Meta::delete("storage.destroy", "/storage/{storage_id}", "§5.2").success(202);

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.storage.as_str()])
    }

    fn hint(&self, status: http::StatusCode) -> Option<&'static str> {
        match status.as_u16() {
            409 => Some("detach it from every cluster, and edit deletion protection off, first"),
            _ => super::prefix_hint(&self.storage, status),
        }
    }
}
