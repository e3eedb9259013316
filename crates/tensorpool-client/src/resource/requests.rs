//! Requests: operations under way.

use tensorpool_core::api::request::GetRequest;
use tensorpool_core::model::RequestInfo;
use tensorpool_core::{Error, RequestId};

use super::handle;
use crate::Transport;

handle! {
    /// Requests: operations that go on after their answer. To follow one, see [`Client::resume`](crate::Client::resume).
    Requests
}

impl<T: Transport> Requests<'_, T> {
    /// `GET /request/info/{request_id}`: how far an operation has come.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found).
    pub async fn info(self, request: impl Into<RequestId>) -> Result<RequestInfo, Error> {
        self.0.send(GetRequest::new(request)).await
    }
}
