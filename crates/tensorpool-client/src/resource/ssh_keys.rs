//! SSH keys on the account, and the way into instances.

use tensorpool_core::api::ssh::{GetSshCommand, SshCommand};
use tensorpool_core::api::ssh_key::{AddSshKey, ListSshKeys, RemoveSshKey, SshKeyAdded, SshKeyList};
use tensorpool_core::model::{Acknowledged, SshKeyInfo};
use tensorpool_core::reconcile::{self, Reconciled};
use tensorpool_core::{Error, SshKeyId};

use super::handle;
use crate::Transport;

handle! {
    /// SSH keys on the account, and the way into instances.
    SshKeys
}

impl<T: Transport> SshKeys<'_, T> {
    /// `POST /user/ssh-key/add`: keeps a public key, to be put on every new cluster.
    ///
    /// # Errors
    ///
    /// [`is_invalid`](Error::is_invalid) for what is no public key; a private key is refused before anything is sent.
    pub async fn add(self, add: AddSshKey) -> Result<SshKeyAdded, Error> {
        self.0.send(add).await
    }

    /// `GET /user/ssh-key/list`: the user's own keys.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(self) -> Result<Vec<SshKeyInfo>, Error> {
        Ok(self.list_with(ListSshKeys::new()).await?.keys)
    }

    /// `GET /user/ssh-key/list` with options, and with the server's text table.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list_with(self, list: ListSshKeys) -> Result<SshKeyList, Error> {
        self.0.send(list).await
    }

    /// `DELETE /user/ssh-key/remove/{key_id}`: takes a key off the account.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found).
    pub async fn remove(self, key: impl Into<SshKeyId>) -> Result<Acknowledged, Error> {
        self.0.send(RemoveSshKey::new(key)).await
    }

    /// `GET /ssh/{instance_id}`: the command that logs in to an instance. It is the server's: show it or judge it, do not
    /// hand it to a shell.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn command(self, command: GetSshCommand) -> Result<SshCommand, Error> {
        self.0.send(command).await
    }

    /// Whether a key is there when the outcome of adding it is unknown: asks for the list, and adds nothing.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub async fn reconcile(self, add: &AddSshKey) -> Result<Reconciled<SshKeyInfo>, Error> {
        Ok(reconcile::ssh_key(add, self.list().await?))
    }
}
