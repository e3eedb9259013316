//! Errors made of answers that repeat the token: it is taken out before.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::scrub;

/// As [`Endpoint::accept`], but an error never holds the token that `request` was sent with.
pub(super) fn accept<E: Endpoint>(
    endpoint: &E,
    request: &Request<Bytes>,
    response: &Response<Bytes>,
) -> Result<E::Response, Error> {
    endpoint.accept(response).map_err(|error| match scrubbed(request, response) {
        Some(clean) => endpoint.accept(&clean).err().unwrap_or(error),
        None => error,
    })
}

/// The answer without the token, if it holds it.
fn scrubbed(request: &Request<Bytes>, response: &Response<Bytes>) -> Option<Response<Bytes>> {
    let token = request.headers().get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    scrub::answer(response, token)
}
