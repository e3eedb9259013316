//! Object storage: S3-compatible, one for each organization (contract §6).

mod buckets;
mod configure;
mod credentials;
mod disable;
mod enable;
mod rotate_keys;

pub use buckets::{BucketList, CreateBucket, DeleteBucket, ListBuckets};
pub use configure::{AwsConfig, ConfigureAws, ConfigureRclone, RcloneConfig};
pub use credentials::{Credentials, GetCredentials};
pub use disable::DisableObjectStorage;
pub use enable::EnableObjectStorage;
pub use rotate_keys::RotateKeys;

use crate::extra::model;
use crate::redact::Redacted;

model! {
    secret
    /// The answer that issues keys. Nobody has seen one whole, so each part may be missing; the keys can always be asked
    /// for with [`GetCredentials`].
    #[derive(Default)]
    struct IssuedKeys {
        required {}
        optional {
            /// The access key's id.
            access_key_id: Option<Redacted<String>>,
            /// The secret key.
            secret_access_key: Option<Redacted<String>>,
            /// Where the storage is, a URL.
            endpoint: Option<String>,
            /// Its region.
            region: Option<String>,
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

impl IssuedKeys {
    /// The credentials, if the answer held them whole.
    #[must_use]
    pub fn credentials(&self) -> Option<Credentials> {
        let mut credentials = Credentials::new(
            self.access_key_id.clone()?,
            self.secret_access_key.clone()?,
            self.endpoint.clone()?,
        );
        credentials.region.clone_from(&self.region);
        Some(credentials)
    }
}
