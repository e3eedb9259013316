//! SSH keys kept on the account.

use crate::extra::model;
use crate::ids::SshKeyId;

model! {
    /// A public SSH key on the account (contract §12).
    #[derive(Default)]
    struct SshKeyInfo {
        required {}
        optional {
            /// Its id.
            id: Option<SshKeyId>["id" | "key_id"],
            /// Its name; the user's email by default.
            name: Option<String>,
            /// The key in OpenSSH format.
            public_key: Option<String>,
        }
    }
}
