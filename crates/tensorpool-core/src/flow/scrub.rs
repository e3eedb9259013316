//! Servers that repeat the token they refuse: it is taken out before an error is made of the answer.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};

use crate::endpoint::Endpoint;
use crate::error::Error;

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
    let token = request.headers().get(AUTHORIZATION)?.as_bytes().strip_prefix(b"Bearer ")?;
    let body = response.body();
    let mut clean = Vec::new();
    let mut rest = &body[..];
    while let Some(at) = rest.windows(token.len().max(1)).position(|window| window == token) {
        let (before, after) = rest.split_at(at);
        clean.extend_from_slice(before);
        clean.extend_from_slice(b"<token>");
        rest = after.get(token.len()..).unwrap_or_default();
    }
    if clean.is_empty() {
        return None;
    }
    clean.extend_from_slice(rest);
    Some(response.clone().map(|_| clean.into()))
}
