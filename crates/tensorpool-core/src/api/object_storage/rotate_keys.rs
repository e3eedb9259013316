//! `POST /object-storage/rotate-keys`

use super::IssuedKeys;
use crate::endpoint::{Endpoint, Meta};

/// `POST /object-storage/rotate-keys`: replaces the organization's keys. **The old ones stop working for everyone, and
/// that cannot be undone** (contract §6).
#[derive(Clone, Debug, Default)]
pub struct RotateKeys;

impl Endpoint for RotateKeys {
    type Response = IssuedKeys;
    const META: &'static Meta =
        &Meta::post("object_storage.rotate_keys", "/object-storage/rotate-keys", "§6").slow().secret();
}
