//! `GET /storage/quote`

use crate::endpoint::{Endpoint, Meta};
use crate::model::Quote;
use crate::request::Query;

/// `GET /storage/quote`: what a volume would cost (contract §5.8). The name of the query's pair is a third party's.
#[derive(Clone, Debug)]
pub struct QuoteStorage {
    size_gb: u64,
}

impl QuoteStorage {
    /// The price of a volume of this size, GB.
    #[must_use]
    pub fn new(size_gb: u64) -> Self {
        Self { size_gb }
    }
}

impl Endpoint for QuoteStorage {
    type Response = Quote;
    const META: &'static Meta = &Meta::get("storage.quote", "/storage/quote", "§5.8");

    fn query(&self, query: &mut Query) {
        query.push("size_gb", &self.size_gb.to_string());
    }
}
