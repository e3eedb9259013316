//! `GET /storage/list`

use crate::endpoint::{Endpoint, Meta};
use crate::extra::model;
use crate::model::StorageInfo;
use crate::request::Query;

/// `GET /storage/list` (contract §5.5). There are no pages: everything comes at once.
#[derive(Clone, Debug, Default)]
pub struct ListStorage {
    include_org: bool,
}

impl ListStorage {
    /// The user's own volumes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The organization's volumes instead.
    #[must_use]
    pub fn include_org(mut self, on: bool) -> Self {
        self.include_org = on;
        self
    }
}

model! {
    /// Volumes.
    struct StorageList {
        required {
            /// The volumes.
            volumes: Vec<StorageInfo>,
        }
        optional {
            /// The same as a text table.
            message: Option<String>,
        }
    }
}

impl Endpoint for ListStorage {
    type Response = StorageList;
    const META: &'static Meta = &Meta::get("storage.list", "/storage/list", "§5.5");

    fn query(&self, query: &mut Query) {
        query.flag("include_org", self.include_org);
    }
}
