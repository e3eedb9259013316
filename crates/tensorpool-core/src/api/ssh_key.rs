//! SSH keys on the account: they are put on every new cluster (contract §7.4).

mod add;
mod list;
mod remove;

pub use add::{AddSshKey, SshKeyAdded};
pub use list::{ListSshKeys, SshKeyList};
pub use remove::RemoveSshKey;

use crate::error::BuildError;

/// A public key in OpenSSH format, trimmed. A private one is refused: it must never leave the machine.
pub(crate) fn public_key(argument: &str, key: &str) -> Result<(), BuildError> {
    let why = match key.trim() {
        "" => "is empty",
        k if k.contains("PRIVATE KEY") => {
            "is a private key, which must not be sent; give the .pub file's text"
        }
        k if k.contains(['\n', '\r']) => "has more than one line; give one key at a time",
        _ => return Ok(()),
    };
    Err(BuildError::invalid(argument, why))
}

#[cfg(test)]
mod tests {
    use super::public_key;

    #[test]
    fn a_private_key_never_leaves() {
        let error =
            public_key("public_key", "-----BEGIN OPENSSH PRIVATE KEY-----\ncanary\n-----END").unwrap_err();
        assert!(error.to_string().contains("private key") && !error.to_string().contains("canary"));
        assert!(public_key("public_key", " ssh-ed25519 AAAA me\n").is_ok());
        assert!(public_key("public_key", "\n").is_err());
        assert!(public_key("public_key", "ssh-rsa A\nssh-rsa B").is_err());
    }
}
