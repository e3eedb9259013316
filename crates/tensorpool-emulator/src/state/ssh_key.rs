//! SSH keys on accounts (contract §7.4).

use tensorpool_core::SshKeyId;
use tensorpool_core::model::SshKeyInfo;

use super::State;
use super::account::Owner;

/// A public key.
pub(crate) struct SshKey {
    pub(crate) id: SshKeyId,
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) owner: Owner,
}

impl SshKey {
    pub(crate) fn info(&self) -> SshKeyInfo {
        let mut info = SshKeyInfo::default();
        info.id = Some(self.id.clone());
        info.name = Some(self.name.clone());
        info.public_key = Some(self.text.clone());
        info
    }

    /// The part that makes two keys the same: type and key, not the comment.
    fn core(text: &str) -> Vec<&str> {
        text.split_whitespace().take(2).collect()
    }
}

/// Whether this is a public key in OpenSSH format (contract §7.4).
pub(crate) fn is_public_key(text: &str) -> bool {
    const KINDS: &[&str] =
        &["ssh-rsa", "ssh-dss", "ssh-ed25519", "ecdsa-sha2-", "sk-ssh-ed25519", "sk-ecdsa-sha2-"];
    let mut words = text.split_whitespace();
    let kind = words.next().is_some_and(|word| KINDS.iter().any(|kind| word.starts_with(kind)));
    let key = words.next().is_some_and(|word| {
        word.starts_with("AAAA") && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
    });
    kind && key && !text.trim().contains(['\n', '\r'])
}

impl State {
    /// The key of this user that is the same as `text`.
    pub(crate) fn same_key(&self, owner: &Owner, text: &str) -> Option<&SshKey> {
        let core = SshKey::core(text);
        self.keys.iter().find(|key| key.owner.uid == owner.uid && SshKey::core(&key.text) == core)
    }

    pub(crate) fn keep_key(&mut self, owner: &Owner, name: String, text: &str) -> SshKeyId {
        let id = SshKeyId::from(self.ids.next("k"));
        let text = text.trim().to_owned();
        self.keys.push(SshKey { id: id.clone(), name, text, owner: owner.clone() });
        id
    }
}
