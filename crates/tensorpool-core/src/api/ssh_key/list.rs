//! `GET /user/ssh-key/list`

use crate::endpoint::{Endpoint, Meta};
use crate::extra::model;
use crate::model::SshKeyInfo;
use crate::request::Query;

/// `GET /user/ssh-key/list` (contract §7.5).
#[derive(Clone, Debug, Default)]
pub struct ListSshKeys {
    include_org: bool,
}

impl ListSshKeys {
    /// The user's own keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The organization's keys instead.
    #[must_use]
    pub fn include_org(mut self, on: bool) -> Self {
        self.include_org = on;
        self
    }
}

model! {
    /// Keys on the account.
    struct SshKeyList {
        required {
            /// The keys.
            keys: Vec<SshKeyInfo>,
        }
        optional {
            /// The same as a text table.
            message: Option<String>,
        }
    }
}

impl Endpoint for ListSshKeys {
    type Response = SshKeyList;
    const META: &'static Meta = &Meta::get("ssh_key.list", "/user/ssh-key/list", "§7.5");

    fn query(&self, query: &mut Query) {
        query.flag("include_org", self.include_org);
    }
}
