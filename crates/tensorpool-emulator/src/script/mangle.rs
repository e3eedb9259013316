//! Answers, damaged or from tomorrow.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use serde_json::{Value, json};
use tensorpool_core::model::{ClusterStatus, JobStatus, RequestStatus, RequestType, StorageStatus};

/// The same answer with another body.
fn with_body(mut response: Response<Bytes>, body: Vec<u8>) -> Response<Bytes> {
    *response.body_mut() = body.into();
    response.headers_mut().remove(CONTENT_LENGTH);
    response
}

/// The first half of the body.
pub(crate) fn cut(response: Response<Bytes>) -> Response<Bytes> {
    let half = response.body().slice(..response.body().len() / 2);
    with_body(response, half.to_vec())
}

/// A byte that is never part of UTF-8, in the middle of the body.
pub(crate) fn bad_utf8(response: Response<Bytes>) -> Response<Bytes> {
    let (start, end) = response.body().split_at(response.body().len() / 2);
    let body = [start, b"\xff", end].concat();
    with_body(response, body)
}

/// What a proxy says when it has something to say.
pub(crate) fn html() -> Response<Bytes> {
    let page =
        "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n";
    let mut response = Response::new(Bytes::from_static(page.as_bytes()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// Every known status and type replaced by one that nobody knows.
pub(crate) fn unknown_enums(response: Response<Bytes>) -> Response<Bytes> {
    json_body(response, &|value| {
        if let Value::String(text) = value {
            if is_enum(text) {
                *text = if text.chars().any(char::is_uppercase) { "HIBERNATING" } else { "hibernating" }
                    .to_owned();
            }
        }
    })
}

fn is_enum(text: &str) -> bool {
    let known = |text: &str| {
        ClusterStatus::KNOWN.iter().any(|known| known.as_str() == text)
            || StorageStatus::KNOWN.iter().any(|known| known.as_str() == text)
            || RequestStatus::KNOWN.iter().any(|known| known.as_str() == text)
            || RequestType::KNOWN.iter().any(|known| known.as_str() == text)
            || JobStatus::KNOWN.iter().any(|known| known.as_str() == text)
    };
    !text.is_empty() && known(text)
}

/// Fields that nobody knows in every object; but not where keys are data, such as the paths of a download map.
pub(crate) fn unknown_fields(response: Response<Bytes>) -> Response<Bytes> {
    json_body(response, &tomorrow)
}

/// The same in one value of a socket.
pub(crate) fn add_unknown_fields(value: &mut Value) {
    walk(value, &tomorrow);
}

fn tomorrow(value: &mut Value) {
    if let Value::Object(object) = value {
        object.insert("x_tomorrow".to_owned(), json!({ "since": 2027, "tags": ["new", null] }));
        object.insert("x_flag".to_owned(), Value::Null);
    }
}

fn json_body(response: Response<Bytes>, change: &dyn Fn(&mut Value)) -> Response<Bytes> {
    match serde_json::from_slice::<Value>(response.body()) {
        Ok(mut value) => {
            walk(&mut value, change);
            let body = value.to_string().into_bytes();
            with_body(response, body)
        }
        Err(_) => response,
    }
}

fn walk(value: &mut Value, change: &dyn Fn(&mut Value)) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, change)),
        Value::Object(object) => {
            for (name, field) in object.iter_mut() {
                if name != "download_map" {
                    walk(field, change);
                }
            }
        }
        _ => {}
    }
    change(value);
}
