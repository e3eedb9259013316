//! `DELETE /object-storage/disable`

use crate::endpoint::{Endpoint, Meta};
use crate::model::Acknowledged;

/// `DELETE /object-storage/disable`: turns object storage off for the whole organization (contract §6).
#[derive(Clone, Debug, Default)]
pub struct DisableObjectStorage;

impl Endpoint for DisableObjectStorage {
    type Response = Acknowledged;
    const META: &'static Meta = &Meta::delete("object_storage.disable", "/object-storage/disable", "§6");
}
