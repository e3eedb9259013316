//! `POST /object-storage/enable`

use super::IssuedKeys;
use crate::endpoint::{Endpoint, Meta};

/// `POST /object-storage/enable`: turns object storage on for the organization and issues keys (contract §6).
#[derive(Clone, Debug, Default)]
pub struct EnableObjectStorage;

impl Endpoint for EnableObjectStorage {
    type Response = IssuedKeys;
    const META: &'static Meta =
        &Meta::post("object_storage.enable", "/object-storage/enable", "§6").slow().secret();
}
