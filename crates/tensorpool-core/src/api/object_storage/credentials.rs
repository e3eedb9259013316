//! `GET /object-storage/credentials`

use crate::endpoint::{Endpoint, Meta};
use crate::extra::model;
use crate::redact::Redacted;

/// `GET /object-storage/credentials` (contract §6).
#[derive(Clone, Debug, Default)]
pub struct GetCredentials;

model! {
    secret
    /// What an S3 client needs. Never shown by `Debug`, never serialised.
    struct Credentials {
        required {
            /// The access key's id.
            access_key_id: Redacted<String>,
            /// The secret key.
            secret_access_key: Redacted<String>,
            /// Where the storage is, a URL.
            endpoint: String,
        }
        optional {
            /// Its region.
            region: Option<String>,
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

impl Endpoint for GetCredentials {
    type Response = Credentials;
    const META: &'static Meta =
        &Meta::get("object_storage.credentials", "/object-storage/credentials", "§6").secret();
}
