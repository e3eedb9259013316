//! `GET /request/info/{request_id}`

use crate::endpoint::{Endpoint, Meta};
use crate::error::BuildError;
use crate::ids::RequestId;
use crate::model::RequestInfo;
use crate::request::Path;

/// `GET /request/info/{request_id}`: how far an operation has come (contract §8).
///
/// Until it has ended, the answer's `Retry-After` says when to ask again. [`WaitAll`](crate::flow::WaitAll) does that.
#[derive(Clone, Debug)]
pub struct GetRequest {
    request: RequestId,
}

impl GetRequest {
    /// Asks about this request.
    #[must_use]
    pub fn new(request: impl Into<RequestId>) -> Self {
        Self { request: request.into() }
    }
}

impl Endpoint for GetRequest {
    type Response = RequestInfo;
    const META: &'static Meta = &Meta::get("request.info", "/request/info/{request_id}", "§8");

    fn path(&self) -> Result<Path, BuildError> {
        Path::fill(Self::META, &[self.request.as_str()])
    }
}
