//! Object storage: one for each organization (contract §6).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::State;
use crate::ids;

/// Where an S3 client would go. Nothing listens there: the emulator has no S3 of its own.
pub(crate) const ENDPOINT: &str = "https://objects.tensorpool.invalid";
/// A guess: the real region is unknown (contract §6).
pub(crate) const REGION: &str = "us-east-1";

/// An organization's object storage.
#[derive(Default)]
pub(crate) struct ObjectStorage {
    /// How often keys were made; each time others.
    pub(crate) generation: u32,
    pub(crate) enabled: bool,
    /// The keys of the objects in each bucket.
    pub(crate) buckets: BTreeMap<String, BTreeSet<String>>,
}

/// What an S3 client needs.
pub(crate) struct Keys {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl State {
    /// The organization's keys of now.
    pub(crate) fn object_keys(&self, organization: &str) -> Keys {
        let generation = self.object_storage.get(organization).map_or(0, |storage| storage.generation);
        let make = |what: &str, length| {
            let purpose = format!("object storage {what} {organization} {generation}");
            ids::secret(self.config.seed, &purpose, length)
        };
        Keys { id: format!("TPAK{}", make("id", 16).to_ascii_uppercase()), secret: make("secret", 40) }
    }
}

/// Whether S3 takes this as a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens, beginning and ending
/// with a letter or digit. That TensorPool has the same rules is inferred.
pub(crate) fn is_bucket_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.bytes().all(|b| plain(b) || b == b'-' || b == b'.')
        && name.bytes().next().is_some_and(plain)
        && name.bytes().last().is_some_and(plain)
        && !name.contains("..")
}
