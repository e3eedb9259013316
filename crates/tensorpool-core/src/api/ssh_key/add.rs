//! `POST /user/ssh-key/add`

use bytes::Bytes;
use serde::Serialize;

use super::public_key;
use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::extra::model;
use crate::ids::SshKeyId;
use crate::request;

/// `POST /user/ssh-key/add`: keeps a public key on the account, and with its organization if there is one
/// (contract §7.4).
#[derive(Clone, Debug, Serialize)]
pub struct AddSshKey {
    pub(crate) public_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl AddSshKey {
    /// Adds this key, in OpenSSH format (`ssh-ed25519 AAAA… comment`).
    #[must_use]
    pub fn new(public_key: impl AsRef<str>) -> Self {
        Self { public_key: public_key.as_ref().trim().to_owned(), name: None }
    }

    /// Its name; the user's email by default.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

model! {
    /// A key that was added.
    struct SshKeyAdded {
        required {
            /// Its id.
            key_id: SshKeyId,
        }
        optional {
            /// What the server has to say.
            message: Option<String>,
        }
    }
}

impl Endpoint for AddSshKey {
    type Response = SshKeyAdded;
    const META: &'static Meta = &Meta::post("ssh_key.add", "/user/ssh-key/add", "§7.4");

    fn body(&self) -> Result<Option<Bytes>, BuildError> {
        public_key("public_key", &self.public_key)?;
        request::json(self)
    }
}
