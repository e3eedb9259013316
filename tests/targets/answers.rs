//! Bodies and words of the engine: an answer becomes a value or an error fit to be shown, and nothing it says is lost.

use tensorpool_core::error::Error;
use tensorpool_core::http::{Response, StatusCode};
use tensorpool_core::model::{ClusterStatus, JobStatus, RequestStatus, RequestType, StorageStatus, System};
use tensorpool_core::session::ListenStatus;
use tensorpool_core::{Bytes, catalog};

use super::{assert_presentable, front};

fn answer(status: u16, body: &[u8]) -> Response<Bytes> {
    let mut response = Response::new(Bytes::copy_from_slice(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// Any body of an answer outside 2xx: always the server's error, with its status.
pub(super) fn error_body(data: &[u8]) -> bool {
    let (route, data) = front(data);
    let (status, body) = front(data);
    let status =
        [400, 401, 402, 403, 404, 409, 418, 422, 429, 500, 502, 503, 504, 302, 304, 100][status % 16];
    let entry = &catalog::all()[route % catalog::all().len()];
    let error = entry.examples()[0].accept(&answer(status, body)).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Api(_)), "{error:?}");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
    assert_presentable(&error);
    if entry.meta().secret {
        // Whatever it was, nothing of such a body is quoted but the words meant for people.
        assert!(error.server_message().is_none_or(|words| words.chars().count() <= 900), "{error}");
    }
    error.server_message().is_some()
}

/// Any body of a success, to any route: a value that can be shown, or an error that names the route.
pub(super) fn response_model(data: &[u8]) -> bool {
    let (route, body) = front(data);
    let entry = &catalog::all()[route % catalog::all().len()];
    match entry.examples()[0].accept(&answer(entry.meta().success, body)) {
        Ok(value) => {
            // What is not a secret is kept, so what is shown is not empty; what it shows may be as long as the body.
            assert!(!format!("{value:?}").is_empty());
            true
        }
        Err(error) => {
            assert_eq!(error.endpoint(), Some(entry.meta().name));
            assert_presentable(&error);
            false
        }
    }
}

/// A value of each enum, known or not, is written back as it came, and known ones whatever their case.
pub(super) fn wire_enum(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let mut known = false;
    macro_rules! each {
        ($($name:ty),+) => { $({
            let value = <$name>::from(text);
            let is_known = <$name>::KNOWN.contains(&value);
            assert!(is_known || value.as_str() == text, "{text:?} became {value:?}");
            assert_eq!(<$name>::from(value.as_str()), value);
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<$name>(&json).unwrap(), value);
            if is_known {
                assert_eq!(<$name>::from(&*text.to_ascii_uppercase()), value);
                assert_eq!(<$name>::from(&*text.to_ascii_lowercase()), value);
            }
            known |= is_known;
        })+ };
    }
    each!(ClusterStatus, JobStatus, ListenStatus, RequestStatus, RequestType, StorageStatus, System);
    known
}
