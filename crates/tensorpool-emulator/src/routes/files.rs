//! Signed files: what `job pull` points at, served as an object store would.

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue, IF_RANGE,
    RANGE,
};
use http::{Method, Request, Response, StatusCode};
use tensorpool_core::JobId;

use crate::call::{Call, pairs};
use crate::state::State;
use crate::state::job::File;
use crate::{calendar, ids, percent};

/// Where files are. Not a route of the API: the real URLs lead to another host.
pub(crate) const PREFIX: &str = "/files/";

/// The URL of one of a job's files, good for a while.
pub(super) fn sign(state: &State, call: &Call<'_>, job: &JobId, path: &str) -> String {
    let lifetime = state.config.url_lifetime.as_secs();
    let expires = calendar::unix(state.config.epoch, call.now).saturating_add(lifetime);
    let signature = signature(state, job.as_str(), path, expires);
    let path = percent::encode_path(path);
    format!("{}{PREFIX}{job}/{path}?expires={expires}&signature={signature}", call.base)
}

fn signature(state: &State, job: &str, path: &str, expires: u64) -> String {
    ids::secret(state.config.seed, &format!("file {job} {path} {expires}"), 32)
}

/// Serves a file to whoever holds its URL.
pub(crate) fn serve(state: &State, request: &Request<Bytes>) -> Response<Bytes> {
    // An object store refuses a request that is authorized twice; so a client that sends its token here is found out.
    if request.headers().contains_key(AUTHORIZATION) {
        let why = "Only one auth mechanism allowed; the token does not belong here";
        return error(StatusCode::BAD_REQUEST, "InvalidArgument", why);
    }
    if request.method() != Method::GET {
        return error(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", "The URL is signed for GET");
    }
    let place = request.uri().path().strip_prefix(PREFIX).and_then(|place| place.split_once('/'));
    let (job, path) = place.unwrap_or_default();
    let (job, path) = (percent::decode(job), percent::decode(path));
    let query = pairs(request.uri().query().unwrap_or_default());
    let value =
        |name: &str| query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let expires = value("expires").parse().unwrap_or_default();
    if value("signature") != signature(state, &job, &path, expires) {
        return error(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", "The signature does not match");
    }
    if calendar::unix(state.config.epoch, state.now) >= expires {
        return error(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired");
    }
    // A deleted job is only hidden, so its URLs live on until they expire. That is a guess.
    match state.jobs.get(&job).and_then(|job| job.files.get(&path)) {
        Some(file) => content(file, request),
        None => error(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist."),
    }
}

fn content(file: &File, request: &Request<Bytes>) -> Response<Bytes> {
    let size = file.bytes.len();
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    // A range of another version of the file is no use: then the whole file is sent (RFC 9110 §13.1.5).
    let same = header(IF_RANGE).is_none_or(|etag| etag == file.etag);
    let range = header(RANGE).filter(|_| same).and_then(|range| parse(range, size));
    let mut response = match range {
        None => Response::new(file.bytes.clone()),
        Some(None) => {
            let mut response = error(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange", "No such range");
            insert(&mut response, CONTENT_RANGE, &format!("bytes */{size}"));
            return response;
        }
        Some(Some((first, last))) => {
            let mut response = Response::new(file.bytes.slice(first..=last));
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            insert(&mut response, CONTENT_RANGE, &format!("bytes {first}-{last}/{size}"));
            response
        }
    };
    insert(&mut response, CONTENT_TYPE, "application/octet-stream");
    insert(&mut response, ACCEPT_RANGES, "bytes");
    insert(&mut response, ETAG, &file.etag);
    let length = response.body().len().to_string();
    insert(&mut response, CONTENT_LENGTH, &length);
    response
}

/// One range of bytes: `None` if it is not written as one, and so ignored; `Some(None)` if there is no such part.
fn parse(range: &str, size: usize) -> Option<Option<(usize, usize)>> {
    let (first, last) = range.trim().strip_prefix("bytes=")?.split_once('-')?;
    let end = size.checked_sub(1);
    Some(match (first.trim(), last.trim()) {
        ("", length) => {
            let length: usize = length.parse().ok()?;
            end.filter(|_| length > 0).map(|end| (size.saturating_sub(length), end))
        }
        (first, last) => {
            let first: usize = first.parse().ok()?;
            let last: usize = if last.is_empty() { usize::MAX } else { last.parse().ok()? };
            if last < first {
                return None;
            }
            end.filter(|&end| first <= end).map(|end| (first, last.min(end)))
        }
    })
}

/// An object store speaks XML.
fn error(status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    insert(&mut response, CONTENT_TYPE, "application/xml");
    response
}

fn insert(response: &mut Response<Bytes>, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
