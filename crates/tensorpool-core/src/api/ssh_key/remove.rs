//! `DELETE /user/ssh-key/remove/{key_id}`

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::ids::SshKeyId;
use crate::model::Acknowledged;
use crate::request::Path;

/// `DELETE /user/ssh-key/remove/{key_id}`: takes a key off the account (contract §7.6). Clusters that have it keep it.
#[derive(Clone, Debug)]
pub struct RemoveSshKey {
    key: SshKeyId,
}

impl RemoveSshKey {
    /// Removes this key.
    #[must_use]
    pub fn new(key: impl Into<SshKeyId>) -> Self {
        Self { key: key.into() }
    }
}

impl Endpoint for RemoveSshKey {
    type Response = Acknowledged;
    const META: &'static Meta = &Meta::delete("ssh_key.remove", "/user/ssh-key/remove/{key_id}", "§7.6");

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.key.as_str()])
    }
}
